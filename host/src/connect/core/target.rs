//! What discovery found about the authorization server of one MCP server.

use std::time::SystemTime;

use mcphub_oauth::allowed_hosts::{AllowedHosts, LoginOrigins};
use mcphub_oauth::protected_resource::ProtectedResource;
use mcphub_oauth::server_metadata::ServerMetadata;
use serde_json::Value;
use url::Url;

use crate::connect::core::provider::{HookInput, Provider};
use crate::egress::AddressPolicy;

/// Everything a login at one server needs to know.
#[derive(Clone)]
pub(crate) struct Discovered {
    pub(crate) provider: Provider,
    pub(crate) protected_resource: Option<ProtectedResource>,
    pub(crate) metadata: ServerMetadata,
    /// The resource indicator to send (RFC 8707).
    pub(crate) resource: String,
    /// Scopes that the plugin's hook suggests.
    pub(crate) scopes_hint: Vec<String>,
    /// Where the endpoints come from.
    pub(crate) source: Source,
    pub(crate) policy: AddressPolicy,
    /// When the metadata must be fetched again.
    pub(crate) fresh_until: SystemTime,
}

/// Where the endpoints come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// From published metadata, or from the plugin.
    Published,
    /// From the person's settings for this server.
    Written,
    /// They are not known yet: the plugin needs values that a person must give first.
    Pending,
    /// They are guessed: no metadata is published, so these are the defaults of MCP revision 2025-03-26. They count
    /// only if a client can be registered there, or if the person has one.
    Assumed,
}

impl Discovered {
    /// The hosts that the plugin may reach during this login.
    pub(crate) fn allowed_hosts(&self, server: Option<&Url>) -> AllowedHosts {
        let (named, inputs) = (self.provider.profile().identity.hosts.clone(), self.provider.inputs.clone());
        AllowedHosts { named, inputs, login: self.login_origins(server) }
    }

    /// The origins of the servers that take part in the login itself.
    fn login_origins(&self, server: Option<&Url>) -> LoginOrigins {
        let metadata = &self.metadata;
        let endpoints = [
            metadata.authorization_endpoint.as_ref(),
            Some(&metadata.token_endpoint),
            metadata.refresh_endpoint.as_ref(),
        ];
        let more = [metadata.registration_endpoint.as_ref(), metadata.revocation_endpoint.as_ref()];
        let issuer = metadata.issuer.url();
        let urls = endpoints.into_iter().chain(more).flatten().chain(issuer.as_ref());
        LoginOrigins {
            issuer: urls.filter_map(LoginOrigins::origin).collect(),
            server: server.and_then(LoginOrigins::origin),
        }
    }

    /// The input for hooks from discovery on.
    pub(crate) fn hook_input<'a>(&'a self, redirect_uri: &'a str) -> HookInput<'a> {
        HookInput {
            resource: &self.resource,
            issuer: Some(self.metadata.issuer.as_str()),
            protected_resource: self
                .protected_resource
                .as_ref()
                .map(|found| Value::Object(found.document.clone()).to_string()),
            server_metadata: Some(Value::Object(self.metadata.document.clone()).to_string()),
            redirect_uri,
            ..HookInput::default()
        }
    }
}
