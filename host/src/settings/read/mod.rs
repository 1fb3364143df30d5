//! From raw JSON to [`Settings`]: every value is checked, all faults are told at once.
//!
//! One wrong server never keeps the others from serving, and keys that the hub does not use are nobody's fault.

mod address;
mod dialect;
mod elsewhere;
mod findings;
mod groups;
mod headers;
mod key_routing;
mod keys;
pub(super) mod oauth;
mod part;
mod passing_on;
mod server;
mod slips;
mod switches;
mod system;
mod times;

use std::collections::BTreeSet;

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::environment::Environment;
use super::loaded::Loaded;
use super::model::{Fingerprint, ServerEntry, Settings};
use findings::Findings;
use part::Part;

/// Reads the whole document of a file of this name.
pub(super) fn read(
    file: &str,
    document: &Map<String, Value>,
    environment: &Environment,
    fingerprint: Fingerprint,
) -> Loaded {
    let findings = Findings::of(file, environment);
    let root = Part::root(document, &findings);
    let (mut servers, mut switched_off) = (IndexMap::new(), BTreeSet::new());
    let off = elsewhere::SwitchedOff::of(document);
    let remedy =
        elsewhere::of_list(document).unwrap_or_else(|| "write { \"name\": { \"url\": \"https://…\" } }".into());
    if let Some(part) = root.object("mcpServers", &remedy) {
        for name in part.names() {
            let entry = part.raw(name).and_then(Value::as_object);
            if off.has(name) || entry.is_some_and(switches::may_be_off) {
                switched_off.insert(name.to_owned());
            }
            servers.insert(name.to_owned(), server::entry(&part, name, off.has(name)));
        }
        elsewhere::warn_of_twins(part.names(), &findings);
    }
    elsewhere::tell(document, &findings);
    times::warn_of_environment(&findings);
    let system = system::read(root.member_object("systemConfig").as_ref(), &findings);
    let groups = groups::read(root.raw("groups"), &servers, &findings);
    let keys = keys::read(&root, keys::Nameable { servers: &servers, groups: &groups }, &findings);
    let (own, warnings) = findings.into_parts();
    let of_servers = servers.values().flat_map(|entry| match entry {
        ServerEntry::Faulty(faults) => faults.clone(),
        ServerEntry::Usable(_) | ServerEntry::Unsupported(_) => Vec::new(),
    });
    let faults = own.into_iter().chain(of_servers).collect();
    Loaded { settings: Settings { servers, groups, system, keys }, faults, warnings, fingerprint, switched_off }
}

#[cfg(test)]
mod tests;
