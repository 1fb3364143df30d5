//! What a plugin's answers may refer to: its hosts, its inputs and, during a login, the login's own servers.

use std::collections::BTreeSet;

use mcphub_oauth::hook::Context;
use mcphub_oauth::profile::{HostPattern, Input, Inputs, Rule};
use serde_json::Value;
use url::{Origin, Url};

/// See the module.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reach {
    /// `identity.hosts`.
    pub(crate) hosts: Vec<HostPattern>,
    /// Keys of inputs that are not secret: declared, or set by rules.
    pub(crate) inputs: BTreeSet<String>,
    /// Keys of secret inputs.
    pub(crate) secrets: BTreeSet<String>,
    /// `on-match` may set inputs of any key.
    pub(crate) any_input: bool,
    /// What a person wrote for the inputs of this login.
    pub(crate) values: Inputs,
    /// Origin of the MCP server. What is for the authorization server alone goes there only if `login` has it, too.
    pub(crate) server: Option<Origin>,
    /// The login's other servers: the issuer and its endpoints.
    pub(crate) login: Vec<Origin>,
}

impl Reach {
    /// The reach that a profile states.
    pub(crate) fn new(hosts: Vec<HostPattern>, inputs: &[Input], rules: &[Rule], any_input: bool) -> Self {
        let of_rule = |rule: &Rule| {
            let captured = rule.conditions.iter().filter_map(|condition| condition.capture.clone());
            rule.inputs.iter().map(|(key, _)| key.clone()).chain(captured).collect::<Vec<_>>()
        };
        let keys =
            |secret: bool| inputs.iter().filter(move |input| input.secret == secret).map(|input| input.key.clone());
        Self {
            hosts,
            inputs: keys(false).chain(rules.iter().flat_map(of_rule)).collect(),
            secrets: keys(true).collect(),
            any_input,
            values: Inputs::default(),
            server: None,
            login: Vec::new(),
        }
    }

    /// The reach during one login: the MCP server, the issuer and its endpoints belong to it.
    pub(crate) fn during(&self, context: &Context) -> Self {
        let documents = [&context.protected_resource, &context.server_metadata];
        let named = documents.into_iter().flatten().flat_map(|document| addresses(document));
        Self {
            values: context.inputs.iter().cloned().collect(),
            server: origin(&context.server_url),
            login: context.issuer.clone().into_iter().chain(named).filter_map(|text| origin(&text)).collect(),
            ..self.clone()
        }
    }

    /// The same, with further addresses that belong to the login.
    pub(crate) fn and<'u>(mut self, addresses: impl IntoIterator<Item = &'u str>) -> Self {
        self.login.extend(addresses.into_iter().filter_map(origin));
        self
    }

    /// The same without the MCP server, unless the issuer is there: for endpoints, which are told what belongs to the issuer.
    pub(crate) fn of_issuer(self) -> Self {
        Self { server: None, ..self }
    }

    /// Whether a request may go there because a host is named.
    pub(crate) fn admits(&self, url: &Url) -> bool {
        self.hosts.iter().any(|pattern| pattern.admits_url(url, &self.values))
    }

    /// Whether a value that the plugin itself gives for an input would open a host that it did not name: `{key}` is for
    /// what a person writes.
    pub(crate) fn opens_itself(&self, key: &str, value: &str) -> bool {
        let none = Inputs::default();
        let named = |host: String| self.hosts.iter().any(|pattern| pattern.admits(&host, &none));
        self.hosts.contains(&HostPattern::Input(key.to_owned())) && !HostPattern::host_of(value).is_some_and(named)
    }

    /// Whether an address belongs to the login as it is, whatever its scheme.
    pub(crate) fn is_of_login(&self, url: &Url) -> bool {
        self.login.iter().chain(&self.server).any(|origin| *origin == url.origin())
    }

    /// Whether a host that begins and ends so, with inputs `keys` between, could be admitted once they are filled.
    pub(crate) fn could_admit(&self, head: &str, tail: &str, keys: &[&str]) -> bool {
        let could = |pattern: &HostPattern| match pattern {
            HostPattern::Exact(name) => name.starts_with(head) && name.ends_with(tail),
            HostPattern::Below(name) => {
                let suffix = format!(".{name}");
                tail.ends_with(&suffix) || suffix.ends_with(tail)
            }
            HostPattern::Input(key) => keys.contains(&key.as_str()),
        };
        self.hosts.iter().any(could)
    }
}

/// Addresses among a document's members: endpoints, the issuer, authorization servers.
fn addresses(document: &str) -> Vec<String> {
    let Ok(Value::Object(members)) = serde_json::from_str(document) else { return Vec::new() };
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let wanted =
        |name: &str| name.ends_with("_endpoint") || matches!(name, "issuer" | "resource" | "authorization_servers");
    let values = members.iter().filter(|(name, _)| wanted(name)).flat_map(|(_, value)| match value {
        Value::Array(items) => items.iter().filter_map(text).collect(),
        other => Vec::from_iter(text(other)),
    });
    values.collect()
}

fn origin(text: &str) -> Option<Origin> {
    let url = Url::parse(text).ok()?;
    matches!(url.scheme(), "https" | "http").then(|| url.origin())
}
