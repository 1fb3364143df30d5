//! UI resources of tools (MCP Apps): a tool may name the `ui://` resource that shows its result.
//!
//! Servers that know nothing of each other may use the same URI. A client reads it through the hub, so each needs a URI of
//! its own there.

use std::collections::HashMap;

use super::routes::EntryOrigin;
use crate::gateway::message::{Fields, object, raw, string};
use crate::gateway::roster::ScopedServer;

/// Members of a tool that may name the resource: `_meta.ui.resourceUri`, and flat in `_meta`.
const NESTED: &str = "resourceUri";
const FLAT: &str = "ui/resourceUri";

/// Notes which server has the UI resources of a tool. Where another server has the same URI, the tool gets another one.
pub(super) fn separate_ui_resources(
    known: &mut HashMap<String, EntryOrigin>,
    scoped: &ScopedServer,
    tool: &mut Fields,
) {
    let mut meta = object(tool, "_meta");
    let mut ui = object(&meta, "ui");
    let (nested, flat) = (string(&ui, NESTED), string(&meta, FLAT));
    let mut other = |uri: Option<String>| uri.and_then(|uri| other_uri(known, scoped, &uri));
    let (nested, flat) = (other(nested), other(flat));
    if nested.is_none() && flat.is_none() {
        return;
    }
    if let Some(uri) = nested {
        ui.insert(NESTED.into(), raw(&uri));
        meta.insert("ui".into(), raw(&ui));
    }
    if let Some(uri) = flat {
        meta.insert(FLAT.into(), raw(&uri));
    }
    tool.insert("_meta".into(), raw(&meta));
}

/// Notes where a resource is. Returns the URI to use instead where another server has this one.
fn other_uri(known: &mut HashMap<String, EntryOrigin>, scoped: &ScopedServer, uri: &str) -> Option<String> {
    let server = scoped.upstream.name();
    let origin = || EntryOrigin { server: server.to_owned(), own: uri.to_owned() };
    if known.entry(uri.to_owned()).or_insert_with(origin).server == server {
        return None;
    }
    let mark = if uri.contains('?') { '&' } else { '?' };
    let other = format!("{uri}{mark}server={}", scoped.own_prefix);
    known.insert(other.clone(), origin());
    Some(other)
}
