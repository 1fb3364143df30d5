//! What an endpoint for several servers says about itself: the capabilities that any of them has, and the instructions of
//! each under its name.

use std::sync::Arc;

use serde_json::json;
use serde_json::value::RawValue;

use crate::gateway::json::{Fields, fields, object, raw, string};

/// Bytes of one server's instructions, and of all together. What goes beyond is cut.
const MAX_INSTRUCTIONS: usize = 16 * 1024;
const MAX_IN_ALL: usize = 64 * 1024;
/// How deep capabilities are merged. Below that, the first server's count.
const DEPTH: u32 = 4;

/// A server in scope, and its result of `initialize` if anybody knows it.
pub(crate) struct KnownGreeting {
    pub(crate) server: String,
    pub(crate) greeting: Option<Arc<Fields>>,
}

/// The capabilities of all. As long as a server is unknown it may have any of the usual ones, and a client asks only for
/// what is declared.
pub(crate) fn capabilities(servers: &[KnownGreeting]) -> Fields {
    let mut merged = fields(Some(&raw(&json!({ "tools": {} }))));
    for greeting in servers.iter().filter_map(|server| server.greeting.as_ref()) {
        merge(&mut merged, object(greeting, "capabilities"), DEPTH);
    }
    if servers.iter().any(|server| server.greeting.is_none()) {
        let usual = json!({ "prompts": {}, "resources": { "subscribe": true }, "completions": {}, "logging": {} });
        merge(&mut merged, fields(Some(&raw(&usual))), DEPTH);
    }
    for list in ["tools", "prompts", "resources"] {
        if merged.contains_key(list) {
            let mut capability = object(&merged, list);
            // The hub can notify clients even if the servers cannot.
            capability.insert("listChanged".into(), raw(&true));
            merged.insert(list.into(), raw(&capability));
        }
    }
    merged
}

/// The instructions of all that have any. `None` if none has.
pub(crate) fn instructions(servers: &[KnownGreeting]) -> Option<String> {
    let mut all = String::new();
    for KnownGreeting { server, greeting } in servers {
        let Some(own) = greeting.as_ref().and_then(|greeting| string(greeting, "instructions")) else { continue };
        let own = own.trim();
        if !own.is_empty() && all.len() < MAX_IN_ALL {
            let separator = if all.is_empty() { "" } else { "\n\n" };
            all.extend([separator, "# ", server, "\n\n", start_of(own, MAX_INSTRUCTIONS)]);
        }
    }
    (!all.is_empty()).then(|| start_of(&all, MAX_IN_ALL).to_owned())
}

/// At most so many bytes of a text, cut between characters.
fn start_of(text: &str, bytes: usize) -> &str {
    let mut end = bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// Adds members. Where both have an object, the objects are merged; else `true` wins, then what was there.
fn merge(into: &mut Fields, from: Fields, depth: u32) {
    for (key, value) in from {
        let Some(before) = into.get(&key) else {
            into.insert(key, value);
            continue;
        };
        if is_object(before) && is_object(&value) && depth > 0 {
            let mut merged = fields(Some(before));
            merge(&mut merged, fields(Some(&value)), depth - 1);
            into.insert(key, raw(&merged));
        } else if value.get() == "true" {
            into.insert(key, value);
        }
    }
}

fn is_object(value: &RawValue) -> bool {
    value.get().starts_with('{')
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn known(server: &str, greeting: &Value) -> KnownGreeting {
        KnownGreeting { server: server.to_owned(), greeting: Some(Arc::new(fields(Some(&raw(greeting))))) }
    }

    fn merged(servers: &[KnownGreeting]) -> Value {
        serde_json::to_value(capabilities(servers)).expect("JSON")
    }

    #[test]
    fn capabilities_are_those_that_the_servers_have() {
        let one = known("a", &json!({ "capabilities": { "prompts": {}, "extensions": { "x/a": { "v": 1 } } } }));
        let tasks = json!({ "requests": { "tools": { "call": {} } } });
        let two = known(
            "b",
            &json!({ "capabilities": {
            "resources": { "subscribe": true }, "tasks": tasks, "extensions": { "x/a": { "v": 2 }, "x/b": {} } } }),
        );

        let expected = json!({
            "tools": { "listChanged": true }, "prompts": { "listChanged": true },
            "resources": { "subscribe": true, "listChanged": true }, "tasks": tasks,
            "extensions": { "x/a": { "v": 1 }, "x/b": {} },
        });
        assert_eq!(merged(&[one, two]), expected);
    }

    #[test]
    fn a_server_that_nobody_knows_yet_may_have_all_that_is_usual() {
        let unknown = KnownGreeting { server: "b".to_owned(), greeting: None };

        let all = merged(&[known("a", &json!({ "capabilities": {} })), unknown]);

        let declared: Vec<&str> = all.as_object().expect("object").keys().map(String::as_str).collect();
        assert_eq!(declared, ["tools", "prompts", "resources", "completions", "logging"]);
    }

    #[test]
    fn instructions_stand_under_the_names_of_their_servers_and_are_bounded() {
        let long = "ä".repeat(MAX_INSTRUCTIONS);
        let servers = [
            known("a", &json!({ "instructions": "Be kind." })),
            known("b", &json!({ "instructions": " " })),
            known("c", &json!({ "instructions": long })),
        ];

        let text = instructions(&servers).expect("instructions");

        assert!(text.starts_with("# a\n\nBe kind.\n\n# c\n\nää"), "{}", start_of(&text, 40));
        assert!(text.len() < MAX_INSTRUCTIONS + 100 && instructions(&servers[1..2]).is_none());
    }
}
