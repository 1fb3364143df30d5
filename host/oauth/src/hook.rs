//! What hooks of a provider plugin are told and what they answer.
//!
//! Nothing here holds a secret: a [`Context`] goes into a plugin, and answers come out as proposals that the flow checks.

use std::time::SystemTime;

use crate::profile::{Expiry, Fault, Guide, Pair, Plan};

/// How the client came to its identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientKind {
    /// From the settings.
    Configured,
    /// Client ID Metadata Document.
    MetadataDocument,
    /// RFC 7591.
    Registered,
}

/// The client without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientView {
    /// `client_id`.
    pub id: String,
    /// Where it is from.
    pub kind: ClientKind,
    /// `token_endpoint_auth_method`.
    pub authentication_method: String,
    /// Registration answer as JSON without secrets.
    pub registration: Option<String>,
}

/// A held token without the token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldToken {
    /// Slot.
    pub slot: String,
    /// Expiry, seconds since 1970.
    pub expires_at: Option<u64>,
    /// Whether it can be refreshed.
    pub refreshable: bool,
}

/// What every hook sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// Variant of the matching rule.
    pub variant: String,
    /// URL of the MCP server.
    pub server_url: String,
    /// Resource indicator.
    pub resource: String,
    /// Issuer, once known.
    pub issuer: Option<String>,
    /// RFC 9728 document.
    pub protected_resource: Option<String>,
    /// RFC 8414 document.
    pub server_metadata: Option<String>,
    /// Inputs that are not secret.
    pub inputs: Vec<Pair>,
    /// Captured values.
    pub captured: Vec<Pair>,
    /// The client.
    pub client: Option<ClientView>,
    /// Redirect URI.
    pub redirect_uri: String,
    /// Requested scopes.
    pub requested_scopes: Vec<String>,
    /// Granted scopes.
    pub granted_scopes: Vec<String>,
    /// Held tokens.
    pub tokens: Vec<HeldToken>,
    /// The hub's time.
    pub now: SystemTime,
}

/// Answer of `on-match`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookMatch {
    /// Variant.
    pub variant: String,
    /// Inputs found.
    pub inputs: Vec<Pair>,
    /// Inputs to ask for.
    pub needed: Vec<String>,
}

/// The `401` or `403` as `on-protected-resource` sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChallengeView {
    /// Status.
    pub status: u16,
    /// Scheme.
    pub scheme: String,
    /// `error`.
    pub error: Option<String>,
    /// `scope`.
    pub scope: Vec<String>,
    /// `resource_metadata`.
    pub resource_metadata: Option<String>,
}

/// Answer of `on-protected-resource`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MendedResource {
    /// Document to use.
    pub document: Option<String>,
    /// Authorization server to use.
    pub authorization_server: Option<String>,
    /// Resource indicator.
    pub resource: Option<String>,
    /// Scopes hint.
    pub scopes: Vec<String>,
}

/// Answer of `on-server-metadata`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MendedMetadata {
    /// Document to use.
    pub document: String,
    /// Spellings of the issuer to accept.
    pub issuers: Vec<String>,
}

/// What the hub is able to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Abilities {
    /// Client ID Metadata Document.
    pub metadata_document: Option<String>,
    /// Redirect URIs.
    pub redirect_uris: Vec<String>,
}

/// One way to an identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attempt {
    /// Client ID Metadata Document.
    MetadataDocument,
    /// RFC 7591 with this body.
    Dynamic(String),
    /// The guide of this id.
    Setup(String),
    /// None, and why.
    Refuse(Fault),
}

/// What becomes of a registration answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerVerdict {
    /// Taken.
    Accept,
    /// Taken without the secret.
    AcceptAsPublic,
    /// Next attempt.
    NextAttempt,
}

/// Answer of `on-authorize`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Redirection {
    /// There, with these parameters.
    Request {
        /// URL.
        url: String,
        /// Parameters.
        params: Vec<Pair>,
    },
    /// Installation link.
    InstallLink(String),
    /// No redirect.
    Instructions(String),
}

/// Answer of `on-callback`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadCallback {
    /// Name of the code's parameter.
    pub code: String,
    /// Values kept.
    pub captured: Vec<Pair>,
}

/// What scopes are wanted for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Need {
    /// A first login.
    Default,
    /// A challenge.
    Challenge(Vec<String>),
}

/// Answer of `on-granted`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GrantedScopes {
    /// These.
    Listed(Vec<String>),
    /// The requested ones.
    AsRequested,
    /// Not known.
    NotReported,
    /// Not expressed as scopes.
    NotScopes,
}

/// Operations of `flow`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FlowOperation {
    /// Instead of the exchange.
    Exchange,
    /// Instead of the refresh.
    Refresh,
    /// Instead of the revocation.
    Revoke,
    /// After an exchange.
    Lookup,
}

/// Answer to a plan, masked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaskedAnswer {
    /// Status.
    pub status: u16,
    /// Headers.
    pub headers: Vec<Pair>,
    /// Body.
    pub body: String,
    /// JWT claims by slot, as JSON.
    pub claims: Vec<Pair>,
}

/// What a person must decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Key of the answer among the captured values.
    pub key: String,
    /// Title.
    pub title: String,
    /// Values and labels.
    pub options: Vec<Pair>,
}

/// End of a flow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Slot for MCP requests.
    pub primary: Option<String>,
    /// Lifetime.
    pub expiry: Option<Expiry>,
    /// Granted scopes.
    pub granted_scope: Option<String>,
    /// Account.
    pub account_id: Option<String>,
    /// How a person knows it.
    pub account_label: Option<String>,
    /// Values kept.
    pub captured: Vec<Pair>,
}

/// What `flow` wants next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// This request.
    Send(Box<Plan>),
    /// Nothing: done.
    Done(Box<Outcome>),
    /// A decision.
    Choose(Question),
    /// An end.
    Fail(Fault),
}

/// A step of `flow`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What is wanted.
    pub action: Action,
    /// Handed back at the next call.
    pub state: String,
}

/// Guides of `on-setup`.
pub type Guides = Vec<Guide>;
