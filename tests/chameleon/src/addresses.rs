//! The addresses that follow from the quirks, and what a person must give for them.

use mcphub_plugin::prelude::*;

use crate::quirks::Quirks;

/// The tenant in an address, where a person gives none and that is allowed.
const SHARED: &str = "shared";

/// The value that a person gives for an input.
fn value(key: &str) -> String {
    format!("my-{}", key.to_ascii_lowercase().replace('_', "-"))
}

fn input_slot(key: &str) -> String {
    format!("{{input:{key}}}")
}

impl Quirks {
    /// The input that is read from the server's address.
    pub(crate) fn in_server(&self) -> Option<String> {
        let mut keys = self.list("tenant.in_resource_url").into_iter();
        keys.find(|key| self.lists("config.asked_from_person", key))
    }

    /// Whether the callback tells it, and nobody is asked for it before.
    fn comes_back(&self, key: &str) -> bool {
        self.lists("cb.metadata", key) && !self.lists("config.asked_from_person", key)
    }

    /// Whether the token endpoint is known after the callback only.
    pub(crate) fn token_url_comes_back(&self) -> bool {
        self.list("tenant.in_token_url").iter().any(|key| self.comes_back(key))
    }

    fn may_be_left_out(&self, key: &str) -> bool {
        let in_url = ["tenant.in_authorize_url", "tenant.in_token_url"].iter().any(|url| self.lists(url, key));
        in_url && self.has("tenant.url_fallback") && self.in_server().as_deref() != Some(key)
    }

    /// Everything that a person must or may give.
    pub(crate) fn inputs(&self) -> Vec<Input> {
        let in_urls = ["config.asked_from_person", "tenant.in_authorize_url", "tenant.in_token_url"];
        let in_params = ["tenant.in_authorize_params", "tenant.in_token_params"];
        let mut keys: Vec<String> = in_urls.iter().chain(&in_params).flat_map(|key| self.list(key)).collect();
        let templated = self.members("res.extra_headers").into_iter().filter(|(_, value)| value == "templated");
        keys.extend(templated.map(|(name, _)| name));
        keys.retain(|key| !self.comes_back(key));
        keys.sort();
        keys.dedup();
        keys.iter().map(|key| self.one_input(key)).collect()
    }

    fn one_input(&self, key: &str) -> Input {
        let default = self.may_be_left_out(key).then(|| SHARED.to_owned());
        let usual = default.clone().unwrap_or_else(|| value(key));
        let choices = if self.lists("config.enum_input", key) {
            vec![pair(&usual, "This one"), pair("another", "Another one")]
        } else {
            Vec::new()
        };
        Input {
            choices,
            required: default.is_none(),
            default,
            secret: self.has("config.secret_input") && self.lists("config.asked_from_person", key),
            ..input(key, key, "As the provider shows it.", "[A-Za-z0-9.-]+")
        }
    }

    /// The host of the n-th kind: one in which these labels stand, or its own.
    fn host(&self, kind: usize, labels: Vec<String>) -> String {
        let named = self.list("as.authorize_host_differs_from_token_host").get(kind).cloned();
        match named.filter(|host| !host.contains("VAR") && labels.is_empty()) {
            Some(host) => host,
            None => [labels, vec!["login.provider.example".to_owned()]].concat().join("."),
        }
    }

    /// The tenant in an address, as far as it is known before the login.
    fn labels(&self, tenant: &str) -> Vec<String> {
        self.list(tenant).iter().filter(|key| !self.comes_back(key)).map(|key| input_slot(key)).collect()
    }

    pub(crate) fn issuer() -> String {
        "https://login.provider.example".to_owned()
    }

    pub(crate) fn authorize_url(&self) -> String {
        format!("https://{}/authorize", self.host(0, self.labels("tenant.in_authorize_url")))
    }

    pub(crate) fn token_url(&self) -> String {
        format!("https://{}/token", self.host(1, self.labels("tenant.in_token_url")))
    }

    /// The same with what the callback told put in.
    pub(crate) fn token_url_after_the_callback(&self) -> String {
        let slot = |key: &String| if self.comes_back(key) { format!("{{captured:{key}}}") } else { input_slot(key) };
        format!("https://{}/token", self.host(1, self.list("tenant.in_token_url").iter().map(slot).collect()))
    }

    pub(crate) fn refresh_url(&self) -> Option<String> {
        self.text("as.separate_refresh_endpoint").map(|url| match url.split_once("${connectionConfig.") {
            Some(_) => format!("https://{}/refresh", self.host(1, self.labels("tenant.in_refresh_url"))),
            None => url,
        })
    }

    pub(crate) fn revocation_url() -> String {
        format!("{}/revoke", Self::issuer())
    }

    pub(crate) fn api(path: &str) -> String {
        format!("https://api.provider.example/{}", path.trim_start_matches('/'))
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
