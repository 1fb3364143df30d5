//! Servers that stand where other programs look for them, and the lists with which those switch servers off.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::dialect::looks_like_servers;
use super::findings::Findings;
use crate::settings::document::OBTAINED;

/// Where the hub looks.
const SERVERS: &str = "mcpServers";
/// How deep servers are looked for.
const DEPTH: usize = 4;
/// How many names a fault lists.
const LISTED: usize = 10;

/// Tells of every object outside `mcpServers` that holds servers. They are not used: they may be another program's.
pub(super) fn tell(document: &Map<String, Value>, findings: &Findings<'_>) {
    let loose: Vec<&str> = document
        .iter()
        .filter(|(key, _)| *key != SERVERS)
        .filter_map(|(key, value)| loose_server(key, value))
        .collect();
    if !loose.is_empty() {
        let rule = format!("stands by itself like a server, and the hub reads {SERVERS}");
        let remedy = format!("write {{ \"{SERVERS}\": {{ \"{}\": {{ … }} }} }}", loose.first().unwrap_or(&"name"));
        findings.object_to(findings.fault(&listed(loose.iter().copied()), None, &rule, &remedy));
    }
    let others = document.iter().filter(|(key, _)| !matches!(key.as_str(), SERVERS | OBTAINED));
    for (key, value) in others.filter(|(key, _)| !loose.contains(&key.as_str())) {
        look(&mut vec![key.as_str()], value, findings);
    }
}

/// What to write in place of a list of servers that have their names inside.
pub(super) fn of_list(document: &Map<String, Value>) -> Option<String> {
    named(document.get(SERVERS)?)
}

fn named(list: &Value) -> Option<String> {
    let items = list.as_array()?;
    let names: Vec<&str> = items.iter().filter_map(|item| item.get("name").and_then(Value::as_str)).collect();
    let first = names.first()?;
    Some(format!("write {{ \"{first}\": {{ … }} }}, each server ({}) under its name", listed(names.iter().copied())))
}

/// A member of the whole file that is a server.
fn loose_server<'a>(key: &'a str, value: &Value) -> Option<&'a str> {
    let alone: Map<String, Value> = [(key.to_owned(), value.clone())].into_iter().collect();
    looks_like_servers(&Value::Object(alone)).then_some(key)
}

fn look<'a>(path: &mut Vec<&'a str>, value: &'a Value, findings: &Findings<'_>) {
    let Some(members) = value.as_object() else { return look_at_list(path, value, findings) };
    if looks_like_servers(value) {
        let names = listed(members.keys().map(String::as_str));
        let rule = format!("holds servers ({names}), and the hub reads {SERVERS}");
        let remedy =
            if path.len() == 1 { format!("rename it to {SERVERS}") } else { format!("move them to {SERVERS}") };
        findings.object_to(findings.fault(&path.join("."), None, &rule, &remedy));
        return;
    }
    if path.len() < DEPTH {
        for (key, value) in members {
            path.push(key);
            look(path, value, findings);
            path.pop();
        }
    }
}

/// `"servers": [{ "name": "a", "url": … }]`.
fn look_at_list(path: &[&str], value: &Value, findings: &Findings<'_>) {
    let is_server = |item: &Value| {
        let alone: Map<String, Value> = [("a".to_owned(), item.clone())].into_iter().collect();
        looks_like_servers(&Value::Object(alone))
    };
    let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
    if let (true, Some(remedy)) = (items.iter().any(is_server), named(value)) {
        let rule = format!("is a list of servers, and the hub reads {SERVERS}");
        let remedy = format!("move them to {SERVERS}: {remedy}");
        findings.object_to(findings.fault(&path.join("."), None, &rule, &remedy));
    }
}

fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.collect();
    let shown = names.iter().take(LISTED).copied().collect::<Vec<_>>().join(", ");
    if names.len() > LISTED { format!("{shown} and {} more", names.len() - LISTED) } else { shown }
}

/// Servers that lists beside `mcpServers` switch off, as some programs keep them.
pub(super) struct SwitchedOff<'a> {
    off: BTreeSet<&'a str>,
    only: Option<BTreeSet<&'a str>>,
}

impl<'a> SwitchedOff<'a> {
    /// `disabledMcpServers`, `disabledMcpjsonServers`, `mcp.excluded` and `mcp.allowed`.
    pub(super) fn of(document: &'a Map<String, Value>) -> Self {
        let texts = |value: Option<&'a Value>| {
            let items = value.and_then(Value::as_array)?;
            Some(items.iter().filter_map(Value::as_str).collect::<BTreeSet<&str>>())
        };
        let of_group = |key: &str| document.get("mcp").and_then(|group| group.get(key));
        let lists = [document.get("disabledMcpServers"), document.get("disabledMcpjsonServers"), of_group("excluded")];
        let off = lists.into_iter().filter_map(texts).flatten().collect();
        Self { off, only: texts(of_group("allowed")) }
    }

    /// Whether they switch this one off.
    pub(super) fn has(&self, name: &str) -> bool {
        self.off.contains(name) || self.only.as_ref().is_some_and(|only| !only.contains(name))
    }
}

/// Warns of names that differ in capital letters only: clients and people take them for one.
pub(super) fn warn_of_twins<'a>(names: impl Iterator<Item = &'a str>, findings: &Findings<'_>) {
    let mut known = std::collections::BTreeMap::new();
    for name in names {
        if let Some(other) = known.insert(name.to_lowercase(), name) {
            let rule = format!("differs from {other} in capital letters only");
            findings.warn(findings.fault(&format!("{SERVERS}.{name}"), None, &rule, "give it another name"));
        }
    }
}
