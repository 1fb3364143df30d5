//! Plugins that were loaded at an earlier start: what they said then counts, and their code comes when they are called.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use mcphub_plugins::{BundledComponent, Limits, Origin, Plugin, PluginHost};
use tempfile::TempDir;

use crate::support::{context, provider};

/// A cache directory in which the plugin of this order is known.
async fn known(order: &str) -> TempDir {
    let cache = tempfile::tempdir().expect("a temporary directory");
    started(cache.path(), order).await;
    cache
}

/// What a start with this cache loads.
async fn started(cache: &Path, order: &str) -> Plugin {
    host(cache).load(Origin::File("example.wasm".into()), provider(order)).await.expect("a plugin")
}

fn host(cache: &Path) -> PluginHost {
    PluginHost::new(Some(cache), Limits::default()).expect("a host")
}

/// The files of the cache with this ending.
fn kept(cache: &Path, ending: &str) -> Vec<PathBuf> {
    let files = std::fs::read_dir(cache).expect("the cache").map(|entry| entry.expect("an entry").path());
    let files: Vec<PathBuf> = files.filter(|path| path.extension() == Some(OsStr::new(ending))).collect();
    assert!(!files.is_empty(), "no {ending} in {}", cache.display());
    files
}

#[tokio::test]
async fn a_known_plugin_is_what_it_was_and_answers() {
    let cache = tempfile::tempdir().expect("a temporary directory");
    let first = started(cache.path(), "").await;

    let second = started(cache.path(), "").await;

    assert_eq!(format!("{:?}", first.profile()), format!("{:?}", second.profile()));
    assert_eq!(
        (first.sha256(), first.size(), first.probe_fuel()),
        (second.sha256(), second.size(), second.probe_fuel())
    );
    assert_eq!((first.imports(), first.exports()), (second.imports(), second.exports()));
    assert_eq!(first.guides(&context()).await, second.guides(&context()).await);
}

#[tokio::test]
async fn the_code_of_a_known_plugin_is_not_read_before_it_is_called() {
    let cache = known("").await;
    for code in kept(cache.path(), "code") {
        std::fs::remove_file(code).expect("removed");
    }

    let plugin = started(cache.path(), "").await;

    assert_eq!(plugin.id(), "example");
    let error = plugin.guides(&context()).await.expect_err("neither code nor file").to_string();
    assert!(error.contains("could not be loaded for the call: its file cannot be read"), "{error}");
}

#[tokio::test]
async fn a_bundled_plugin_whose_code_is_gone_is_compiled_again() {
    let cache = known("").await;
    let bytes: &'static [u8] = provider("").leak();
    let sha256: &'static str = started(cache.path(), "").await.sha256().to_owned().leak();
    let plugin = host(cache.path()).load_bundled(BundledComponent { bytes, sha256 }).await.expect("a plugin");
    for code in kept(cache.path(), "code") {
        std::fs::remove_file(code).expect("removed");
    }

    let answer = plugin.guides(&context()).await;

    assert!(answer.is_ok_and(|guides| guides.is_some()));
    assert_eq!(kept(cache.path(), "code").len(), 1);
}

#[tokio::test]
async fn a_file_that_is_another_one_now_is_not_taken_for_the_known_plugin() {
    let (cache, plugins) = (known("").await, tempfile::tempdir().expect("a temporary directory"));
    let path = plugins.path().join("example.wasm");
    std::fs::write(&path, provider("host=other.example")).expect("written");
    let plugin = host(cache.path()).load(Origin::File(path), provider("")).await.expect("a plugin");
    for code in kept(cache.path(), "code") {
        std::fs::remove_file(code).expect("removed");
    }

    let error = plugin.guides(&context()).await.expect_err("another file").to_string();

    assert!(error.contains("it is another file now"), "{error}");
}

#[tokio::test]
async fn damaged_code_is_made_again() {
    let cache = known("").await;
    let bytes: &'static [u8] = provider("").leak();
    let sha256: &'static str = started(cache.path(), "").await.sha256().to_owned().leak();
    for code in kept(cache.path(), "code") {
        std::fs::write(code, "no code").expect("written");
    }
    let plugin = host(cache.path()).load_bundled(BundledComponent { bytes, sha256 }).await.expect("a plugin");

    assert!(plugin.guides(&context()).await.is_ok_and(|guides| guides.is_some()));
}

#[tokio::test]
async fn what_cannot_be_read_of_a_plugin_is_asked_again() {
    let cache = known("").await;
    for said in kept(cache.path(), "json") {
        std::fs::write(said, "{").expect("written");
    }

    let plugin = started(cache.path(), "").await;

    assert_eq!(plugin.id(), "example");
}

#[tokio::test]
async fn what_was_said_under_other_limits_does_not_count() {
    let cache = known("").await;
    let limits = Limits { fuel: 1, ..Limits::default() };
    let host = PluginHost::new(Some(cache.path()), limits).expect("a host");

    let error = host.load(Origin::Bundled, provider("")).await.expect_err("out of fuel").to_string();

    assert!(error.contains("ran out of fuel"), "{error}");
}
