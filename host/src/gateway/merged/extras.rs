//! The result of a merged list: its entries, and what the servers' results say besides, merged by what it means.

use std::time::Duration;

use super::entries::ServerEntries;
use crate::gateway::json::{Fields, object, raw, string};
use crate::gateway::list_kind::ListKind;
use crate::gateway::request_meta::SERVER_INFO;

/// Of the result as a whole, not of the list.
const META: &str = "_meta";
const TTL: &str = "ttlMs";
const CACHE_SCOPE: &str = "cacheScope";

/// The result with these entries, without what changes with time. Members that the hub does not know come from the first
/// server that has them.
pub(super) fn lasting(kind: ListKind, entries: &[Fields], servers: &[ServerEntries]) -> Fields {
    let mut result = Fields::new();
    result.insert(kind.key().into(), raw(&entries));
    let servers = saying(servers);
    let is_alone = servers.len() == 1;
    let mut meta = Fields::new();
    for extras in servers.iter().filter_map(|server| Some(&server.entries.as_ref()?.extras)) {
        for (key, value) in object(extras, META) {
            // Of several servers, none speaks for the list.
            if is_alone || key != SERVER_INFO {
                meta.entry(key).or_insert(value);
            }
        }
        for (key, value) in extras.iter().filter(|(key, _)| !matches!(key.as_str(), META | TTL | CACHE_SCOPE)) {
            result.entry(key.clone()).or_insert_with(|| value.clone());
        }
    }
    if !meta.is_empty() {
        result.insert(META.into(), raw(&meta));
    }
    if let Some(scope) = cache_scope(&servers) {
        result.insert(CACHE_SCOPE.into(), raw(&scope));
    }
    result
}

/// The members that change with time.
pub(super) fn passing(servers: &[ServerEntries]) -> Fields {
    let left = ttl_left(&saying(servers)).map(|left| u64::try_from(left.as_millis()).unwrap_or(u64::MAX));
    left.iter().map(|left| (TTL.to_owned(), raw(left))).collect()
}

/// The same for clients that expect of each result that it says of which type it is, for how long it may be kept, and for
/// whom.
pub(super) fn complete_passing(servers: &[ServerEntries]) -> Fields {
    let mut passing = passing(servers);
    // Servers with sessions say nothing: then nothing may be kept.
    passing.entry(TTL.into()).or_insert_with(|| raw(&0));
    passing
}

/// What such clients expect of the lasting members.
pub(super) fn complete(result: &mut Fields) {
    result.entry("resultType".into()).or_insert_with(|| raw(&"complete"));
    // And nothing be shown to others.
    result.entry(CACHE_SCOPE.into()).or_insert_with(|| raw(&"private"));
}

/// Those that say anything about the list. A server without such a list says nothing about it.
fn saying(servers: &[ServerEntries]) -> Vec<&ServerEntries> {
    let says = |server: &&ServerEntries| {
        server.entries.as_ref().is_some_and(|list| !list.entries.is_empty() || !list.extras.is_empty())
    };
    servers.iter().filter(says).collect()
}

/// The list is fresh for as long as each part is. A server that says nothing may change its part at any time. `None` if no
/// server says anything.
fn ttl_left(servers: &[&ServerEntries]) -> Option<Duration> {
    let said = servers.iter().any(|server| server.ttl_left.is_some());
    let left = servers.iter().map(|server| server.ttl_left.unwrap_or_default()).min()?;
    said.then_some(left)
}

/// Public only if every part is. `None` if no server says anything.
fn cache_scope(servers: &[&ServerEntries]) -> Option<&'static str> {
    let scopes = servers.iter().map(|server| string(&server.entries.as_ref()?.extras, CACHE_SCOPE));
    let scopes: Vec<Option<String>> = scopes.collect();
    if scopes.iter().all(Option::is_none) {
        return None;
    }
    Some(if scopes.iter().all(|scope| scope.as_deref() == Some("public")) { "public" } else { "private" })
}
