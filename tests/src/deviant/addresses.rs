//! The addresses that follow from the quirks.

use super::quirks::Quirks;
use super::terms::{SERVER, given};

/// The tenant in an address, where a person gives none and that is allowed.
const SHARED: &str = "shared";

impl Quirks {
    /// The MCP server. What a person is asked for may stand in its address already.
    pub(super) fn server(&self) -> String {
        match self.in_server() {
            Some(key) => SERVER.replacen("://", &format!("://{}.", given(&key)), 1),
            None => SERVER.to_owned(),
        }
    }

    fn in_server(&self) -> Option<String> {
        let mut keys = self.list("tenant.in_resource_url").into_iter();
        keys.find(|key| self.lists("config.asked_from_person", key))
    }

    /// What stands for a key of the tenant: what the callback told, unless it was asked for before, else what a person
    /// gave, else what stands there for those who give nothing.
    fn tenant(&self, key: &str) -> String {
        if self.lists("cb.metadata", key) && !self.lists("config.asked_from_person", key) {
            self.told(key)
        } else if self.has("tenant.url_fallback") && self.in_server().as_deref() != Some(key) {
            SHARED.to_owned()
        } else {
            given(key)
        }
    }

    fn host(&self, kind: usize, tenant: &str) -> String {
        let labels: Vec<String> = self.list(tenant).iter().map(|key| self.tenant(key)).collect();
        let named = self.list("as.authorize_host_differs_from_token_host").get(kind).cloned();
        match named.filter(|host| labels.is_empty() && !host.contains("VAR")) {
            Some(host) => host,
            None => [labels, vec!["login.provider.example".to_owned()]].concat().join("."),
        }
    }

    pub(super) fn authorize_url(&self) -> String {
        format!("https://{}/authorize", self.host(0, "tenant.in_authorize_url"))
    }

    pub(super) fn token_url(&self) -> String {
        format!("https://{}/token", self.host(1, "tenant.in_token_url"))
    }

    pub(super) fn refresh_url(&self) -> String {
        match self.text("as.separate_refresh_endpoint") {
            Some(url) if url.contains('$') => format!("https://{}/refresh", self.host(1, "tenant.in_refresh_url")),
            Some(url) => url.to_owned(),
            None => self.token_url(),
        }
    }
}

/// An address of the authority itself.
pub(super) fn own(path: &str) -> String {
    format!("https://login.provider.example{path}")
}

/// An address of the provider's API.
pub(super) fn api(path: &str) -> String {
    format!("https://api.provider.example/{}", path.trim_start_matches('/'))
}
