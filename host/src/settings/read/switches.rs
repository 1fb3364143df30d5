//! Whether a server and its tools are switched on, in all the ways in which people write that.
//!
//! What is switched off in any of them is off: a server or a tool that somebody did not want must not run because of a
//! spelling.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::part::Part;
use super::slips::plain;
use crate::settings::model::{ToolSetting, ToolSettings};

/// Keys that are a switch and nothing else, and what switches off.
const SWITCHES: &[(&str, bool)] = &[
    ("enabled", false),
    ("isenabled", false),
    ("enable", false),
    ("active", false),
    ("isactive", false),
    ("disabled", true),
    ("isdisabled", true),
    ("disable", true),
];
/// Keys that may hold something else, too.
const OTHERS: &[(&str, bool)] =
    &[("autostart", false), ("startonlaunch", false), ("startup", false), ("off", true), ("paused", true)];
/// Texts of `state` and `status`.
const OFF: &[&str] = &["disabled", "off", "inactive", "paused", "stopped"];

/// Tools that are hidden.
const HIDDEN: &[&str] =
    &["disabledtools", "excludetools", "excludedtools", "blockedtools", "deniedtools", "denytools", "suppressedtools"];
/// The only tools that are shown.
const SHOWN: &[&str] =
    &["includetools", "includedtools", "enabledtools", "allowedtools", "allowtools", "availabletools", "tools"];

/// Whether a key in its plain spelling is read here.
pub(super) fn understands(key: &str) -> bool {
    let is_switch = |switches: &[(&str, bool)]| switches.iter().any(|(name, _)| *name == key);
    is_switch(SWITCHES) || is_switch(OTHERS) || HIDDEN.contains(&key) || SHOWN.contains(&key)
}

/// Whether the server is used.
pub(super) fn is_on(part: &Part<'_>) -> bool {
    let (mut on, mut off) = (Vec::new(), Vec::new());
    for key in part.names() {
        match is_off(part, key) {
            Some(true) => off.push(key),
            Some(false) => on.push(key),
            None => {}
        }
    }
    if let (Some(on), Some(off)) = (on.first(), off.first()) {
        let rule = format!("switches the server off, and {on} switches it on; it is off");
        part.findings.warn(part.findings.fault(&part.path(off), None, (&rule, "keep one of them")));
    }
    off.is_empty()
}

fn is_off(part: &Part<'_>, key: &str) -> Option<bool> {
    let written = plain(key);
    let of = |switches: &[(&str, bool)]| switches.iter().find(|(name, _)| *name == written).map(|(_, off)| *off);
    if let Some(off) = of(SWITCHES) {
        return part.flag(key).map(|flag| flag == off);
    }
    let value = part.raw(key)?;
    let off = match value {
        Value::Bool(flag) => of(OTHERS).is_some_and(|off| off == *flag),
        Value::String(text) => matches!(written.as_str(), "state" | "status") && OFF.contains(&plain(text).as_str()),
        Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => false,
    };
    off.then_some(true)
}

/// Whether an entry that cannot be used says that it is off, or may mean that.
pub(super) fn may_be_off(members: &Map<String, Value>) -> bool {
    let of = |switches: &[(&str, bool)], key: &str| switches.iter().find(|(name, _)| *name == key).map(|(_, off)| *off);
    members.iter().any(|(key, value)| {
        let key = plain(key);
        match (of(SWITCHES, &key), of(OTHERS, &key), value) {
            (Some(off), _, Value::Bool(flag)) | (None, Some(off), Value::Bool(flag)) => off == *flag,
            (Some(off), _, Value::String(text)) => text.trim().parse() != Ok(!off),
            (Some(_), _, Value::Number(_) | Value::Array(_) | Value::Object(_)) => true,
            (_, _, Value::Null) | (None, _, _) => false,
        }
    })
}

/// Switches and texts of tools.
pub(super) fn tools(part: &Part<'_>) -> ToolSettings {
    let mut settings = own(part);
    let mut only: Option<BTreeSet<String>> = None;
    for key in part.names() {
        let written = plain(key);
        if HIDDEN.contains(&written.as_str()) {
            for tool in names(part, key) {
                if tool == "*" {
                    only = Some(BTreeSet::new());
                } else {
                    settings.entry(tool).or_default().enabled = Some(false);
                }
            }
        } else if SHOWN.contains(&written.as_str()) && part.raw(key).is_some_and(|value| !value.is_object()) {
            let listed = names(part, key);
            // One program writes an empty list where all are meant.
            let all = listed.iter().any(|tool| tool == "*") || (listed.is_empty() && written == "availabletools");
            if !all {
                let listed: BTreeSet<String> = listed.into_iter().collect();
                only =
                    Some(only.map_or_else(|| listed.clone(), |known| known.intersection(&listed).cloned().collect()));
            }
        }
    }
    ToolSettings::new(settings, only)
}

/// `"tools": { "name": { "enabled": false } }`.
fn own(part: &Part<'_>) -> IndexMap<String, ToolSetting> {
    let Some(tools) = part.member_object("tools") else {
        return IndexMap::new();
    };
    let setting = |name: &str| {
        let tool = tools.object(name, "write { \"enabled\": false }")?;
        Some((name.to_owned(), ToolSetting { enabled: tool.flag("enabled"), description: tool.filled("description") }))
    };
    tools.names().filter_map(setting).collect()
}

/// Names in a list. A pattern would have to be understood in exactly the other program's way: it is refused.
fn names(part: &Part<'_>, key: &str) -> Vec<String> {
    let listed = part.list(key, "write [\"first\", \"second\"]").unwrap_or_default();
    for name in listed.iter().filter(|name| *name != "*" && name.contains(['*', '?'])) {
        part.wrong(key, Some(name), "is a pattern, and the hub compares whole names", "list the tools by name");
    }
    listed
}
