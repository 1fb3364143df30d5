//! The answer to `server/discover`.

use super::clients::ModernClients;
use super::methods::ModernMethod;
use super::results;
use super::sender::Sender;
use crate::gateway::local_replies::INTERNAL_ERROR;
use crate::gateway::message::{Fields, Id, Message, fields, object, raw};
use crate::gateway::request_meta::SERVER_INFO;
use crate::gateway::revision;

/// What the servers in scope are and can do, as they say it to this client.
pub(super) async fn answer(clients: &ModernClients, sender: &Sender, id: Id) -> Message {
    let hidden = match clients.session(sender).await {
        Ok(hidden) => hidden,
        Err(full) => return Message::error(Some(id), INTERNAL_ERROR, &full.to_string()),
    };
    let greeting = hidden.session.answer_initialize(id.clone()).await;
    Message::result(id, &discovered(&fields(greeting.result_raw())))
}

/// A result of `initialize` in the form of this revision.
fn discovered(greeting: &Fields) -> Fields {
    let mut capabilities = object(greeting, "capabilities");
    // The tasks of 2025-11-25 became an extension with other methods.
    capabilities.shift_remove("tasks");
    let mut result = Fields::new();
    result.insert("supportedVersions".into(), raw(&revision::supported()));
    result.insert("capabilities".into(), raw(&capabilities));
    for key in ["instructions", "ttlMs", "cacheScope"] {
        if let Some(value) = greeting.get(key) {
            result.insert(key.into(), value.clone());
        }
    }
    let mut meta = object(greeting, "_meta");
    if let Some(info) = greeting.get("serverInfo") {
        meta.insert(SERVER_INFO.into(), info.clone());
    }
    result.insert("_meta".into(), raw(&meta));
    results::completed(ModernMethod::Discover, result)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_greeting_becomes_a_discovery() {
        let greeting = json!({
            "protocolVersion": "2025-11-25", "capabilities": { "tools": {}, "tasks": {} },
            "serverInfo": { "name": "s", "version": "1" }, "instructions": "Ask.",
        });

        let result = serde_json::to_value(discovered(&fields(Some(&raw(&greeting))))).expect("JSON");

        assert_eq!(result["supportedVersions"][0], "2026-07-28");
        assert_eq!(result["capabilities"], json!({ "tools": {} }));
        assert_eq!(result["_meta"][SERVER_INFO]["name"], "s");
        assert_eq!(
            (&result["resultType"], &result["ttlMs"], &result["cacheScope"]),
            (&json!("complete"), &json!(0), &json!("private"))
        );
        assert_eq!(result["instructions"], "Ask.");
        assert!(result.get("protocolVersion").is_none());
    }
}
