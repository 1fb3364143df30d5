//! Fill-ins for protected resource metadata and authorization server metadata.

use super::Template;

/// Endpoints that a profile may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndpointKind {
    /// `authorization_endpoint`.
    Authorization,
    /// `token_endpoint`.
    Token,
    /// Where refreshing goes, if not to the token endpoint.
    Refresh,
    /// `registration_endpoint`.
    Registration,
    /// `revocation_endpoint`.
    Revocation,
    /// `device_authorization_endpoint`.
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

/// An endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Which.
    pub kind: EndpointKind,
    /// Where.
    pub url: Template,
    /// When.
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
    /// Nothing.
    None,
}

/// Fill-ins.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Metadata {
    /// What is looked up.
    pub discovery: Discovery,
    /// The issuer.
    pub issuer: Option<Template>,
    /// Other spellings that the document may carry.
    pub issuer_aliases: Vec<String>,
    /// Endpoints.
    pub endpoints: Vec<Endpoint>,
    /// JSON Merge Patch on the document; an object without `issuer`.
    pub patch: Option<serde_json::Map<String, serde_json::Value>>,
}
