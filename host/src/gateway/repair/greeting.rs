//! The result of `initialize`, repaired.

use serde_json::{Map, Value, json};

use super::members::{MemberRule, icons, object, of_members, text};
use crate::gateway::json::{Fields, raw};

/// Capabilities whose value is an object (Lifecycle, "Capability Negotiation").
const CAPABILITIES: [&str; 8] =
    ["tools", "prompts", "resources", "logging", "completions", "tasks", "experimental", "extensions"];
/// Members of a capability that are booleans.
const FLAGS: [&str; 2] = ["listChanged", "subscribe"];

/// Repairs a result of `initialize`, and returns whether it had to. A server without a name gets the name `called`.
pub(crate) fn repair(greeting: &mut Fields, called: &str) -> bool {
    let read = |greeting: &Fields, key: &str| -> Option<Value> { serde_json::from_str(greeting.get(key)?.get()).ok() };
    let mut is_changed = false;
    let mut put = |greeting: &mut Fields, key: &str, before: Option<&Value>, after: Option<Value>| {
        if before == after.as_ref() {
            return;
        }
        is_changed = true;
        match after {
            Some(after) => drop(greeting.insert(key.into(), raw(&after))),
            None => drop(greeting.shift_remove(key)),
        }
    };
    for (key, rule) in [("instructions", text as MemberRule), ("_meta", object)] {
        let before = read(greeting, key);
        let after = before.as_ref().and_then(rule);
        put(greeting, key, before.as_ref(), after);
    }
    let before = read(greeting, "serverInfo");
    let after = info(before.as_ref(), called);
    put(greeting, "serverInfo", before.as_ref(), Some(after));
    let before = read(greeting, "capabilities");
    let after = capabilities(before.as_ref());
    put(greeting, "capabilities", before.as_ref(), Some(after));
    is_changed
}

fn info(info: Option<&Value>, called: &str) -> Value {
    let rules: &[(&str, MemberRule)] = &[
        ("name", text),
        ("version", version),
        ("title", text),
        ("description", text),
        ("websiteUrl", text),
        ("icons", icons),
    ];
    let repaired = info.and_then(|info| of_members(info, rules));
    let mut repaired: Map<String, Value> =
        repaired.and_then(|repaired| repaired.as_object().cloned()).unwrap_or_default();
    repaired.entry("name").or_insert_with(|| json!(called));
    repaired.entry("version").or_insert_with(|| json!("unknown"));
    repaired.into()
}

/// Some servers write their version as a number.
fn version(value: &Value) -> Option<Value> {
    match value {
        Value::Number(number) => Some(number.to_string().into()),
        other => text(other),
    }
}

fn capabilities(declared: Option<&Value>) -> Value {
    let declared = declared.and_then(Value::as_object).cloned().unwrap_or_default();
    let repaired = declared.into_iter().filter_map(|(name, value)| {
        if !CAPABILITIES.contains(&name.as_str()) {
            return Some((name, value));
        }
        let repaired = match value {
            Value::Object(members) => members,
            Value::Bool(true) => Map::new(),
            _ => return None,
        };
        let is_valid = |(key, value): &(String, Value)| match name.as_str() {
            "experimental" | "extensions" => value.is_object(),
            _ => !FLAGS.contains(&key.as_str()) || value.is_boolean(),
        };
        let repaired: Map<String, Value> = repaired.into_iter().filter(is_valid).collect();
        Some((name, repaired.into()))
    });
    Value::Object(repaired.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::json::fields;

    fn repaired(greeting: &Value) -> (Value, bool) {
        let mut greeting = fields(Some(&raw(greeting)));
        let is_changed = repair(&mut greeting, "a");
        (serde_json::to_value(greeting).expect("JSON"), is_changed)
    }

    #[test]
    fn a_valid_greeting_stays_as_it_is() {
        let valid = json!({
            "protocolVersion": "2025-06-18",
            "capabilities": { "tools": { "listChanged": true }, "logging": {}, "x-new": [1], "experimental": { "a": {} } },
            "serverInfo": { "name": "s", "version": "1", "x-extra": true, "icons": [{ "src": "https://a.example/i.png" }] },
            "instructions": "Be kind.",
        });

        assert_eq!(repaired(&valid), (valid, false));
    }

    #[test]
    fn members_that_clients_refuse_are_removed_or_replaced() {
        let of = |more: Value| {
            let mut whole = json!({ "capabilities": {}, "serverInfo": { "name": "s", "version": "1" } });
            let (whole_object, more) =
                (whole.as_object_mut().expect("an object"), more.as_object().expect("an object"));
            whole_object.extend(more.clone());
            let (repaired, is_changed) = repaired(&whole);
            assert!(is_changed, "{whole}");
            repaired
        };

        for more in
            [json!({ "instructions": null }), json!({ "_meta": null }), json!({ "instructions": 7, "_meta": [] })]
        {
            assert_eq!(of(more).as_object().map(Map::len), Some(2));
        }
        for (info, named) in [
            (Value::Null, json!({ "name": "a", "version": "unknown" })),
            (json!({}), json!({ "name": "a", "version": "unknown" })),
            (json!({ "name": "s" }), json!({ "name": "s", "version": "unknown" })),
            (
                json!({ "name": "s", "version": 1.5, "title": null, "icons": "x" }),
                json!({ "name": "s", "version": "1.5" }),
            ),
        ] {
            assert_eq!(of(json!({ "serverInfo": info }))["serverInfo"], named);
        }
        for (declared, capabilities) in [
            (Value::Null, json!({})),
            (json!({ "experimental": [], "completions": true }), json!({ "completions": {} })),
            (json!({ "prompts": false, "tools": { "listChanged": "yes" } }), json!({ "tools": {} })),
            (json!({ "experimental": { "a": true, "b": {} } }), json!({ "experimental": { "b": {} } })),
        ] {
            assert_eq!(of(json!({ "capabilities": declared }))["capabilities"], capabilities);
        }
        assert_eq!(
            repaired(&json!({})).0,
            json!({ "capabilities": {}, "serverInfo": { "name": "a", "version": "unknown" } })
        );
    }
}
