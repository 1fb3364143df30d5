//! What of a server's lists is written to disk, and read again after a restart.
//!
//! A file is trusted no further than it fits: one of another format, of another server or of another entry in the
//! settings is as good as none.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::kept::{Entries, KeptList};
use crate::gateway::json::{Fields, raw, string};
use crate::gateway::list_kind::ListKind;
use crate::gateway::repair::ListEntry;

/// The version of the format. A file of another one is ignored.
const FORMAT: u32 = 1;
/// Bytes of a file. Lists that do not fit are left out.
pub(super) const MAX_BYTES: usize = 8 * 1024 * 1024;

/// Everything that a file says about its server.
#[derive(Default)]
pub(super) struct ServerFile {
    /// Tells entries of the settings apart, as `server_digest` makes it.
    pub(super) digest: String,
    /// Whether there was a login when the lists were read.
    pub(super) has_login: bool,
    pub(super) greeting: Option<Fields>,
    /// The transport that worked last.
    pub(super) transport: Option<String>,
    pub(super) lists: Vec<FileList>,
}

/// A list in a file.
pub(super) struct FileList {
    pub(super) kind: ListKind,
    /// The capabilities of the clients that it was given to, as `client_class` tells them apart.
    pub(super) class: String,
    pub(super) list: Entries,
}

#[derive(Serialize, Deserialize)]
struct Written {
    format: u32,
    server: String,
    digest: String,
    login: bool,
    greeting: Option<Box<RawValue>>,
    transport: Option<String>,
    lists: Vec<WrittenList>,
}

#[derive(Serialize, Deserialize)]
struct WrittenList {
    method: String,
    class: String,
    extras: Box<RawValue>,
    entries: Vec<Box<RawValue>>,
}

/// The bytes of a file.
pub(super) fn write(server: &str, file: &ServerFile) -> Vec<u8> {
    let mut bytes = 0;
    let fits = |list: &&FileList| {
        bytes += list.list.size();
        bytes <= MAX_BYTES / 2
    };
    let written = |list: &FileList| WrittenList {
        method: list.kind.method().to_owned(),
        class: list.class.clone(),
        extras: raw(&list.list.extras),
        entries: list.list.entries.iter().map(|entry| raw(&entry.fields)).collect(),
    };
    let written = Written {
        format: FORMAT,
        server: server.to_owned(),
        digest: file.digest.clone(),
        login: file.has_login,
        greeting: file.greeting.as_ref().map(raw),
        transport: file.transport.clone(),
        lists: file.lists.iter().filter(fits).map(written).collect(),
    };
    serde_json::to_vec(&written).unwrap_or_default()
}

/// What a file says, if it is one of this server with this digest.
pub(super) fn read(server: &str, digest: &str, bytes: &[u8]) -> Option<ServerFile> {
    let written: Written = serde_json::from_slice(bytes).ok()?;
    if written.format != FORMAT || written.server != server || written.digest != digest {
        return None;
    }
    Some(ServerFile {
        digest: written.digest,
        has_login: written.login,
        greeting: written.greeting.and_then(|greeting| serde_json::from_str(greeting.get()).ok()),
        transport: written.transport,
        lists: written.lists.into_iter().filter_map(list).collect(),
    })
}

fn list(written: WrittenList) -> Option<FileList> {
    let kind = ListKind::of(&written.method)?;
    let entry = |entry: Box<RawValue>| {
        let fields: Fields = serde_json::from_str(entry.get()).ok()?;
        Some(ListEntry::new(kind, string(&fields, kind.identity())?, fields))
    };
    let extras = serde_json::from_str(written.extras.get()).ok()?;
    let list = KeptList { entries: written.entries.into_iter().filter_map(entry).collect(), extras };
    Some(FileList { kind, class: written.class, list: Arc::new(list) })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::gateway::json::fields;

    fn file() -> ServerFile {
        let fields = |text: &str| serde_json::from_str::<Fields>(text).expect("JSON");
        let fields_of_entry = fields(r#"{"z":1.50,"name":"x","a":"\u0061"}"#);
        let entry = ListEntry::new(ListKind::Prompts, "x".into(), fields_of_entry);
        let list = KeptList { entries: vec![entry], extras: fields(r#"{"ttlMs":1e3}"#) };
        ServerFile {
            digest: "d".into(),
            has_login: true,
            greeting: Some(fields(r#"{"instructions":"Be kind."}"#)),
            transport: Some("sse".into()),
            lists: vec![FileList { kind: ListKind::Tools, class: "c".into(), list: Arc::new(list) }],
        }
    }

    #[test]
    fn what_is_written_is_read_again_as_the_server_wrote_it() {
        let read = read("s", "d", &write("s", &file())).expect("a file");

        let list = &read.lists[0];
        assert_eq!((list.kind, list.class.as_str(), read.has_login), (ListKind::Tools, "c", true));
        assert_eq!(raw(&list.list.entries[0].fields).get(), r#"{"z":1.50,"name":"x","a":"\u0061"}"#);
        assert_eq!((list.list.entries[0].own.as_str(), list.list.extras["ttlMs"].get()), ("x", "1e3"));
        assert_eq!(read.greeting.map(|greeting| raw(&greeting).get().len()), Some(27));
    }

    #[test]
    fn a_file_of_another_format_server_or_entry_is_ignored() {
        let bytes = write("s", &file());
        let other = String::from_utf8(bytes.clone()).expect("text").replacen("\"format\":1", "\"format\":2", 1);

        assert!(read("s", "other", &bytes).is_none() && read("other", "d", &bytes).is_none());
        assert!(read("s", "d", other.as_bytes()).is_none() && read("s", "d", &bytes[..40]).is_none());
        assert!(read("s", "d", b"").is_none() && read("s", "d", b"[]").is_none());
    }

    #[test]
    fn a_list_that_does_not_fit_is_left_out_and_the_others_stay() {
        let mut file = file();
        let large = fields(Some(&raw(&json!({ "name": "y", "description": "d".repeat(MAX_BYTES) }))));
        let list =
            KeptList { entries: vec![ListEntry::new(ListKind::Prompts, "y".into(), large)], ..KeptList::default() };
        file.lists.push(FileList { kind: ListKind::Prompts, class: "c".into(), list: Arc::new(list) });

        let bytes = write("s", &file);

        assert!(bytes.len() < MAX_BYTES);
        assert_eq!(read("s", "d", &bytes).expect("a file").lists.len(), 1);
    }
}
