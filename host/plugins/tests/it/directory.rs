//! A directory that people drop plugins into, while the hub runs.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use mcphub_plugins::{Added, Approved, Catalogue, CatalogueEntry, Directories, Judge, Origin, Plugin, watch};
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
        Self::judged_by(None).await
    }

    async fn judged_by(judge: Option<Arc<dyn Judge>>) -> Self {
        let (directory, catalogue) = (tempfile::tempdir().expect("directory"), Catalogue::new());
        catalogue
            .add(host().load(Origin::Bundled, provider("id=acme;host=mcp.bundled.example")).await.expect("bundled"));
        let directories = Directories::new(host(), catalogue.clone(), vec![directory.path().to_owned()], judge);
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
        self.directories.look().await
    }

    /// Where the plugin of this id is from; `-`: there is none.
    fn serves(&self, id: &str) -> String {
        self.catalogue.by_id(id).map_or("-".to_owned(), |plugin| plugin.origin().to_string())
    }
}

/// Lets only the digests serve that it was told of, and notes what it is asked and told.
#[derive(Default)]
struct Notes {
    known: Mutex<Vec<String>>,
    told: Mutex<Vec<String>>,
}

impl Notes {
    fn knowing(digest: String) -> Self {
        Self { known: Mutex::new(vec![digest]), ..Self::default() }
    }

    fn told(&self) -> Vec<String> {
        self.told.lock().expect("notes").clone()
    }
}

#[async_trait]
impl Judge for Notes {
    async fn knows(&self, plugin: &Plugin) -> bool {
        self.known.lock().expect("notes").contains(&plugin.sha256().to_owned())
    }

    async fn reasons_to_wait(&self, plugin: &Plugin) -> Vec<String> {
        self.told.lock().expect("notes").push(format!("judges {}", plugin.id()));
        if self.knows(plugin).await { Vec::new() } else { vec!["it names a new host".to_owned()] }
    }

    async fn forget(&self, plugin: &Plugin) {
        self.told.lock().expect("notes").push(format!("forgets {}", plugin.id()));
    }
}

async fn digest(bytes: &[u8]) -> String {
    host().load(Origin::Bundled, bytes.to_vec()).await.expect("a plugin").sha256().to_owned()
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
        CatalogueEntry::Failed { sentence, .. } => Some(sentence),
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
    let first = minimal();
    let mut place = Place::judged_by(Some(Arc::new(Notes::knowing(digest(&first).await)))).await;
    place.put("a.wasm", &first);
    place.look().await;
    let before = place.catalogue.by_id("minimal").expect("serves").sha256().to_owned();

    place.put("a.wasm", &provider("id=minimal;host=other.example"));
    assert_eq!(place.look().await, 0);
    assert_eq!(place.catalogue.by_id("minimal").expect("serves").sha256(), before);
    let waits =
        place.catalogue.entries().into_iter().any(
            |entry| matches!(entry, CatalogueEntry::Waiting { reasons, .. } if reasons == ["it names a new host".to_owned()]),
        );
    assert!(waits);
    let other = digest(&first).await;
    let refused = place.catalogue.approve("minimal", &other);
    let second = digest(&provider("id=minimal;host=other.example")).await;
    let Approved::Yes(_, added) = place.catalogue.approve("minimal", &second) else { panic!("it waits") };

    assert!(matches!(refused, Approved::OtherFile { sha256 } if sha256 == second));
    assert_eq!(added, Added::Replaces { id: "minimal".into() });
    assert_ne!(place.catalogue.by_id("minimal").expect("serves").sha256(), before);
    assert!(matches!(place.catalogue.approve("minimal", &second), Approved::NoneWaits));
}

#[tokio::test]
async fn of_two_files_with_one_id_the_second_is_not_even_judged_and_neither_is_one_beside_a_file_that_waits() {
    let notes = Arc::new(Notes::default());
    let mut place = Place::judged_by(Some(notes.clone())).await;

    place.put("a.wasm", &provider("id=twin;host=one.example"));
    place.look().await;
    place.put("b.wasm", &provider("id=twin;host=two.example"));
    place.look().await;

    assert_eq!(notes.told(), ["judges twin"]);
    let first = digest(&provider("id=twin;host=one.example")).await;
    let Approved::Yes(approved, _) = place.catalogue.approve("twin", &first) else { panic!("the first waits") };
    assert_eq!(approved.origin(), &Origin::File(place.file("a.wasm")));
}

#[tokio::test]
async fn at_the_start_the_file_that_served_before_comes_first() {
    let second = provider("id=twin;host=two.example");
    let mut place = Place::judged_by(Some(Arc::new(Notes::knowing(digest(&second).await)))).await;
    place.put("a.wasm", &provider("id=twin;host=one.example"));
    place.put("b.wasm", &second);

    place.look().await;

    assert_eq!(place.serves("twin"), place.file("b.wasm").display().to_string());
}

#[tokio::test]
async fn a_file_that_is_gone_is_judged_anew_when_it_comes_again_and_one_that_was_moved_serves_on() {
    let bytes = provider("id=one;host=one.example");
    let notes = Arc::new(Notes::knowing(digest(&bytes).await));
    let mut place = Place::judged_by(Some(notes.clone())).await;
    place.put("a.wasm", &bytes);
    place.look().await;

    std::fs::rename(place.file("a.wasm"), place.file("b.wasm")).expect("moved");
    place.look().await;
    assert_eq!(place.serves("one"), place.file("b.wasm").display().to_string());
    assert!(!notes.told().contains(&"forgets one".to_owned()), "{:?}", notes.told());
    std::fs::remove_file(place.file("b.wasm")).expect("removed");
    place.look().await;

    assert_eq!(place.serves("one"), "-");
    assert_eq!(notes.told().last().map(String::as_str), Some("forgets one"));
}

#[tokio::test]
async fn an_id_that_a_file_gives_up_is_free_for_the_next() {
    let mut place = Place::new().await;
    place.put("a.wasm", &provider("id=twin;host=one.example"));
    place.put("b.wasm", &provider("id=twin;host=two.example"));
    place.look().await;

    place.put("a.wasm", &provider("id=other;host=one.example"));
    place.look().await;

    assert_eq!(place.serves("twin"), place.file("b.wasm").display().to_string());
    assert_eq!(place.serves("other"), place.file("a.wasm").display().to_string());
}

/// Time stands still but for the waiting: what is dropped is there within a second.
#[tokio::test(start_paused = true)]
async fn a_directory_is_looked_at_by_itself_several_times_a_second_also_when_it_comes_later() {
    let place = Place::new().await;
    let later = place.file("plugins");
    let directories = Directories::new(host(), place.catalogue.clone(), vec![later.clone()], None);
    let (told, mut changes) = mpsc::channel(8);
    let _watching = watch(directories, move || told.try_send(()).unwrap_or_default());
    let mut next = async || tokio::time::timeout(Duration::from_secs(1), changes.recv()).await.expect("in time");

    std::fs::create_dir(&later).expect("made");
    std::fs::write(later.join("a.wasm"), minimal()).expect("written");
    next().await;
    assert!(place.catalogue.by_id("minimal").is_some());
    std::fs::write(later.join("a.wasm"), provider("id=other;host=other.example")).expect("written");
    next().await;
    assert!(place.catalogue.by_id("other").is_some());
    std::fs::remove_file(later.join("a.wasm")).expect("removed");
    next().await;

    assert!(place.catalogue.by_id("other").is_none());
}
