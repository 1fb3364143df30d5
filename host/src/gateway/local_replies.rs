//! Messages that the hub writes itself, because no server stands behind them or the server did not answer.

use serde_json::json;

use super::error::UpstreamError;
use super::message::{Fields, Id, Message, fields, object, raw, string};
use super::revision;

pub(crate) use super::error_codes::{
    INTERNAL_ERROR, INVALID_PARAMS, INVALID_REQUEST, METHOD_NOT_FOUND, RESOURCE_NOT_FOUND, SERVER_ERROR,
};

/// The answer to `initialize` where no single server stands behind it.
pub(crate) fn initialize(id: Id, asked: Option<&str>, capabilities: &Fields, instructions: Option<&str>) -> Message {
    let info = json!({ "name": "mcphub", "title": "MCPHub", "version": env!("CARGO_PKG_VERSION") });
    let mut result = Fields::new();
    result.insert("protocolVersion".into(), raw(&revision::negotiated(asked)));
    result.insert("capabilities".into(), raw(capabilities));
    result.insert("serverInfo".into(), raw(&info));
    if let Some(instructions) = instructions {
        result.insert("instructions".into(), raw(&instructions));
    }
    Message::result(id, &result)
}

/// A server's own answer to `initialize`, for a client that asked for this revision.
pub(crate) fn initialize_of(id: Id, greeting: &Fields, asked: Option<&str>) -> Message {
    let mut greeting = greeting.clone();
    let chosen = string(&greeting, "protocolVersion").unwrap_or_default();
    greeting.insert("protocolVersion".into(), raw(&revision::for_client(&chosen, asked)));
    greeting.insert("capabilities".into(), raw(&capabilities_of(&greeting)));
    Message::result(id, &greeting)
}

/// The capabilities of a server as its clients see them. Every list that the server has may change: the hub can notify
/// clients even if the server cannot.
pub(crate) fn capabilities_of(greeting: &Fields) -> Fields {
    let mut capabilities = object(greeting, "capabilities");
    let lists = ["tools", "prompts", "resources"];
    // A server that declares no list may have tools all the same, and clients ask only for what is declared.
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
    capabilities
}

/// The parameters of `initialize` in the hub's own session.
pub(crate) fn initialize_params() -> Fields {
    let params = json!({
        "protocolVersion": revision::LATEST,
        "capabilities": {},
        "clientInfo": { "name": "mcphub", "title": "MCPHub", "version": env!("CARGO_PKG_VERSION") },
    });
    fields(Some(&raw(&params)))
}

/// The answer to a request that a server did not answer: a tool's result where a model should read it, an empty list where
/// only a login is missing, else an error. `shown` is the error's sentence without secrets.
pub(crate) fn failure(id: Id, method: &str, error: &UpstreamError, shown: &str) -> Message {
    let is_login = matches!(error, UpstreamError::Blocked(_));
    match method {
        "tools/call" => tool_failure(id, shown),
        "tools/list" if is_login => Message::result(id, &json!({ "tools": [] })),
        "prompts/list" if is_login => Message::result(id, &json!({ "prompts": [] })),
        "resources/list" if is_login => Message::result(id, &json!({ "resources": [] })),
        "resources/templates/list" if is_login => Message::result(id, &json!({ "resourceTemplates": [] })),
        "logging/setLevel" if is_login => Message::result(id, &json!({})),
        _ => Message::error(Some(id), SERVER_ERROR, shown),
    }
}

/// The answer about a task that is not the asker's. It says the same whether or not another one has it.
pub(crate) fn no_task(id: Id, task: &str) -> Message {
    Message::error(Some(id), INVALID_PARAMS, &format!("there is no task {task:?}"))
}

/// The answer to a request that its client gave up before any of the answer was sent. Clients ignore it ("Cancellation").
pub(crate) fn cancelled(id: Id) -> Message {
    Message::error(Some(id), SERVER_ERROR, "the request was cancelled")
}

/// The answer to a request whose own answer is dropped, because the client leaves too many answers unread.
pub(crate) fn no_room(id: Id, method: &str) -> Message {
    let sentence = "too many large answers wait to be read by this client; read them, then ask again";
    match method {
        "tools/call" => tool_failure(id, sentence),
        _ => Message::error(Some(id), SERVER_ERROR, sentence),
    }
}

/// A result, not an error: clients show it to the model.
fn tool_failure(id: Id, sentence: &str) -> Message {
    Message::result(id, &json!({ "content": [{ "type": "text", "text": sentence }], "isError": true }))
}

/// Marks a notification that no server sent: lists may have changed while nobody listened.
const ASSUMED: &str = "mcphub/assumed";

/// The three notifications after which lists are read again, where nobody knows whether they changed.
pub(crate) fn assumed_list_changes() -> [Message; 3] {
    let params = json!({ "_meta": { ASSUMED: true } });
    ["tools", "prompts", "resources"]
        .map(|list| Message::notification(&format!("notifications/{list}/list_changed"), Some(&params)))
}

/// Whether this is one of [`assumed_list_changes`].
pub(crate) fn is_assumed(message: &Message) -> bool {
    object(&message.params(), "_meta").contains_key(ASSUMED)
}
