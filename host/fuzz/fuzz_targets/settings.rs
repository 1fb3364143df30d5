#![no_main]
#![allow(clippy::allow_attributes, dead_code, unused_imports, reason = "a part of the settings is driven here")]

//! A settings file of any bytes: read without a panic, told without a secret, and changed without touching what the person
//! wrote.

#[path = "../../src/regular.rs"]
mod regular;
#[path = "../../src/settings/mod.rs"]
mod settings;

use std::path::PathBuf;
use std::sync::OnceLock;

use serde_json::json;
use settings::{Environment, SettingsFile};

/// Whatever is marked so is a secret.
const CANARY: &str = "canary-5f2e";
const GRANTS: (&str, &str) = ("obtained", "grants");

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    std::fs::write(path(), bytes).expect("a file");
    let file = match SettingsFile::open(path(), Environment::of([("SECRET", CANARY)])) {
        Ok(file) => file,
        Err(error) => return expect_no_secret(&error, bytes),
    };
    match file.load() {
        Ok(loaded) => loaded.faults.iter().for_each(|fault| expect_no_secret(fault, bytes)),
        Err(error) => return expect_no_secret(&error, bytes),
    }
    let entry = json!({"server": "a"});
    let added = file.edit(|document| document.put_entry(GRANTS, None, &entry).map_err(|way| file.in_the_way(way)));
    match added {
        Ok(()) => expect_added(bytes, &file),
        Err(error) => expect_no_secret(&error, bytes),
    }
});

/// The value of a variable is told nowhere, wherever the file uses it.
fn expect_no_secret(told: &impl std::fmt::Display, bytes: &[u8]) {
    assert!(!told.to_string().contains(CANARY) || mentions(bytes), "{told}");
}

/// What the person wrote is all there (of an empty file nothing is), and the file can be read again.
fn expect_added(before: &[u8], file: &SettingsFile) {
    let after = std::fs::read(path()).expect("the file");
    let mut rest = after.iter();
    let is_empty = String::from_utf8_lossy(before).trim_start_matches('\u{feff}').trim().is_empty();
    assert!(is_empty || before.iter().all(|wanted| rest.any(|byte| byte == wanted)), "{}", String::from_utf8_lossy(&after));
    let section = file.section(GRANTS.0).unwrap_or_else(|error| panic!("{error}")).expect("the section");
    assert!(section.pointer("/grants").is_some_and(|grants| grants.to_string().contains("\"server\"")), "{section}");
}

fn mentions(bytes: &[u8]) -> bool {
    bytes.windows(CANARY.len()).any(|window| window == CANARY.as_bytes())
}

/// A file of this process's own.
fn path() -> &'static PathBuf {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| {
        let memory = PathBuf::from("/dev/shm");
        let parent = if memory.is_dir() { memory } else { std::env::temp_dir() };
        let folder = parent.join(format!("mcphub-fuzz-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a directory");
        folder.join("mcp_settings.json")
    })
}
