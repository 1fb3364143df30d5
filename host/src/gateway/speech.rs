//! The messages that the hub itself speaks.

use serde_json::json;

use super::error::UpstreamError;
use super::message::{Fields, Id, Message, fields, object, raw, string};
use super::revision;

/// JSON-RPC: no such method.
pub(crate) const METHOD_NOT_FOUND: i64 = -32601;
/// JSON-RPC: wrong parameters.
pub(crate) const INVALID_PARAMS: i64 = -32602;
/// JSON-RPC: no valid request.
pub(crate) const INVALID_REQUEST: i64 = -32600;
/// A server's fault, of the range left to implementations.
pub(crate) const SERVER_ERROR: i64 = -32000;
/// MCP: no such resource.
pub(crate) const RESOURCE_NOT_FOUND: i64 = -32002;

/// What the hub says of itself when no one server stands behind the answer.
pub(crate) fn greeting(id: Id, asked: Option<&str>) -> Message {
    let result = json!({
        "protocolVersion": revision::negotiated(asked),
        "capabilities": {
            "tools": { "listChanged": true },
            "prompts": { "listChanged": true },
            "resources": { "listChanged": true, "subscribe": true },
            "completions": {},
            "logging": {},
        },
        "serverInfo": { "name": "mcphub", "title": "MCPHub", "version": env!("CARGO_PKG_VERSION") },
    });
    Message::result(id, &result)
}

/// A server's own answer to `initialize`, as a client sees it that asked for this revision: the hub may announce changes of
/// every list.
pub(crate) fn passed_greeting(id: Id, greeting: &Fields, asked: Option<&str>) -> Message {
    let mut greeting = greeting.clone();
    let chosen = string(&greeting, "protocolVersion").unwrap_or_default();
    greeting.insert("protocolVersion".into(), raw(&revision::told(&chosen, asked)));
    let mut capabilities = object(&greeting, "capabilities");
    let lists = ["tools", "prompts", "resources"];
    // A server that declares no list may have tools all the same, and clients ask for what is declared only.
    if !lists.iter().any(|list| capabilities.contains_key(*list)) {
        capabilities.insert("tools".into(), raw(&json!({})));
    }
    for list in lists {
        if let Some(capability) = capabilities.get(list) {
            let mut capability = fields(Some(capability));
            capability.insert("listChanged".into(), raw(&true));
            capabilities.insert(list.into(), raw(&capability));
        }
    }
    greeting.insert("capabilities".into(), raw(&capabilities));
    Message::result(id, &greeting)
}

/// The parameters of the hub's own `initialize`.
pub(crate) fn introduction() -> Fields {
    let params = json!({
        "protocolVersion": revision::LATEST,
        "capabilities": {},
        "clientInfo": { "name": "mcphub", "title": "MCPHub", "version": env!("CARGO_PKG_VERSION") },
    });
    fields(Some(&raw(&params)))
}

/// The answer to a request that a server did not answer: a tool's result where a model should read it, an empty list
/// where only a login is missing, else an error. `shown` is the error as people may see it.
pub(crate) fn failure(id: Id, method: &str, (error, shown): (&UpstreamError, &str)) -> Message {
    let is_login = matches!(error, UpstreamError::Blocked(_));
    match method {
        "tools/call" => {
            Message::result(id, &json!({ "content": [{ "type": "text", "text": shown }], "isError": true }))
        }
        "tools/list" if is_login => Message::result(id, &json!({ "tools": [] })),
        "prompts/list" if is_login => Message::result(id, &json!({ "prompts": [] })),
        "resources/list" if is_login => Message::result(id, &json!({ "resources": [] })),
        "resources/templates/list" if is_login => Message::result(id, &json!({ "resourceTemplates": [] })),
        "logging/setLevel" if is_login => Message::result(id, &json!({})),
        _ => Message::error(Some(id), SERVER_ERROR, shown),
    }
}

/// The answer to a request whose own answer there is no room for, because the client does not take those before it.
pub(crate) fn unread(id: Id, method: &str) -> Message {
    let sentence = "too many large answers wait to be read by this client; read them, then ask again";
    match method {
        "tools/call" => {
            Message::result(id, &json!({ "content": [{ "type": "text", "text": sentence }], "isError": true }))
        }
        _ => Message::error(Some(id), SERVER_ERROR, sentence),
    }
}

/// The three notifications after which a client asks for its lists again.
pub(crate) fn list_changes() -> [Message; 3] {
    ["tools", "prompts", "resources"]
        .map(|list| Message::notification(&format!("notifications/{list}/list_changed"), None))
}
