//! What requests of revision 2026-07-28 carry for the server beside their own parameters (Base Protocol, "Request
//! Metadata"; Multi Round-Trip Requests), and the keys of the revision in the `_meta` of its other messages. Servers of older
//! revisions do not get it.

use super::message::{Members, Message, object, raw};

/// The revision of the request.
pub(crate) const VERSION: &str = "io.modelcontextprotocol/protocolVersion";
/// What the client can do, for this request only.
pub(crate) const CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";
/// Which program sends it.
pub(crate) const CLIENT_INFO: &str = "io.modelcontextprotocol/clientInfo";
/// The level from which on the client wants log messages of this request.
pub(crate) const LOG_LEVEL: &str = "io.modelcontextprotocol/logLevel";
/// Which server a result is of.
pub(crate) const SERVER_INFO: &str = "io.modelcontextprotocol/serverInfo";
/// Where a notification on a stream of changes names the request for that stream.
pub(crate) const SUBSCRIPTION_ID: &str = "io.modelcontextprotocol/subscriptionId";
/// The client's answers to what a server asked for.
pub(crate) const INPUT_RESPONSES: &str = "inputResponses";
/// What the server gave the client to bring back.
pub(crate) const REQUEST_STATE: &str = "requestState";

/// The request as a server of an older revision knows it.
pub(crate) fn without(message: Message) -> Message {
    let message = without_meta(message, &[VERSION, CAPABILITIES, CLIENT_INFO, LOG_LEVEL]);
    if [INPUT_RESPONSES, REQUEST_STATE].iter().all(|key| message.param_text(key).is_none()) {
        return message;
    }
    let mut params = message.params();
    params.retain(|key, _| ![INPUT_RESPONSES, REQUEST_STATE].contains(&key.as_str()));
    message.with_params(&params)
}

/// The message without these keys of its `_meta`, and without a `_meta` that has no others.
pub(crate) fn without_meta(message: Message, keys: &[&str]) -> Message {
    let meta = message.param_text("_meta").and_then(Members::of);
    if meta.is_none_or(|meta| keys.iter().all(|key| meta.get(key).is_none())) {
        return message;
    }
    let mut params = message.params();
    let mut meta = object(&params, "_meta");
    meta.retain(|key, _| !keys.contains(&key.as_str()));
    if meta.is_empty() {
        params.shift_remove("_meta");
    } else {
        params.insert("_meta".into(), raw(&meta));
    }
    message.with_params(&params)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn of(params: &Value) -> Value {
        let request = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
        let message = without(Message::parse(request.to_string().as_bytes()).expect("a request"));
        serde_json::from_slice::<Value>(&message.to_line()).expect("JSON")["params"].clone()
    }

    #[test]
    fn an_older_server_gets_what_it_knows() {
        let meta = json!({ VERSION: "2026-07-28", CAPABILITIES: {}, "progressToken": 1, "traceparent": "00-" });

        let params = of(&json!({ "name": "t", "_meta": meta, "inputResponses": {}, "requestState": "s" }));

        assert_eq!(params, json!({ "name": "t", "_meta": { "progressToken": 1, "traceparent": "00-" } }));
        assert_eq!(of(&json!({ "name": "t", "_meta": { VERSION: "2026-07-28" } })), json!({ "name": "t" }));
    }
}
