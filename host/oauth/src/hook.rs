//! What hooks of a provider plugin are told and what they answer.
//!
//! Nothing here holds a secret: a [`Context`] goes into a plugin, and answers come out as proposals that the flow checks.

use std::time::SystemTime;

use crate::profile::{Expiry, Fault, Guide, Pair, Plan};

/// How the client came to its identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientKind {
    /// A person wrote it into the settings.
    Configured,
    /// Client ID Metadata Document.
    MetadataDocument,
    /// The issuer registered it dynamically (RFC 7591).
    Registered,
}

/// The client without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientView {
    /// The client's `client_id`; empty where it has none.
    pub id: String,
    /// Where it is from.
    pub kind: ClientKind,
    /// The registered name of its `token_endpoint_auth_method`.
    pub authentication_method: String,
    /// Registration answer as JSON without secrets.
    pub registration: Option<String>,
}

/// A held token without the token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldToken {
    /// Name of the slot that it is in.
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
    /// The resource indicator as the hub would send it.
    pub resource: String,
    /// The issuer, once discovery knows it.
    pub issuer: Option<String>,
    /// The protected resource metadata as JSON, once fetched (RFC 9728).
    pub protected_resource: Option<String>,
    /// The authorization server metadata as JSON, once fetched (RFC 8414).
    pub server_metadata: Option<String>,
    /// Inputs that are not secret.
    pub inputs: Vec<Pair>,
    /// Values that later steps need.
    pub captured: Vec<Pair>,
    /// The client, without its secret.
    pub client: Option<ClientView>,
    /// The redirect URI of this login.
    pub redirect_uri: String,
    /// The scopes that this login asks for.
    pub requested_scopes: Vec<String>,
    /// The scopes that were granted, as far as known.
    pub granted_scopes: Vec<String>,
    /// The tokens that the hub holds, without the tokens themselves.
    pub tokens: Vec<HeldToken>,
    /// The hub's time: the only clock that a plugin has.
    pub now: SystemTime,
}

/// The answer of `on-match`: this plugin serves the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookMatch {
    /// The variant of the provider, handed to later hooks.
    pub variant: String,
    /// Inputs that the hook found by itself.
    pub inputs: Vec<Pair>,
    /// Inputs to ask for.
    pub needed: Vec<String>,
}

/// The `401` or `403` as `on-protected-resource` sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChallengeView {
    /// The HTTP status that came back.
    pub status: u16,
    /// The authentication scheme of the challenge, as the server spells it.
    pub scheme: String,
    /// The challenge's `error` (RFC 6750 §3.1).
    pub error: Option<String>,
    /// The scopes that the challenge asks for.
    pub scope: Vec<String>,
    /// The address in the challenge's `resource_metadata` (RFC 9728 §5.1).
    pub resource_metadata: Option<String>,
}

/// The answer of `on-protected-resource`; what is none stays as it was.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PatchedResource {
    /// The document to use instead of the one that was found.
    pub document: Option<String>,
    /// Authorization server to use.
    pub authorization_server: Option<String>,
    /// The resource indicator as the hub would send it.
    pub resource: Option<String>,
    /// Scopes to ask for where nobody says which.
    pub scopes: Vec<String>,
}

/// The answer of `on-server-metadata`: the document that counts from now on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatchedMetadata {
    /// The document to use instead of the one that was found.
    pub document: String,
    /// Spellings of the issuer to accept.
    pub issuers: Vec<String>,
}

/// What the hub is able to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Abilities {
    /// Client ID Metadata Document.
    pub metadata_document: Option<String>,
    /// The redirect URIs that the hub can serve.
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
    /// No client can be had, for this reason.
    Refuse(Fault),
}

/// What becomes of a registration answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerVerdict {
    /// The client is taken as the answer describes it.
    Accept,
    /// Taken without the secret.
    AcceptAsPublic,
    /// The answer is dropped, and the next attempt is made.
    NextAttempt,
}

/// The answer of `on-authorize`: where the person is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Redirection {
    /// There, with these parameters.
    Request {
        /// The address to go to instead of the endpoint.
        url: String,
        /// The parameters; those that belong to the hub are put back in.
        params: Vec<Pair>,
    },
    /// An installation link; the hub adds `state` and the PKCE challenge.
    InstallLink(String),
    /// The person is sent nowhere and reads this text.
    Instructions(String),
}

/// The answer of `on-callback`: where in the callback the code is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadCallback {
    /// Name of the code's parameter.
    pub code: String,
    /// Values that later steps need.
    pub captured: Vec<Pair>,
}

/// What scopes are wanted for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Need {
    /// A first login, which needs nothing in particular.
    Default,
    /// The scopes that a challenge named.
    Challenge(Vec<String>),
}

/// The answer of `on-granted`: how the provider reports scopes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GrantedScopes {
    /// Exactly these were granted.
    Listed(Vec<String>),
    /// The requested ones were granted.
    AsRequested,
    /// The provider does not say what it granted.
    NotReported,
    /// Not expressed as scopes.
    NotScopes,
}

/// The steps of a login that `flow` may take over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FlowOperation {
    /// Instead of the exchange.
    Exchange,
    /// Instead of the refresh.
    Refresh,
    /// Instead of the revocation.
    Revoke,
    /// After an exchange: whose account it is.
    Lookup,
}

/// Answer to a plan, masked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaskedAnswer {
    /// The HTTP status that came back.
    pub status: u16,
    /// The answer's headers, masked.
    pub headers: Vec<Pair>,
    /// The answer's body, masked and cut.
    pub body: String,
    /// JWT claims by slot, as JSON.
    pub claims: Vec<Pair>,
}

/// What a person must decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Key of the answer among the captured values.
    pub key: String,
    /// The question, as the person reads it.
    pub title: String,
    /// The values to choose from, each with its label.
    pub options: Vec<Pair>,
}

/// End of a flow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Slot for MCP requests.
    pub primary: Option<String>,
    /// How long the token lives, if the flow knows better than the answer.
    pub expiry: Option<Expiry>,
    /// The granted scopes as one text, if the flow knows them.
    pub granted_scope: Option<String>,
    /// The provider's id of the account.
    pub account_id: Option<String>,
    /// How a person knows it.
    pub account_label: Option<String>,
    /// Values that later steps need.
    pub captured: Vec<Pair>,
}

/// What `flow` wants next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// The hub makes this request and calls again with the answer.
    Send(Box<Plan>),
    /// The operation is finished.
    Done(Box<Outcome>),
    /// The person decides, and the hub calls again.
    Choose(Question),
    /// The operation ends with this error.
    Fail(Fault),
}

/// A step of `flow`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What the hub is to do next.
    pub action: Action,
    /// Handed back at the next call.
    pub state: String,
}

/// The answer of `on-setup`, the recommended guide first.
pub type Guides = Vec<Guide>;
