//! Optional members of an entry. One of a wrong type is removed.

use serde_json::{Map, Value};

use crate::gateway::json::{Fields, raw};
use crate::gateway::list_kind::ListKind;

/// Repairs the optional members of an entry, and returns whether it had to.
pub(super) fn repair(kind: ListKind, entry: &mut Fields) -> bool {
    let mut is_changed = false;
    for (key, rule) in rules(kind) {
        let Some(before) = entry.get(*key).and_then(|raw| serde_json::from_str::<Value>(raw.get()).ok()) else {
            continue;
        };
        match rule(&before) {
            Some(after) if after == before => {}
            Some(after) => {
                entry.insert((*key).into(), raw(&after));
                is_changed = true;
            }
            None => is_changed |= entry.shift_remove(*key).is_some(),
        }
    }
    is_changed
}

/// The repaired value of a member, or `None` to remove the member.
pub(super) type MemberRule = fn(&Value) -> Option<Value>;

fn rules(kind: ListKind) -> &'static [(&'static str, MemberRule)] {
    match kind {
        ListKind::Tools => &[
            ("title", text),
            ("description", text),
            ("icons", icons),
            ("annotations", hints),
            ("execution", execution),
            ("_meta", object),
        ],
        ListKind::Prompts => {
            &[("title", text), ("description", text), ("icons", icons), ("arguments", arguments), ("_meta", object)]
        }
        ListKind::Resources | ListKind::Templates => &[
            ("title", text),
            ("description", text),
            ("mimeType", text),
            ("icons", icons),
            ("size", size),
            ("annotations", annotations),
            ("_meta", object),
        ],
    }
}

pub(super) fn text(value: &Value) -> Option<Value> {
    value.is_string().then(|| value.clone())
}

pub(super) fn object(value: &Value) -> Option<Value> {
    value.is_object().then(|| value.clone())
}

fn flag(value: &Value) -> Option<Value> {
    value.is_boolean().then(|| value.clone())
}

fn size(value: &Value) -> Option<Value> {
    value.as_u64().map(|_| value.clone())
}

pub(super) fn icons(value: &Value) -> Option<Value> {
    let has_source = |icon: &&Value| icon.get("src").is_some_and(Value::is_string);
    let icons = value.as_array()?.iter().filter(has_source).filter_map(icon_of);
    Some(icons.collect::<Vec<_>>().into())
}

fn icon_of(icon: &Value) -> Option<Value> {
    let theme = |theme: &Value| matches!(theme.as_str(), Some("light" | "dark")).then(|| theme.clone());
    of_members(icon, &[("mimeType", text), ("sizes", texts), ("theme", theme)])
}

fn texts(value: &Value) -> Option<Value> {
    value.as_array()?.iter().all(Value::is_string).then(|| value.clone())
}

fn hints(value: &Value) -> Option<Value> {
    let rules: &[(&str, MemberRule)] = &[
        ("title", text),
        ("readOnlyHint", flag),
        ("destructiveHint", flag),
        ("idempotentHint", flag),
        ("openWorldHint", flag),
    ];
    of_members(value, rules)
}

fn execution(value: &Value) -> Option<Value> {
    let support = |support: &Value| {
        matches!(support.as_str(), Some("required" | "optional" | "forbidden")).then(|| support.clone())
    };
    of_members(value, &[("taskSupport", support)])
}

fn arguments(value: &Value) -> Option<Value> {
    let named = |argument: &&Value| argument.get("name").is_some_and(Value::is_string);
    let rules: &[(&str, MemberRule)] = &[("title", text), ("description", text), ("required", flag)];
    let arguments = value.as_array()?.iter().filter(named).filter_map(|argument| of_members(argument, rules));
    Some(arguments.collect::<Vec<_>>().into())
}

fn annotations(value: &Value) -> Option<Value> {
    let audience = |audience: &Value| {
        let roles = audience.as_array()?.iter().filter(|role| matches!(role.as_str(), Some("user" | "assistant")));
        Some(roles.cloned().collect::<Vec<_>>().into())
    };
    let priority = |priority: &Value| (0.0..=1.0).contains(&priority.as_f64()?).then(|| priority.clone());
    of_members(value, &[("audience", audience), ("priority", priority), ("lastModified", timestamp)])
}

/// A timestamp of RFC 3339, with `Z` or an offset.
fn timestamp(value: &Value) -> Option<Value> {
    let text = value.as_str()?;
    let is_utc = humantime::parse_rfc3339(text).is_ok();
    let (local, offset) = text.split_at_checked(text.len().checked_sub(6)?)?;
    let part = |range: std::ops::Range<usize>| offset.get(range)?.parse::<u8>().ok();
    let is_offset = offset.starts_with(['+', '-'])
        && offset.get(3..4) == Some(":")
        && part(1..3).is_some_and(|hours| hours < 24)
        && part(4..6).is_some_and(|minutes| minutes < 60);
    let has_offset = is_offset && humantime::parse_rfc3339(&format!("{local}Z")).is_ok();
    (is_utc || has_offset).then(|| value.clone())
}

/// An object whose members are repaired by these rules. Other members stay. `None` if the value is not an object.
pub(super) fn of_members(value: &Value, rules: &[(&str, MemberRule)]) -> Option<Value> {
    let members = value.as_object()?.iter().filter_map(|(key, value)| {
        let rule = rules.iter().find(|(name, _)| name == key).map(|(_, rule)| rule);
        let value = rule.map_or_else(|| Some(value.clone()), |rule| rule(value))?;
        Some((key.clone(), value))
    });
    Some(members.collect::<Map<_, _>>().into())
}
