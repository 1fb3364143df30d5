//! Whether a server and its tools are switched on, in all the ways in which people write that.
//!
//! What is switched off in any of them is off: a server or a tool that somebody did not want must not run because of a
//! spelling.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::part::Part;
use super::slips::plain;
use crate::settings::switched::{ToolSetting, ToolSettings};

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
    ("inactive", true),
    ("isinactive", true),
    ("skip", true),
];
/// Further keys that hide one tool, with the value that hides it.
const HIDING: &[(&str, bool)] = &[("visible", false), ("hidden", true), ("hide", true), ("excluded", true)];
/// Keys that may hold something else, too.
const OTHERS: &[(&str, bool)] =
    &[("autostart", false), ("startonlaunch", false), ("startup", false), ("off", true), ("paused", true)];
/// Texts of `state` and `status`.
const OFF: &[&str] = &["disabled", "off", "inactive", "paused", "stopped"];

/// What a list of that is called which is hidden: one of these words, and the kind.
const HIDDEN: &[&str] =
    &["disabled", "exclude", "excluded", "blocked", "denied", "deny", "suppressed", "hidden", "hide", "ignored"];
/// What a list of the only ones is called that are shown.
const SHOWN: &[&str] = &["include", "included", "enabled", "allowed", "allow", "available"];

/// An object of such lists, in its plain spelling.
const FILTER: &str = "toolfilter";
/// What it may hold.
const FILTER_REMEDY: &str = "write { \"exclude\": [\"name\"] } or { \"include\": [\"name\"] }";

/// What has switches of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Tools,
    Prompts,
    Resources,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Tools, Self::Prompts, Self::Resources];

    /// The key of the switches by name.
    pub(super) const fn key(self) -> &'static str {
        match self {
            Self::Tools => "tools",
            Self::Prompts => "prompts",
            Self::Resources => "resources",
        }
    }

    /// Whether the value of its own key is a list of the only ones. What else `prompts` and `resources` hold, other programs
    /// may mean by it.
    fn is_list(self, value: Option<&Value>) -> bool {
        match self {
            Self::Tools => value.is_some_and(|value| !value.is_object()),
            Self::Prompts | Self::Resources => {
                let texts = |items: &Vec<Value>| !items.is_empty() && items.iter().all(Value::is_string);
                value.and_then(Value::as_array).is_some_and(texts)
            }
        }
    }

    /// Whether a name is a pattern. Addresses have question marks.
    pub(super) fn is_pattern(self, name: &str) -> bool {
        name != "*" && (name.contains('*') || (self != Self::Resources && name.contains('?')))
    }

    /// Whether a key in its plain spelling is one of these words, and the kind.
    fn is_listed(self, words: &[&str], key: &str) -> bool {
        key.strip_suffix(self.key()).is_some_and(|word| words.contains(&word))
    }
}

/// Whether a key in its plain spelling is read here.
pub(super) fn understands(key: &str) -> bool {
    let is_switch = |switches: &[(&str, bool)]| switches.iter().any(|(name, _)| *name == key);
    let is_list = |kind: &Kind| kind.key() == key || kind.is_listed(HIDDEN, key) || kind.is_listed(SHOWN, key);
    is_switch(SWITCHES) || is_switch(OTHERS) || key == FILTER || Kind::ALL.iter().any(is_list)
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
        part.findings.warn(part.findings.fault(&part.path(off), None, &rule, "keep one of them"));
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

/// Switches and texts of tools, prompts or resources.
pub(super) fn of(kind: Kind, part: &Part<'_>) -> ToolSettings {
    let mut lists = Lists { kind, settings: own(kind, part), only: None };
    for key in part.names() {
        lists.read(part, key, &plain(key));
    }
    if let Some((key, filter)) = filter(kind, part).and_then(|key| Some((key, part.object(key, FILTER_REMEDY)?))) {
        for word in filter.names() {
            if !lists.read(&filter, word, &format!("{}{}", plain(word), kind.key())) {
                part.wrong(key, Some(word), "is not a list that the hub knows", FILTER_REMEDY);
            }
        }
    }
    ToolSettings::new(lists.settings, lists.only)
}

/// `"toolFilter": { "exclude": ["name"] }`.
fn filter<'p>(kind: Kind, part: &'p Part<'_>) -> Option<&'p str> {
    let mut names = part.names();
    names.find(|key| kind == Kind::Tools && plain(key) == FILTER)
}

/// What the lists of an entry say together.
struct Lists {
    kind: Kind,
    settings: IndexMap<String, ToolSetting>,
    /// The only ones that are shown, where a list says so.
    only: Option<BTreeSet<String>>,
}

impl Lists {
    /// Reads the list under a key whose plain spelling is `written`. Returns false where the key is not a list of
    /// tools.
    fn read(&mut self, part: &Part<'_>, key: &str, written: &str) -> bool {
        let kind = self.kind;
        if kind.is_listed(HIDDEN, written) {
            for name in names(kind, part, key) {
                if name == "*" {
                    self.only = Some(BTreeSet::new());
                } else {
                    self.settings.entry(name).or_default().enabled = Some(false);
                }
            }
            return true;
        }
        let is_shown = kind.is_listed(SHOWN, written) || (written == kind.key() && kind.is_list(part.raw(key)));
        if !is_shown {
            return false;
        }
        let listed = names(kind, part, key);
        // One program writes an empty list where all are meant.
        let all = listed.iter().any(|tool| tool == "*") || (listed.is_empty() && written == "availabletools");
        if !all {
            let listed: BTreeSet<String> = listed.into_iter().collect();
            let only = self.only.take();
            self.only =
                Some(only.map_or_else(|| listed.clone(), |known| known.intersection(&listed).cloned().collect()));
        }
        true
    }
}

/// `"tools": { "name": { "enabled": false } }`, in every spelling of a switch.
fn own(kind: Kind, part: &Part<'_>) -> IndexMap<String, ToolSetting> {
    let Some(tools) = part.member_object(kind.key()) else {
        return IndexMap::new();
    };
    let setting = |name: &str| {
        let tool = tools.object(name, "write { \"enabled\": false }")?;
        let switched = tool.names().filter_map(|key| is_off(&tool, key)).reduce(|one, other| one || other);
        let hidden = tool.names().any(|key| {
            let off = HIDING.iter().find(|(name, _)| *name == plain(key)).map(|(_, off)| *off);
            off.is_some_and(|off| tool.raw(key).and_then(Value::as_bool) == Some(off))
        });
        let enabled = if hidden { Some(false) } else { switched.map(|off| !off) };
        Some((name.to_owned(), ToolSetting { enabled, description: tool.filled("description") }))
    };
    tools.names().filter_map(setting).collect()
}

/// Names in a list. A pattern would have to be understood in exactly the other program's way: it is refused.
fn names(kind: Kind, part: &Part<'_>, key: &str) -> Vec<String> {
    let listed = part.list(key, "write [\"first\", \"second\"]").unwrap_or_default();
    for name in listed.iter().filter(|name| kind.is_pattern(name)) {
        part.wrong(key, Some(name), "is a pattern, and the hub compares whole names", "list the tools by name");
    }
    listed
}
