//! What every request says about the client that it is sent for (revision 2026-07-28, Basic, "Request Metadata").

use std::sync::Mutex;

use serde_json::json;

use crate::gateway::lock::lock;
use crate::gateway::log_level::LogLevel;
use crate::gateway::message::{Fields, Message, object, raw};
use crate::gateway::request_meta::{CAPABILITIES, CLIENT_INFO as INFO, LOG_LEVEL, VERSION as REVISION};
use crate::gateway::revision;
use crate::gateway::upstream::notification::LISTEN;

/// Capabilities that the revision has. Tasks became an extension, which a client declares by another name.
const KNOWN: [&str; 5] = ["experimental", "roots", "sampling", "elicitation", "extensions"];

/// The `_meta` of one client, and the level of its log.
pub(crate) struct ClientMeta {
    meta: Fields,
    level: Mutex<Option<LogLevel>>,
}

impl ClientMeta {
    /// For a client with these parameters of `initialize`.
    pub(crate) fn of(initialize: &Fields) -> Self {
        let client = object(initialize, "clientInfo");
        let mut meta = Fields::new();
        meta.insert(CAPABILITIES.into(), raw(&capabilities(&object(initialize, "capabilities"))));
        if !client.is_empty() {
            meta.insert(INFO.into(), raw(&client));
        }
        Self { meta, level: Mutex::default() }
    }

    /// What the client declared, in the words of this revision.
    pub(super) fn capabilities(&self) -> Fields {
        object(&self.meta, CAPABILITIES)
    }

    /// Uses this log level from now on. False if there is no such level.
    pub(super) fn set_level(&self, level: &str) -> bool {
        let level = LogLevel::named(level);
        if level.is_some() {
            *lock(&self.level) = level;
        }
        level.is_some()
    }

    /// The message with the members that say which client sends it. What it says by itself stays, except the revision:
    /// that is the one of this connection.
    pub(super) fn complete(&self, message: &Message) -> Message {
        let mut params = message.params();
        let mut meta = object(&params, "_meta");
        meta.insert(REVISION.into(), raw(&revision::STATELESS));
        for (key, value) in &self.meta {
            meta.entry(key.clone()).or_insert_with(|| value.clone());
        }
        // A stream of changes has no log.
        if message.method() != Some(LISTEN)
            && let Some(level) = *lock(&self.level)
        {
            meta.entry(LOG_LEVEL.into()).or_insert_with(|| raw(&level.name()));
        }
        params.insert("_meta".into(), raw(&meta));
        message.clone().with_params(&params)
    }
}

/// A client's capabilities in the words of this revision.
fn capabilities(declared: &Fields) -> Fields {
    let known = declared.iter().filter(|(name, value)| KNOWN.contains(&name.as_str()) && value.get().starts_with('{'));
    let translated = known.map(|(name, value)| {
        // Whether the client tells of changes of its roots has no meaning without a session.
        let value = if name == "roots" { raw(&json!({})) } else { value.clone() };
        (name.clone(), value)
    });
    translated.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::gateway::message::{Id, fields};

    fn of(value: &Value) -> Fields {
        fields(Some(&raw(value)))
    }

    fn sent(client: &ClientMeta, params: &Value) -> Value {
        let message = client.complete(&Message::request(Id::of("1"), "tools/call", &of(params)));
        let sent: Value = serde_json::from_slice(&message.to_line()).expect("JSON");
        sent["params"]["_meta"].clone()
    }

    #[test]
    fn every_request_names_its_revision_and_what_its_client_declared() {
        let client = ClientMeta::of(&of(&json!({
            "clientInfo": { "name": "c", "version": "1" },
            "capabilities": {
                "roots": { "listChanged": true }, "sampling": { "tools": {} }, "elicitation": { "url": {} },
                "tasks": { "list": {} },
            },
        })));

        let meta = sent(&client, &json!({ "name": "echo", "_meta": { "progressToken": "p" } }));

        let capabilities = json!({ "roots": {}, "sampling": { "tools": {} }, "elicitation": { "url": {} } });
        let expected = json!({
            "progressToken": "p", REVISION: revision::STATELESS, CAPABILITIES: capabilities,
            INFO: { "name": "c", "version": "1" },
        });
        assert_eq!(meta, expected);
    }

    #[test]
    fn what_a_request_says_by_itself_stays_except_the_revision() {
        let client = ClientMeta::of(&of(&json!({ "clientInfo": { "name": "c" }, "capabilities": { "sampling": {} } })));
        client.set_level("error");
        let own = json!({ REVISION: "2099-01-01", CAPABILITIES: {}, INFO: { "name": "own" }, LOG_LEVEL: "debug" });

        let meta = sent(&client, &json!({ "_meta": own }));

        assert_eq!(
            meta,
            json!({ REVISION: revision::STATELESS, CAPABILITIES: {}, INFO: { "name": "own" }, LOG_LEVEL: "debug" })
        );
    }

    #[test]
    fn the_log_level_is_said_with_every_later_request() {
        let client = ClientMeta::of(&Fields::new());

        assert!(client.set_level("warning") && !client.set_level("loud"));

        assert_eq!(sent(&client, &json!({}))[LOG_LEVEL], "warning");
    }
}
