//! The file: made, read, changed, shared.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;

fn directory_with(text: &str) -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().expect("directory");
    let path = directory.path().join("mcp_settings.json");
    fs::write(&path, text).expect("written");
    (directory, path)
}

fn open(path: &std::path::Path) -> SettingsFile {
    SettingsFile::open(path, Environment::default()).expect("opens")
}

fn add(file: &SettingsFile, entry: &Value) {
    let added = file
        .edit(|document| document.put_entry(("obtained", "grants"), None, entry).map_err(|way| file.in_the_way(way)));
    added.expect("added");
}

fn text(path: &std::path::Path) -> String {
    fs::read_to_string(path).expect("read")
}

fn mode(path: &std::path::Path) -> u32 {
    fs::metadata(path).expect("metadata").permissions().mode() & 0o777
}

#[test]
fn a_missing_file_is_made_for_its_owner_only() {
    let directory = tempfile::tempdir().expect("directory");
    let path = directory.path().join("mcp_settings.json");

    let loaded = open(&path).load().expect("loads");

    assert!(loaded.settings.servers.is_empty() && loaded.faults.is_empty());
    assert_eq!(text(&path), "{\n  \"mcpServers\": {}\n}\n");
    assert_eq!(mode(&path), 0o600);
}

#[test]
fn an_empty_file_is_filled() {
    let (_directory, path) = directory_with(" \n");

    open(&path);

    assert_eq!(text(&path), "{\n  \"mcpServers\": {}\n}\n");
}

#[test]
fn a_folder_that_is_missing_is_told_with_a_way_out() {
    let directory = tempfile::tempdir().expect("directory");

    let error = SettingsFile::open(&directory.path().join("none/mcp_settings.json"), Environment::default());

    let sentence = error.err().expect("refused").to_string();
    assert!(
        sentence.contains("cannot be found") && sentence.ends_with("or name another file with --settings"),
        "{sentence}"
    );
}

#[test]
fn what_is_not_json_is_neither_read_nor_overwritten() {
    for broken in ["{ \"mcpServers\": ", "[]", "\"text\"", "{} {}"] {
        let (_directory, path) = directory_with("{}");
        let file = open(&path);
        fs::write(&path, broken).expect("written");

        let read = file.load().expect_err("refused");
        let written = file.set_oauth("a", &[]).expect_err("refused");

        for error in [read, written] {
            assert!(error.is_broken_text(), "{error}");
            assert!(error.to_string().ends_with("correct it, nothing was changed"), "{error}");
        }
        assert_eq!(text(&path), broken);
    }
}

#[test]
fn bytes_that_are_no_text_are_refused() {
    let (_directory, path) = directory_with("{}");
    let file = open(&path);
    fs::write(&path, b"{\"a\": \"\xff\"}").expect("written");

    let error = file.load().expect_err("refused");

    assert!(error.to_string().contains("it is not UTF-8 text"), "{error}");
}

#[test]
fn a_file_that_is_far_too_large_is_refused() {
    let (_directory, path) = directory_with("{}");
    let file = open(&path);
    fs::File::options().write(true).open(&path).and_then(|file| file.set_len((64 << 20) + 1)).expect("made large");

    let error = file.load().expect_err("refused");

    assert!(error.to_string().contains("64 MiB"), "{error}");
}

#[test]
fn an_edit_that_switches_off_counts_in_spite_of_a_fault_beside_it() {
    let off = |entry: &str| {
        let (_directory, path) = directory_with(&format!("{{\"mcpServers\": {{\"a\": {entry}}}}}"));
        open(&path).load().expect("loads").switched_off.contains("a")
    };

    assert!(off(r#"{"url": "htp://a", "disabled": true}"#) && off(r#"{"url": "htp://a", "enabled": "false"}"#));
    assert!(off(r#"{"url": "https://a.example", "disabled": "yes"}"#) && off(r#"{"isActive": 0}"#));
    assert!(!off(r#"{"url": "htp://a", "enabled": true}"#) && !off(r#"{"url": "htp://a", "disabled": "false"}"#));
}

#[test]
fn a_written_file_is_readable_by_its_owner_only_and_leaves_nothing_beside_it() {
    let (directory, path) = directory_with("{\"mcpServers\": {}}");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("mode");
    let file = open(&path);

    add(&file, &json!(1));

    assert_eq!(mode(&path), 0o600);
    let mut names: Vec<_> =
        fs::read_dir(directory.path()).expect("listed").map(|entry| entry.expect("entry").file_name()).collect();
    names.sort();
    assert_eq!(names, [".mcp_settings.json.lock", "mcp_settings.json"]);
    assert_eq!(mode(&directory.path().join(".mcp_settings.json.lock")), 0o600);
}

#[test]
fn a_linked_file_is_changed_where_it_is_and_the_link_stays() {
    let (directory, target) = directory_with("{}");
    let elsewhere = tempfile::tempdir().expect("directory");
    let (link, second) = (elsewhere.path().join("link.json"), elsewhere.path().join("second.json"));
    symlink(&target, &link).expect("linked");
    symlink("link.json", &second).expect("linked");

    add(&open(&second), &json!(1));

    assert!(fs::symlink_metadata(&link).expect("link").is_symlink());
    assert!(fs::symlink_metadata(&second).expect("link").is_symlink());
    assert_eq!(open(&target).section("obtained").expect("read"), Some(json!({"grants": [1]})));
    assert!(directory.path().join(".mcp_settings.json.lock").exists(), "one lock, whatever the path");
}

#[test]
fn a_link_to_nothing_yet_is_followed_when_the_file_is_made() {
    let directory = tempfile::tempdir().expect("directory");
    let link = directory.path().join("link.json");
    symlink("later.json", &link).expect("linked");

    open(&link);

    assert!(fs::symlink_metadata(&link).expect("link").is_symlink());
    assert!(text(&directory.path().join("later.json")).contains("mcpServers"));
}

#[test]
fn a_change_that_changes_nothing_does_not_touch_the_file() {
    let (_directory, path) = directory_with("{}");
    let file = open(&path);
    let before = file.stamp().expect("stamp");

    file.edit(|_| Ok::<_, SettingsError>(())).expect("edited");

    assert_eq!(file.stamp().expect("stamp"), before);
}

#[test]
fn an_edit_saved_while_a_change_is_made_is_kept() {
    for atomically in [false, true] {
        let (directory, path) = directory_with("{\"mine\": 1}");
        let file = open(&path);
        let mut calls = 0;

        let changed = file.edit(|document| {
            calls += 1;
            if calls == 1 {
                let saved = if atomically { directory.path().join("editor") } else { path.clone() };
                fs::write(&saved, "{\"mine\": 2}").expect("saved");
                fs::rename(&saved, &path).expect("renamed");
            }
            document.put_entry(("obtained", "grants"), None, &json!(calls)).map_err(|way| file.in_the_way(way))
        });

        changed.expect("changed");
        assert_eq!(calls, 2);
        assert_eq!(text(&path), "{\"mine\": 2, \"obtained\": {\"grants\":[2]}}");
    }
}

#[test]
fn somebody_who_never_stops_saving_is_told() {
    let (_directory, path) = directory_with("{}");
    let file = open(&path);
    let mut saved = 0;

    let error = file.edit(|document| {
        saved += 1;
        fs::write(&path, format!("{{\"saved\": {saved}}}")).expect("saved");
        document.put_entry(("obtained", "grants"), None, &json!(1)).map_err(|way| file.in_the_way(way))
    });

    assert!(matches!(error, Err(SettingsError::Contended { .. })));
    assert_eq!(text(&path), format!("{{\"saved\": {saved}}}"));
}

#[test]
fn what_the_person_put_in_the_hubs_place_is_told_and_kept() {
    let (_directory, path) = directory_with("{\"obtained\": \"mine\"}");
    let file = open(&path);

    let error = file.edit(|document| {
        document.put_entry(("obtained", "grants"), None, &json!(1)).map_err(|way| file.in_the_way(way))
    });

    let sentence = error.expect_err("refused").to_string();
    assert!(sentence.contains("obtained: there is something here"), "{sentence}");
    assert_eq!(text(&path), "{\"obtained\": \"mine\"}");
}

#[test]
fn many_writers_lose_nothing_of_each_other() {
    let (_directory, path) = directory_with("{\n  \"mcpServers\": {}\n}\n");
    let writers: Vec<_> = (0..4)
        .map(|writer| {
            // Each has its own view of the file, as processes have.
            let file = open(&path);
            std::thread::spawn(move || (0..10).for_each(|round| add(&file, &json!([writer, round]))))
        })
        .collect();

    for writer in writers {
        writer.join().expect("done");
    }

    let grants = open(&path).section("obtained").expect("read").and_then(|mut section| section["grants"].take().into());
    assert_eq!(grants.as_ref().and_then(Value::as_array).map(Vec::len), Some(40));
}

#[test]
fn an_editor_that_truncates_and_writes_never_loses_its_text() {
    let (_directory, path) = directory_with("{\"mine\": 0}");
    let file = open(&path);
    let editor = {
        let path = path.clone();
        std::thread::spawn(move || {
            (1..=200).for_each(|round| fs::write(&path, format!("{{\"mine\": {round}}}")).expect("saved"));
        })
    };

    while !editor.is_finished() {
        // It may be told that somebody else keeps writing; it must not undo what they wrote.
        let _ = file.edit(|document| {
            document.put_entry(("obtained", "grants"), Some(0), &json!(1)).map_err(|way| file.in_the_way(way))
        });
    }
    editor.join().expect("done");

    assert_eq!(file.section("mine").expect("read"), Some(json!(200)));
}

#[test]
fn a_servers_oauth_is_set_in_its_entry() {
    let (_directory, path) =
        directory_with("{\n  \"mcpServers\": {\n    \"a\": {\n      \"url\": \"https://a.example\"\n    }\n  }\n}\n");
    let file = open(&path);

    file.set_oauth("a", &[("clientId".into(), "c".into()), ("inputs.tenant".into(), "t\"".into())]).expect("set");
    let missing = file.set_oauth("b", &[("clientId".into(), "c".into())]).expect_err("no such server");

    let expected = "{\n  \"mcpServers\": {\n    \"a\": {\n      \"url\": \"https://a.example\",\n      \"oauth\": {\n        \"clientId\": \"c\",\n        \"inputs\": {\n          \"tenant\": \"t\\\"\"\n        }\n      }\n    }\n  }\n}\n";
    assert_eq!(text(&path), expected);
    assert!(missing.to_string().ends_with("mcpServers has no \"b\"; add the server first"), "{missing}");
}

#[test]
fn a_lock_that_is_held_is_not_given_again_until_it_is_let_go() {
    let directory = tempfile::tempdir().expect("directory");
    let path = directory.path().join("lock");

    let held = FileLock::attempt(&path).expect("tried");
    let second = FileLock::attempt(&path).expect("tried");
    drop(held);
    let third = FileLock::attempt(&path).expect("tried");

    assert!(second.is_none() && third.is_some());
}
