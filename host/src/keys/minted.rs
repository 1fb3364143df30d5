//! A new key: its token is shown once, and only the digest is kept.

use serde_json::{Map, Value, json};

use crate::random::Random;
use crate::settings::{KeyDigest, digest_of};

/// What every token begins with, so that programs that look for leaked secrets know one.
const PREFIX: &str = "mcphub_";

/// What a person asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WantedKey {
    /// The name that the person gave it.
    pub name: String,
    /// The groups that its holder sees.
    pub groups: Vec<String>,
    /// The servers that its holder sees. Without groups and servers: all.
    pub servers: Vec<String>,
    /// Whether its holder may use the API and the pages.
    pub is_admin: bool,
}

/// A new token, and the entry of its key.
#[must_use]
pub fn mint(wanted: &WantedKey, random: &Random) -> (String, Value) {
    let token = format!("{PREFIX}{}", random.text::<32>());
    let access = match (wanted.groups.is_empty(), wanted.servers.is_empty()) {
        (true, true) => "all",
        (false, true) => "groups",
        (true, false) => "servers",
        (false, false) => "custom",
    };
    let mut entry = Map::new();
    entry.insert("name".into(), json!(wanted.name));
    entry.insert("digest".into(), json!(format!("sha256:{}", hex(&digest_of(token.as_bytes())))));
    entry.insert("accessType".into(), json!(access));
    if !wanted.groups.is_empty() {
        entry.insert("allowedGroups".into(), json!(wanted.groups));
    }
    if !wanted.servers.is_empty() {
        entry.insert("allowedServers".into(), json!(wanted.servers));
    }
    if wanted.is_admin {
        entry.insert("admin".into(), json!(true));
    }
    (token, Value::Object(entry))
}

fn hex(digest: &KeyDigest) -> String {
    digest.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}
