//! Revision 2026-07-28, which has neither `initialize` nor sessions: every request carries what the server needs to
//! know.
//!
//! The client behind the hub speaks an older revision. The hub therefore declares no client capabilities, so that a
//! server never asks for input in between. Methods that the revision removed are answered here.

use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::json;

use super::headers::PROTOCOL_VERSION;
use crate::gateway::message::{Fields, Id, Message, MessageKind, fields, object, raw, string};
use crate::gateway::revision;

/// The request that asks a server what it is.
pub(crate) const DISCOVER: &str = "server/discover";

/// "Standard Headers": the method and the name in a request, for routing.
const METHOD: HeaderName = HeaderName::from_static("mcp-method");
const NAME: HeaderName = HeaderName::from_static("mcp-name");

/// What every request says about its client.
pub(crate) struct Stateless {
    meta: Fields,
}

impl Stateless {
    /// For a client with these parameters of `initialize`.
    pub(crate) fn of(initialize: &Fields) -> Self {
        let client = object(initialize, "clientInfo");
        let mut meta = Fields::new();
        meta.insert("io.modelcontextprotocol/protocolVersion".into(), raw(&revision::STATELESS));
        meta.insert("io.modelcontextprotocol/clientCapabilities".into(), raw(&json!({})));
        if !client.is_empty() {
            meta.insert("io.modelcontextprotocol/clientInfo".into(), raw(&client));
        }
        Self { meta }
    }

    /// The message with the members that say which client sends it.
    pub(crate) fn complete(&self, message: &Message) -> Message {
        let mut params = message.params();
        let mut meta = object(&params, "_meta");
        meta.extend(self.meta.iter().map(|(key, value)| (key.clone(), value.clone())));
        params.insert("_meta".into(), raw(&meta));
        message.clone().with_params(&params)
    }

    /// The headers of a message.
    pub(crate) fn headers(message: &Message) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(PROTOCOL_VERSION, HeaderValue::from_static(revision::STATELESS));
        let name = match message.method() {
            Some("tools/call" | "prompts/get") => message.param("name"),
            Some("resources/read") => message.param("uri"),
            Some(_) | None => None,
        };
        let texts = [(METHOD, message.method().map(str::to_owned)), (NAME, name)];
        for (header, text) in texts {
            // A name that no header can carry is left out: it is in the body.
            if let Some(value) = text.and_then(|text| HeaderValue::from_str(&text).ok()) {
                headers.insert(header, value);
            }
        }
        headers
    }

    /// The answer to a method that the revision removed. `None` if the server is to be asked.
    pub(crate) fn answered_here(message: &Message) -> Option<Message> {
        let MessageKind::Request { id, method } = message.kind() else { return None };
        matches!(method.as_str(), "ping" | "logging/setLevel").then(|| Message::result(id.clone(), &json!({})))
    }
}

/// The first request to a server.
pub(crate) fn discover(id: Id) -> Message {
    Message::request(id, DISCOVER, &Fields::new())
}

/// The result of `server/discover` as a result of `initialize` for a client of an older revision. `None` if it is not
/// such a result, or lists other revisions only.
pub(crate) fn greeting(discovered: &Fields, initialize: &Fields) -> Option<Fields> {
    let versions: Vec<String> = serde_json::from_str(discovered.get("supportedVersions")?.get()).ok()?;
    if !versions.iter().any(|version| version == revision::STATELESS) {
        return None;
    }
    let meta = object(discovered, "_meta");
    let info = meta.get("io.modelcontextprotocol/serverInfo").or_else(|| discovered.get("serverInfo")).cloned();
    let unnamed = || raw(&json!({ "name": "unnamed", "version": "0" }));
    let asked = string(initialize, "protocolVersion");
    let mut greeting = Fields::new();
    greeting.insert("protocolVersion".into(), raw(&revision::negotiated(asked.as_deref())));
    greeting.insert("capabilities".into(), raw(&capabilities(discovered)));
    greeting.insert("serverInfo".into(), info.unwrap_or_else(unnamed));
    if let Some(instructions) = discovered.get("instructions") {
        greeting.insert("instructions".into(), instructions.clone());
    }
    Some(greeting)
}

/// The server's capabilities without those that only newer clients can use.
fn capabilities(discovered: &Fields) -> Fields {
    let mut capabilities = object(discovered, "capabilities");
    capabilities.shift_remove("logging");
    if let Some(resources) = capabilities.get("resources") {
        let mut resources = fields(Some(resources));
        resources.shift_remove("subscribe");
        capabilities.insert("resources".into(), raw(&resources));
    }
    capabilities
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(value: &serde_json::Value) -> Fields {
        fields(Some(&raw(value)))
    }

    #[test]
    fn every_request_names_its_revision_and_its_client_and_keeps_its_own_meta() {
        let era =
            Stateless::of(&of(&json!({"clientInfo": {"name": "c", "version": "1"}, "capabilities": {"roots": {}}})));
        let call =
            Message::request(Id::of("1"), "tools/call", &of(&json!({"name": "echo", "_meta": {"progressToken": "p"}})));

        let sent: serde_json::Value = serde_json::from_slice(&era.complete(&call).to_line()).expect("JSON");
        let headers = Stateless::headers(&call);

        let meta = &sent["params"]["_meta"];
        assert_eq!(meta["progressToken"], "p");
        assert_eq!(meta["io.modelcontextprotocol/protocolVersion"], revision::STATELESS);
        assert_eq!(meta["io.modelcontextprotocol/clientCapabilities"], json!({}));
        assert_eq!(meta["io.modelcontextprotocol/clientInfo"]["name"], "c");
        assert_eq!(
            (&headers[METHOD], &headers[NAME]),
            (&HeaderValue::from_static("tools/call"), &HeaderValue::from_static("echo"))
        );
    }

    #[test]
    fn a_server_of_other_revisions_only_is_not_recognised() {
        let later = of(&json!({"supportedVersions": ["2099-01-01"], "capabilities": {}}));

        assert!(greeting(&later, &Fields::new()).is_none());
    }

    #[test]
    fn an_older_client_gets_its_own_revision() {
        let found = of(&json!({
            "supportedVersions": [revision::STATELESS],
            "capabilities": {"tools": {}, "resources": {"subscribe": true}, "logging": {}},
            "_meta": {"io.modelcontextprotocol/serverInfo": {"name": "s", "version": "2"}},
        }));

        let greeting = greeting(&found, &of(&json!({"protocolVersion": "2025-06-18"}))).expect("greeting");

        let expected = json!({
            "protocolVersion": "2025-06-18",
            "capabilities": {"tools": {}, "resources": {}},
            "serverInfo": {"name": "s", "version": "2"},
        });
        assert_eq!(serde_json::to_value(greeting).expect("JSON"), expected);
    }
}
