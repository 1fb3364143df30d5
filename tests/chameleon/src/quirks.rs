//! The quirks of one provider, and the addresses that follow from them.

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

/// The value that a person gives for an input.
pub(crate) fn value(key: &str) -> String {
    format!("my-{}", key.to_ascii_lowercase().replace('_', "-"))
}

/// `${connectionConfig.x}` as a slot.
pub(crate) fn slots(text: &str) -> String {
    text.replace("${connectionConfig.", "{input:")
}

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

    fn members(&self, key: &str) -> Vec<(String, String)> {
        let members = self.0.get(key).and_then(Value::as_object).into_iter().flatten();
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        members.map(|(name, value)| (name.clone(), text(value))).collect()
    }

    pub(crate) fn params(&self, key: &str) -> Vec<Param> {
        self.members(key).iter().map(|(name, value)| param(name, &slots(value))).collect()
    }

    pub(crate) fn renames(&self, key: &str) -> Vec<Pair> {
        self.members(key).iter().map(|(name, other)| pair(name, other)).collect()
    }

    /// Headers of requests to the server; those that the provider wants from its customer are inputs.
    pub(crate) fn api_headers(&self) -> Vec<Param> {
        let value = |name: &str, value: String| if value == "templated" { format!("{{input:{name}}}") } else { value };
        self.members("res.extra_headers").into_iter().map(|(name, text)| param(&name, &value(&name, text))).collect()
    }

    /// Everything that a person must give.
    pub(crate) fn inputs(&self) -> Vec<String> {
        let from_answers = [self.list("cb.metadata"), self.list("resp.metadata")].concat();
        let in_urls = ["config.asked_from_person", "tenant.in_authorize_url", "tenant.in_token_url"];
        let in_params = ["tenant.in_authorize_params", "tenant.in_token_params"];
        let mut keys: Vec<String> = in_urls.iter().chain(&in_params).flat_map(|key| self.list(key)).collect();
        let templated = self.members("res.extra_headers").into_iter().filter(|(_, value)| value == "templated");
        keys.extend(templated.map(|(name, _)| name));
        keys.retain(|key| !from_answers.contains(key));
        keys.sort();
        keys.dedup();
        keys
    }

    pub(crate) fn publishes_metadata(&self) -> bool {
        self.text("_mode").as_deref() == Some("MCP_OAUTH2")
    }

    /// The host of the n-th kind: its own, or one in which the tenant stands.
    fn host(&self, kind: usize, tenant: &str) -> String {
        let from_callback = self.list("cb.metadata");
        let keys = self.list(tenant).into_iter().filter(|key| !from_callback.contains(key));
        let labels: Vec<String> = keys.map(|key| format!("{{input:{key}}}")).collect();
        let named = self.list("as.authorize_host_differs_from_token_host").get(kind).cloned();
        match named.filter(|host| !host.contains("VAR") && labels.is_empty()) {
            Some(host) => host,
            None => [labels, vec!["login.provider.example".to_owned()]].concat().join("."),
        }
    }

    pub(crate) fn issuer() -> String {
        "https://login.provider.example".to_owned()
    }

    pub(crate) fn authorize_url(&self) -> String {
        format!("https://{}/authorize", self.host(0, "tenant.in_authorize_url"))
    }

    pub(crate) fn token_url(&self) -> String {
        format!("https://{}/token", self.host(1, "tenant.in_token_url"))
    }

    pub(crate) fn refresh_url(&self) -> Option<String> {
        self.text("as.separate_refresh_endpoint").map(|url| match url.split_once("${connectionConfig.") {
            Some(_) => format!("https://{}/refresh", self.host(1, "tenant.in_refresh_url")),
            None => url,
        })
    }

    pub(crate) fn revocation_url() -> String {
        format!("{}/revoke", Self::issuer())
    }

    pub(crate) fn api(path: &str) -> String {
        format!("https://api.provider.example/{path}")
    }

    pub(crate) fn hosts(&self) -> Vec<String> {
        let mut hosts = vec!["*.provider.example".to_owned()];
        hosts.extend(self.list("as.authorize_host_differs_from_token_host"));
        let refresh = self.text("as.separate_refresh_endpoint").unwrap_or_default();
        hosts.extend(refresh.split('/').nth(2).map(str::to_owned));
        hosts.retain(|host| !host.contains("VAR") && !host.contains('$'));
        hosts
    }
}
