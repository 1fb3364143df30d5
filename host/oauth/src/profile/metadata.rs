//! Fill-ins for protected resource metadata and authorization server metadata.

use super::Template;

/// Endpoints that a profile may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndpointKind {
    /// The `authorization_endpoint`, where a person logs in.
    Authorization,
    /// The `token_endpoint`, where codes are exchanged.
    Token,
    /// Where refreshing goes, if not to the token endpoint.
    Refresh,
    /// The `registration_endpoint` (RFC 7591).
    Registration,
    /// The `revocation_endpoint` (RFC 7009).
    Revocation,
    /// The `device_authorization_endpoint` (RFC 8628).
    DeviceAuthorization,
}

/// When a profile's endpoint is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndpointMode {
    /// When the metadata names none.
    Fill,
    /// Instead of the metadata's.
    Override,
}

/// An endpoint that the profile knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Which endpoint it is.
    pub kind: EndpointKind,
    /// Its address; filled with inputs and captured values.
    pub url: Template,
    /// Whether it replaces what the metadata names.
    pub mode: EndpointMode,
}

/// What is looked up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Discovery {
    /// RFC 9728, RFC 8414, `OpenID`.
    #[default]
    Standard,
    /// The issuer is in the profile.
    FromIssuer,
    /// Nothing is asked: all endpoints stand in the profile.
    None,
}

/// What is filled into metadata, or used instead of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Metadata {
    /// What is looked up.
    pub discovery: Discovery,
    /// The issuer, where the server names none or is not asked.
    pub issuer: Option<Template>,
    /// Other spellings that the document may carry.
    pub issuer_aliases: Vec<String>,
    /// Endpoints that the profile knows.
    pub endpoints: Vec<Endpoint>,
    /// JSON Merge Patch on the document; an object without `issuer`.
    pub patch: Option<serde_json::Map<String, serde_json::Value>>,
}
