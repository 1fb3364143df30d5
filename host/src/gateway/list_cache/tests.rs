//! What is kept, what counts as a change, and what a restart leaves.

use serde_json::json;

use super::*;
use crate::gateway::json::{fields, raw};
use crate::gateway::repair::ListEntry;

const TOOLS: ListKind = ListKind::Tools;
const USUAL: Duration = Duration::from_secs(5);

fn list(names: &[&str]) -> KeptList {
    let entry = |name: &&str| {
        let fields = fields(Some(&raw(&json!({ "name": name, "n": 1.50 }))));
        ListEntry::new(ListKind::Tools, (*name).to_owned(), fields)
    };
    KeptList { entries: names.iter().map(entry).collect(), extras: Fields::new() }
}

fn names(list: &Entries) -> Vec<&str> {
    list.entries.iter().map(|entry| entry.own.as_str()).collect()
}

#[tokio::test]
async fn an_equal_list_keeps_the_stored_one_and_another_replaces_it() {
    let cache = ListCache::in_directory(None);

    let first = cache.keep("a", TOOLS, "c", list(&["x"]));
    let same = cache.keep("a", TOOLS, "c", list(&["x"]));
    let other = cache.keep("a", TOOLS, "c", list(&["y"]));

    assert!(Arc::ptr_eq(&first.list, &same.list) && !Arc::ptr_eq(&first.list, &other.list));
    assert_eq!([first.is_changed, same.is_changed, other.is_changed], [true, false, true]);
    assert!(!cache.keep("a", ListKind::Prompts, "c", list(&[])).is_changed, "nobody saw anything else");
}

#[tokio::test]
async fn clients_of_each_class_have_their_own_list_and_a_new_class_sees_what_others_saw() {
    let cache = ListCache::in_directory(None);
    cache.keep("a", TOOLS, "c", list(&["x"]));

    let borrowed = cache.known("a", TOOLS, "d", USUAL).expect("known");
    let more = cache.keep("a", TOOLS, "d", list(&["x", "y"]));

    assert!(borrowed.is_of_another && !more.is_changed);
    assert_eq!(names(&cache.get("a", TOOLS, "c").expect("known")), ["x"]);
    assert_eq!(names(&cache.get("a", TOOLS, "d").expect("known")), ["x", "y"]);
    cache.keep("a", TOOLS, "c", list(&["z"]));
    assert_eq!(cache.known("a", TOOLS, "d", USUAL).expect("known").freshness, Freshness::Changed);
}

#[tokio::test]
async fn clients_with_other_headers_share_no_list_and_none_of_theirs_is_written() {
    let folder = tempfile::tempdir().expect("folder");
    let headers = |value: &str| [("x-key".parse().expect("name"), value.parse().expect("value"))].into_iter().collect();
    let [one, two] = ["1", "2"].map(|value| class_of_headers("c", &headers(value)));
    let before = ListCache::in_directory(Some(folder.path().join("lists")));
    before.identify("a", "digest");
    before.keep("a", TOOLS, &one, list(&["x"]));
    before.flush().await;

    let after = ListCache::in_directory(Some(folder.path().join("lists")));
    after.identify("a", "digest");
    after.recall("a", false);

    assert!(before.get("a", TOOLS, &two).is_none() && before.get("a", TOOLS, "c").is_none());
    assert_eq!(names(&before.get("a", TOOLS, &one).expect("known")), ["x"]);
    assert!(after.get("a", TOOLS, &one).is_none());
}

#[tokio::test]
async fn a_restart_finds_the_lists_of_the_same_entry() {
    let directory = tempfile::tempdir().expect("directory");
    let cache = || ListCache::in_directory(Some(directory.path().join("lists")));
    let before = cache();
    before.identify("a", "digest");
    before.keep("a", TOOLS, "c", list(&["x"]));
    before.greet("a", &fields(Some(&raw(&json!({ "instructions": "Be kind." })))));
    before.set_transport("a", Some("sse"));
    before.flush().await;

    let (same, other) = (cache(), cache());
    same.identify("a", "digest");
    other.identify("a", "another");
    same.recall("a", false);
    other.recall("a", false);

    let known = same.known("a", TOOLS, "c", USUAL).expect("known");
    assert_eq!((names(&known.list), known.freshness), (vec!["x"], Freshness::Old));
    assert!(same.greeting("a").is_some() && same.transport("a").as_deref() == Some("sse"));
    assert!(same.is_of_earlier_run("a") && other.get("a", TOOLS, "c").is_none());
}

#[tokio::test]
async fn lists_of_a_login_that_is_gone_are_dropped() {
    let directory = tempfile::tempdir().expect("directory");
    let cache = || {
        let cache = ListCache::in_directory(Some(directory.path().join("lists")));
        cache.identify("a", "digest");
        cache
    };
    let before = cache();
    before.set_login("a", true);
    before.keep("a", TOOLS, "c", list(&["x"]));
    before.flush().await;

    let (logged_in, logged_out, later) = (cache(), cache(), cache());
    logged_in.recall("a", true);
    logged_out.recall("a", false);
    later.recall("a", true);

    assert!(logged_in.get("a", TOOLS, "c").is_some());
    assert!(logged_out.get("a", TOOLS, "c").is_none() && later.get("a", TOOLS, "c").is_none());
}

#[tokio::test]
async fn what_is_forgotten_does_not_come_back_from_disk() {
    let directory = tempfile::tempdir().expect("directory");
    let cache = ListCache::in_directory(Some(directory.path().join("lists")));
    cache.identify("a", "digest");
    cache.keep("a", TOOLS, "c", list(&["x"]));
    cache.flush().await;
    cache.keep("a", TOOLS, "c", list(&["y"]));

    cache.forget("a");
    cache.flush().await;
    cache.recall("a", false);

    assert!(cache.get("a", TOOLS, "c").is_none());
    cache.keep("a", TOOLS, "c", list(&["z"]));
    cache.flush().await;
    assert!(ListFiles::at(directory.path().join("lists")).read("a").is_some(), "the entry is still known");
}

#[tokio::test]
async fn a_file_that_cannot_be_read_or_written_does_no_harm() {
    let directory = tempfile::tempdir().expect("directory");
    std::fs::write(directory.path().join("lists"), b"a file, not a directory").expect("written");
    let cache = ListCache::in_directory(Some(directory.path().join("lists")));
    cache.identify("a", "digest");

    cache.recall("a", false);
    cache.keep("a", TOOLS, "c", list(&["x"]));
    cache.flush().await;

    assert!(cache.get("a", TOOLS, "c").is_some());
}
