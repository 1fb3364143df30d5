//! What is peculiar to a file: its bytes and mode, that it goes, what else may stand in its place.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::PathBuf;
use std::time::{Duration, UNIX_EPOCH};

use rustix::fs::{CWD, FileType, Mode, mknodat};
use serde_json::json;

use super::*;
use crate::settings::Environment;
use crate::store::file::tests::{Home, SETTINGS};
use crate::store::{Pending, PendingKind, Store};

const KEY: &str = "MCPHUB_CREDENTIAL_ENCRYPTION_KEY";
const ONE: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const TWO: &str = "f0e1d2c3b4a5968778695a4b3c2d1e0ff0e1d2c3b4a5968778695a4b3c2d1e0f";

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

fn pending(ends_at: u64) -> Pending {
    Pending { server: "a".into(), data: json!({ "verifier": "canary-data" }), ends_at: at(ends_at) }
}

fn path(home: &Home) -> PathBuf {
    home.settings().beside(FILE).expect("a path")
}

async fn put(store: &Store, id: &str, ends_at: u64) {
    store.put_pending(PendingKind::Login, id, &pending(ends_at)).await.expect("put");
}

async fn found(store: &Store, id: &str, now: u64) -> bool {
    store.pending(PendingKind::Login, id, at(now)).await.expect("read").is_some()
}

#[tokio::test]
async fn it_stands_beside_the_settings_for_its_owner_alone_and_goes_with_the_last_entry() {
    let home = Home::with(SETTINGS);
    let store = home.store();

    put(&store, "x", 10).await;
    put(&store, "y", 10).await;
    let mode = fs::metadata(path(&home)).expect("there").permissions().mode();
    assert_eq!(
        (path(&home).file_name().and_then(|name| name.to_str()), mode & 0o777),
        (Some(".mcp_settings.json.pending"), 0o600)
    );
    assert_eq!(home.text(), SETTINGS);

    store.take_pending(PendingKind::Login, "x", at(0)).await.expect("taken");
    assert!(path(&home).exists());
    store.take_pending(PendingKind::Login, "y", at(0)).await.expect("taken");
    assert!(!path(&home).exists());
}

#[tokio::test]
async fn what_has_ended_is_dropped_at_the_next_change_and_the_file_with_the_last() {
    let home = Home::with(SETTINGS);
    let store = home.store();
    put(&store, "x", 10).await;
    assert!(found(&store, "x", 9).await);

    put(&store, "y", 20).await;
    assert!(found(&store, "y", 10).await);
    assert!(!fs::read_to_string(path(&home)).expect("read").contains("\"x\""));

    assert!(!found(&store, "y", 20).await);
    assert!(!path(&home).exists());
}

#[tokio::test]
async fn ids_and_data_are_sealed_where_there_is_a_key() {
    let home = Home::with(SETTINGS);
    let store = home.store_with(&[(KEY, ONE)]);

    put(&store, "canary-id", 10).await;

    let text = fs::read_to_string(path(&home)).expect("read");
    assert!(!text.contains("canary") && text.contains("\"login\""), "{text}");
    let listed = home.store_with(&[(KEY, ONE)]).pending_of(PendingKind::Login, "a", at(0)).await.expect("read");
    assert_eq!(listed, [("canary-id".to_owned(), pending(10))]);
}

#[tokio::test]
async fn what_cannot_be_opened_counts_as_absent_and_stays_until_it_ends() {
    let home = Home::with(SETTINGS);
    put(&home.store_with(&[(KEY, ONE)]), "x", 10).await;
    let others = home.store_with(&[(KEY, TWO)]);

    assert!(!found(&others, "x", 0).await);
    put(&others, "y", 20).await;

    assert!(found(&home.store_with(&[(KEY, ONE)]), "x", 0).await);
    assert!(found(&others, "y", 10).await);
    assert!(!found(&home.store_with(&[(KEY, ONE)]), "x", 0).await, "it ended, and a change came after that");
}

#[tokio::test]
async fn a_sealed_entry_that_was_changed_counts_as_absent() {
    let home = Home::with(SETTINGS);
    let store = home.store_with(&[(KEY, ONE)]);
    for (before, after) in [("\"a\"", "\"b\""), ("\"login\"", "\"ticket\""), ("00:00:10.", "00:00:59.")] {
        put(&store, "x", 10).await;
        let text = fs::read_to_string(path(&home)).expect("read");
        assert!(text.contains(before), "{before}: {text}");
        fs::write(path(&home), text.replace(before, after)).expect("written");

        for kind in [PendingKind::Login, PendingKind::Ticket] {
            assert!(store.pending(kind, "x", at(0)).await.expect("read").is_none(), "{after}");
        }
    }
}

#[tokio::test]
async fn a_file_that_makes_no_sense_counts_as_empty_and_is_replaced() {
    let home = Home::with(SETTINGS);
    for broken in ["", "{", "[]", "{\"version\":2,\"pending\":[]}", "{\"version\":1}", "\u{0}"] {
        let store = home.store();
        fs::write(path(&home), broken).expect("written");
        fs::set_permissions(path(&home), Permissions::from_mode(0o600)).expect("changed");

        assert!(!found(&store, "x", 0).await, "{broken}");
        store.end_pending(PendingKind::Login, "a").await.expect("ended");
        assert!(!path(&home).exists(), "{broken}");
        put(&store, "x", 10).await;
        assert!(found(&home.store(), "x", 0).await, "{broken}");
    }
}

#[tokio::test]
async fn an_entry_that_makes_no_sense_does_not_stand_in_the_way() {
    let home = Home::with(SETTINGS);
    put(&home.store(), "x", 10).await;
    let text = fs::read_to_string(path(&home)).expect("read");
    let more = text.replace("\"pending\":[", "\"pending\":[5,{\"kind\":\"login\"},{\"kind\":\"other\",\"id\":\"z\"},");
    fs::write(path(&home), more).expect("written");

    assert!(found(&home.store(), "x", 0).await);
}

#[tokio::test]
async fn a_link_a_pipe_and_a_folder_in_its_place_are_refused() {
    let home = Home::with(SETTINGS);
    put(&home.store(), "x", 10).await;
    let elsewhere = path(&home).with_file_name("elsewhere");
    fs::rename(path(&home), &elsewhere).expect("moved");
    let store = home.store();

    let mut refused = Vec::new();
    symlink(&elsewhere, path(&home)).expect("linked");
    refused.push(store.take_pending(PendingKind::Login, "x", at(0)).await.expect_err("a link"));
    fs::remove_file(path(&home)).expect("removed");
    mknodat(CWD, path(&home), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).expect("a pipe");
    refused.push(store.put_pending(PendingKind::Login, "y", &pending(10)).await.expect_err("a pipe"));
    fs::remove_file(path(&home)).expect("removed");
    fs::create_dir(path(&home)).expect("a folder");
    refused.push(store.pending(PendingKind::Login, "x", at(0)).await.expect_err("a folder"));

    for error in refused {
        let said = error.to_string();
        assert!(said.contains(".mcp_settings.json.pending: cannot be read: it is "), "{said}");
    }
    assert!(fs::read_to_string(elsewhere).expect("read").contains("canary-data"), "the link was not followed");
}

#[tokio::test]
async fn a_file_that_others_can_write_to_is_not_used() {
    let home = Home::with(SETTINGS);
    put(&home.store(), "x", 10).await;
    fs::set_permissions(path(&home), Permissions::from_mode(0o622)).expect("changed");
    let store = home.store();

    assert!(!found(&home.store(), "x", 0).await, "also where it is looked at first");
    assert!(store.take_pending(PendingKind::Login, "x", at(0)).await.expect("in memory").is_none());
    put(&store, "y", 10).await;

    assert!(found(&store, "y", 0).await);
    assert!(!fs::read_to_string(path(&home)).expect("read").contains("\"y\""));
}

/// What the log says of `count` changes and as many looks.
fn logged(file: &PendingFile, count: usize) -> String {
    let log = Arc::new(Mutex::new(Vec::new()));
    let writer = Log(log.clone());
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    tracing::subscriber::with_default(subscriber, || {
        for number in 0..count {
            file.read(at(0), |_| ()).expect("read");
            file.change(None, |set| set.put(PendingKind::Login, &number.to_string(), pending(10))).expect("changed");
        }
    });
    String::from_utf8(log.lock().expect("the log").clone()).expect("text")
}

#[derive(Clone)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("the log").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_file_that_makes_no_sense_or_cannot_be_used_is_reported_once() {
    for (content, mode, expected) in [
        ("{", 0o600, "this file makes no sense and is replaced"),
        ("{}", 0o622, "logins under way are kept in memory, and a restart of the hub ends them"),
    ] {
        let home = Home::with(SETTINGS);
        fs::write(path(&home), content).expect("written");
        fs::set_permissions(path(&home), Permissions::from_mode(mode)).expect("changed");
        let file = PendingFile::new(home.settings(), Arc::default());

        let log = logged(&file, 3);

        assert_eq!(log.matches(expected).count(), 1, "{log}");
        assert_eq!(log.lines().count(), 1, "{log}");
    }
}

#[tokio::test]
async fn of_too_many_bytes_the_oldest_go() {
    let home = Home::with(SETTINGS);
    let store = home.store();
    let large = Pending { data: "x".repeat(6 << 20).into(), ..pending(10) };
    for id in ["1", "2", "3"] {
        store.put_pending(PendingKind::Question, id, &large).await.expect("put");
    }

    let listed = home.store().pending_of(PendingKind::Question, "a", at(0)).await.expect("read");

    assert_eq!(listed.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>(), ["2", "3"]);
}

#[tokio::test]
async fn of_too_many_of_a_kind_the_oldest_goes() {
    let home = Home::with(SETTINGS);
    let mut content = PendingContent::default();
    content.set.put(PendingKind::Login, "login", pending(10));
    for number in 0..1000 {
        content.set.put(PendingKind::Ticket, &number.to_string(), pending(10));
    }
    let bytes = content.written(&Keys::default()).expect("written").expect("not empty");
    home.settings().put_beside(FILE, &bytes).expect("written");
    let store = home.store();

    store.put_pending(PendingKind::Ticket, "1000", &pending(10)).await.expect("put");

    let listed = home.store().pending_of(PendingKind::Ticket, "a", at(0)).await.expect("read");
    assert_eq!((listed.len(), listed[0].0.as_str(), listed[999].0.as_str()), (1000, "1", "1000"));
    assert!(found(&store, "login", 0).await);
}

#[tokio::test]
async fn an_end_that_no_calendar_has_is_no_obstacle() {
    let home = Home::with(SETTINGS);
    let store = home.store();
    for (id, ends_at) in [("far", at(u64::MAX >> 2)), ("past", UNIX_EPOCH - Duration::from_secs(1))] {
        store.put_pending(PendingKind::Login, id, &Pending { ends_at, ..pending(0) }).await.expect("put");
    }

    assert!(found(&store, "far", 4_000_000_000).await && !found(&store, "past", 0).await);
}

/// In a folder of the system where even root may make no file.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn where_no_file_can_be_written_it_stays_in_memory() {
    let settings = std::path::Path::new("/sys/kernel/uevent_seqnum");
    if !settings.exists() {
        return;
    }
    let environment = Environment::of::<String, String>([]);
    let store = Store::new(SettingsFile::open(settings, environment).expect("can be read"));

    put(&store, "x", 10).await;
    assert!(found(&store, "x", 9).await && !found(&store, "x", 10).await);
    put(&store, "y", 10).await;

    let taken = store.take_pending(PendingKind::Login, "y", at(0)).await.expect("taken");
    let again = store.take_pending(PendingKind::Login, "y", at(0)).await.expect("nothing");
    assert_eq!((taken, again), (Some(pending(10)), None));
}
