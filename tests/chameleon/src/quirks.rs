//! The quirks of one provider, as they stand in this file.

use mcphub_plugin::prelude::*;
use serde_json::{Map, Value};

/// The mark and the room behind it, which the quirks are written over.
#[used]
static ROOM: Room = Room { mark: *b"{\"mark\":\"mcphub-chameleon\"}", rest: [b' '; 4096 - 27] };

/// 4096 bytes, the mark first.
#[repr(C)]
struct Room {
    mark: [u8; 27],
    rest: [u8; 4096 - 27],
}

pub(crate) struct Quirks(Map<String, Value>);

impl Quirks {
    pub(crate) fn read() -> Self {
        let room = std::hint::black_box(&ROOM);
        let bytes = [room.mark.as_slice(), &room.rest].concat();
        let document: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        Self(document.as_object().cloned().unwrap_or_default())
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    pub(crate) fn text(&self, key: &str) -> Option<String> {
        self.0.get(key)?.as_str().map(str::to_owned)
    }

    pub(crate) fn number(&self, key: &str) -> Option<u32> {
        self.0.get(key)?.as_u64().and_then(|number| u32::try_from(number).ok())
    }

    pub(crate) fn object(&self, key: &str) -> Option<Value> {
        self.0.get(key).filter(|value| value.is_object()).cloned()
    }

    pub(crate) fn list(&self, key: &str) -> Vec<String> {
        let items = self.0.get(key).and_then(Value::as_array).into_iter().flatten();
        items.filter_map(Value::as_str).map(str::to_owned).collect()
    }

    pub(crate) fn lists(&self, key: &str, item: &str) -> bool {
        self.list(key).iter().any(|other| other == item)
    }

    pub(crate) fn members(&self, key: &str) -> Vec<(String, String)> {
        let members = self.0.get(key).and_then(Value::as_object).into_iter().flatten();
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        members.map(|(name, value)| (name.clone(), text(value))).collect()
    }

    /// Parameters that go through the browser or to the server.
    pub(crate) fn params(&self, key: &str) -> Vec<Param> {
        self.members(key).iter().map(|(name, value)| param(name, &slots(value))).collect()
    }

    /// Parameters of requests to the token endpoint, where what a person gave may be a secret.
    pub(crate) fn token_params(&self, key: &str) -> Vec<Param> {
        let kind = if self.has("config.secret_input") { "{extra-secret:" } else { "{input:" };
        let value = |text: &str| text.replace("${connectionConfig.", kind);
        self.members(key).iter().map(|(name, text)| param(name, &value(text))).collect()
    }

    pub(crate) fn renames(&self, key: &str) -> Vec<Pair> {
        self.members(key).iter().map(|(name, other)| pair(name, other)).collect()
    }

    /// Headers of requests to the server; those that the provider wants from its customer are inputs.
    pub(crate) fn api_headers(&self) -> Vec<Param> {
        let value = |name: &str, value: String| if value == "templated" { format!("{{input:{name}}}") } else { value };
        self.members("res.extra_headers").into_iter().map(|(name, text)| param(&name, &value(&name, text))).collect()
    }

    pub(crate) fn publishes_metadata(&self) -> bool {
        self.text("_mode").as_deref() == Some("MCP_OAUTH2")
    }

    /// Whether a scope says which API it is for, so that no resource indicator may stand beside it: `.default` of one,
    /// or its address with one name behind it.
    pub(crate) fn scopes_name_the_api(&self) -> bool {
        let names_it = |scope: &String| {
            let behind = scope.strip_prefix("https://").map(|rest| rest.split('/').count());
            scope == ".default" || scope.ends_with("/.default") || behind == Some(2)
        };
        self.list("scope.required").iter().any(names_it)
    }
}

/// `${connectionConfig.x}` as a slot.
pub(crate) fn slots(text: &str) -> String {
    text.replace("${connectionConfig.", "{input:")
}
