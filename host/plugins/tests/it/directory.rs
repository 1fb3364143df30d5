//! A directory that people drop plugins into, while the hub runs.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use mcphub_plugins::{Catalogue, Directories, Entry, Judge, Origin, watch};
use tempfile::TempDir;
use tokio::sync::mpsc;

use crate::support::{host, minimal, provider};

struct Place {
    directory: TempDir,
    catalogue: Catalogue,
    directories: Directories,
}

impl Place {
    async fn new() -> Self {
        let (directory, catalogue) = (tempfile::tempdir().expect("directory"), Catalogue::new());
        catalogue
            .add(host().load(Origin::Bundled, provider("id=acme;host=mcp.bundled.example")).await.expect("bundled"));
        let directories = Directories::new(host(), catalogue.clone(), vec![directory.path().to_owned()]);
        Self { directory, catalogue, directories }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn put(&self, name: &str, bytes: &[u8]) {
        // As careful people save: complete, then renamed into place.
        let draft = self.file("draft");
        std::fs::write(&draft, bytes).expect("written");
        std::fs::rename(draft, self.file(name)).expect("moved");
    }

    async fn look(&mut self) -> usize {
        self.directories.look(None).await
    }

    /// Where the plugin of this id is from; `-`: there is none.
    fn serves(&self, id: &str) -> String {
        self.catalogue.by_id(id).map_or("-".to_owned(), |plugin| plugin.origin().to_string())
    }
}

fn wary() -> Judge {
    Arc::new(|_| Box::pin(async { vec!["it names a new host".to_owned()] }))
}

#[tokio::test]
async fn new_changed_and_removed_files_take_effect_and_unchanged_ones_are_left_alone() {
    let mut place = Place::new().await;

    place.put("a.wasm", &provider("id=dropped;host=one.example"));
    assert_eq!((place.look().await, place.look().await), (1, 0));
    let before = place.catalogue.by_id("dropped").expect("serves").sha256().to_owned();
    place.put("a.wasm", &provider("id=dropped;host=two.example"));
    assert_eq!(place.look().await, 1);
    assert_ne!(place.catalogue.by_id("dropped").expect("serves").sha256(), before);
    std::fs::remove_file(place.file("a.wasm")).expect("removed");
    assert_eq!(place.look().await, 1);

    assert_eq!(place.serves("dropped"), "-");
}

#[tokio::test]
async fn the_bundled_plugin_serves_again_when_the_file_is_gone() {
    let mut place = Place::new().await;
    place.put("a.wasm", &provider("id=acme;host=mcp.dropped.example"));
    place.look().await;
    assert_eq!(place.serves("acme"), place.file("a.wasm").display().to_string());

    std::fs::remove_file(place.file("a.wasm")).expect("removed");
    place.look().await;

    assert_eq!(place.serves("acme"), "bundled");
}

#[tokio::test]
async fn of_two_files_with_one_id_the_second_waits_until_the_first_is_gone() {
    let mut place = Place::new().await;
    place.put("a.wasm", &provider("id=twin;host=one.example"));
    place.put("b.wasm", &provider("id=twin;host=two.example"));
    place.look().await;
    let told = place.catalogue.entries().into_iter().find_map(|entry| match entry {
        Entry::Failed { sentence, .. } => Some(sentence),
        _ => None,
    });
    assert!(told.expect("told").contains("has the id \"twin\""));
    assert_eq!(place.serves("twin"), place.file("a.wasm").display().to_string());

    std::fs::remove_file(place.file("a.wasm")).expect("removed");
    place.look().await;

    assert_eq!(place.serves("twin"), place.file("b.wasm").display().to_string());
}

#[tokio::test]
async fn a_plugin_that_waits_leaves_its_predecessor_serving_until_it_is_let_serve() {
    let mut place = Place::new().await;
    place.put("a.wasm", &minimal());
    place.look().await;
    let before = place.catalogue.by_id("minimal").expect("serves").sha256().to_owned();

    place.put("a.wasm", &provider("id=minimal;host=other.example"));
    assert_eq!(place.directories.look(Some(&wary())).await, 0);
    assert_eq!(place.catalogue.by_id("minimal").expect("serves").sha256(), before);
    let waits =
        place.catalogue.entries().into_iter().any(
            |entry| matches!(entry, Entry::Waiting { reasons, .. } if reasons == ["it names a new host".to_owned()]),
        );
    assert!(waits);
    let waiting = place.catalogue.waiting("minimal").expect("waits");
    place.catalogue.add(waiting);

    assert_ne!(place.catalogue.by_id("minimal").expect("serves").sha256(), before);
    assert!(place.catalogue.waiting("minimal").is_none());
}

#[tokio::test]
async fn a_directory_that_is_watched_is_looked_at_by_itself_also_when_it_comes_later() {
    let place = Place::new().await;
    let later = place.file("plugins");
    let directories = Directories::new(host(), place.catalogue.clone(), vec![later.clone()]);
    let (told, mut changes) = mpsc::channel(8);
    let watching = watch(directories, None, move || told.try_send(()).unwrap_or_default()).expect("watched");
    let mut next = async || tokio::time::timeout(Duration::from_secs(20), changes.recv()).await.expect("in time");

    std::fs::create_dir(&later).expect("made");
    std::fs::write(later.join("a.wasm"), minimal()).expect("written");
    next().await;
    assert!(place.catalogue.by_id("minimal").is_some());
    std::fs::remove_file(later.join("a.wasm")).expect("removed");
    next().await;

    assert!(place.catalogue.by_id("minimal").is_none());
    drop(watching);
}
