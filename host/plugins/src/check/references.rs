//! What a plugin's answers may refer to: hosts, inputs and, during a login, the login's own servers.

use std::collections::BTreeSet;

use mcphub_oauth::allowed_hosts::{AllowedHosts, LoginOrigins};
use mcphub_oauth::hook::Context;
use mcphub_oauth::profile::{HostPattern, Input, Rule};
use serde_json::Value;
use url::Url;

/// What may be named in an answer. An answer that refers to anything else is refused.
#[derive(Debug, Clone, Default)]
pub(crate) struct References {
    /// Hosts: those of `identity.hosts`, and during a login those that belong to it.
    pub(crate) hosts: AllowedHosts,
    /// Keys of inputs that are not secret: declared, or set by rules.
    pub(crate) inputs: BTreeSet<String>,
    /// Keys of secret inputs.
    pub(crate) secrets: BTreeSet<String>,
    /// `on-match` may set inputs of any key.
    pub(crate) any_input: bool,
}

impl References {
    /// What the profile itself may refer to.
    pub(crate) fn new(named: Vec<HostPattern>, inputs: &[Input], rules: &[Rule], any_input: bool) -> Self {
        let of_rule = |rule: &Rule| {
            let captured = rule.conditions.iter().filter_map(|condition| condition.capture.clone());
            rule.inputs.iter().map(|(key, _)| key.clone()).chain(captured).collect::<Vec<_>>()
        };
        let keys =
            |secret: bool| inputs.iter().filter(move |input| input.secret == secret).map(|input| input.key.clone());
        Self {
            hosts: AllowedHosts { named, ..AllowedHosts::default() },
            inputs: keys(false).chain(rules.iter().flat_map(of_rule)).collect(),
            secrets: keys(true).collect(),
            any_input,
        }
    }

    /// The same during one login: the MCP server, the issuer and its endpoints belong to it.
    pub(crate) fn during(&self, context: &Context) -> Self {
        let documents = [&context.protected_resource, &context.server_metadata];
        let named = documents.into_iter().flatten().flat_map(|document| addresses(document));
        let hosts = AllowedHosts {
            named: self.hosts.named.clone(),
            inputs: context.inputs.iter().cloned().collect(),
            login: LoginOrigins {
                issuer: context.issuer.clone().into_iter().chain(named).filter_map(|text| origin(&text)).collect(),
                server: origin(&context.server_url),
            },
        };
        Self { hosts, ..self.clone() }
    }

    /// The same, with further addresses that belong to the authorization server.
    pub(crate) fn and<'u>(mut self, addresses: impl IntoIterator<Item = &'u str>) -> Self {
        self.hosts.login.issuer.extend(addresses.into_iter().filter_map(origin));
        self
    }

    /// The same without the MCP server, unless the issuer is there: for endpoints, which get what belongs to the issuer.
    pub(crate) fn of_issuer(mut self) -> Self {
        self.hosts.login.server = None;
        self
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

fn origin(text: &str) -> Option<String> {
    LoginOrigins::origin(&Url::parse(text).ok()?)
}
