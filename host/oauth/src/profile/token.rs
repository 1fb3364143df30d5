//! Requests to the token endpoint and what comes back; refreshing and revoking; requests of the provider's own.

use super::{Capture, Pair, Param, Template};

/// HTTP methods that a profile may use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Method {
    /// GET.
    Get,
    /// POST.
    #[default]
    Post,
    /// PUT.
    Put,
    /// PATCH.
    Patch,
    /// DELETE.
    Delete,
}

impl From<Method> for http::Method {
    fn from(method: Method) -> Self {
        match method {
            Method::Get => Self::GET,
            Method::Post => Self::POST,
            Method::Put => Self::PUT,
            Method::Patch => Self::PATCH,
            Method::Delete => Self::DELETE,
        }
    }
}

/// Where parameters go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Placement {
    /// Form body.
    #[default]
    Form,
    /// Flat JSON object.
    Json,
    /// Query string.
    Query,
}

/// Encoding inside HTTP Basic.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum BasicEncoding {
    /// RFC 6749 §2.3.1.
    #[default]
    UrlEncoded,
    /// As it is.
    Raw,
}

/// Authentication of the provider's own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CustomAuthentication {
    /// Headers.
    pub headers: Vec<Param>,
    /// Parameters.
    pub params: Vec<Param>,
}

/// Client authentication at one endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientAuthentication {
    /// Nothing at all.
    Nothing,
    /// `client_id` in the body.
    None,
    /// `client_secret_post`.
    Post,
    /// `client_secret_basic`.
    Basic(BasicEncoding),
    /// Basic, and the id in the body.
    BasicWithId(BasicEncoding),
    /// Basic, and both in the body.
    BasicAndPost(BasicEncoding),
    /// `private_key_jwt`.
    PrivateKeyJwt,
    /// The provider's own.
    Custom(CustomAuthentication),
}

/// How a request deviates from RFC 6749 §4.1.3 and §6.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestShape {
    /// Method.
    pub method: Method,
    /// Where parameters go.
    pub placement: Placement,
    /// Standard name → the provider's.
    pub renames: Vec<Pair>,
    /// Left out.
    pub omit: Vec<String>,
    /// Further parameters.
    pub extra: Vec<Param>,
    /// Further headers.
    pub headers: Vec<Param>,
    /// None: what registration and metadata say.
    pub authentication: Option<ClientAuthentication>,
}

/// Where `redirect_uri` goes in the exchange.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RedirectUriPlace {
    /// With the other parameters.
    #[default]
    WithTheRest,
    /// In the query string.
    Query,
}

/// The code exchange.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TokenRequest {
    /// Shape.
    pub shape: RequestShape,
    /// Repeat `state`.
    pub echo_state: bool,
    /// Where `redirect_uri` goes.
    pub redirect_uri: RedirectUriPlace,
}

/// How a lifetime is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExpiryKind {
    /// Seconds from now.
    Seconds,
    /// Milliseconds from now.
    Milliseconds,
    /// A point in time, seconds.
    EpochSeconds,
    /// A point in time, milliseconds.
    EpochMilliseconds,
    /// RFC 3339.
    Rfc3339,
    /// `exp` of the token.
    JwtExp,
    /// The default, always.
    Fixed,
    /// Not told.
    Unknown,
}

/// Rule for a lifetime.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expiry {
    /// Kind.
    pub kind: ExpiryKind,
    /// JSON Pointer to the value.
    pub at: Option<String>,
    /// Seconds, when the value is missing.
    pub default_seconds: Option<u32>,
}

impl Default for Expiry {
    fn default() -> Self {
        Self { kind: ExpiryKind::Seconds, at: Some("/expires_in".into()), default_seconds: None }
    }
}

/// Where one token of an answer is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRule {
    /// Slot; "main" is what MCP requests carry.
    pub slot: String,
    /// JSON Pointer.
    pub access_token: String,
    /// JSON Pointer.
    pub refresh_token: Option<String>,
    /// JSON Pointer.
    pub id_token: Option<String>,
    /// Lifetime.
    pub expiry: Expiry,
    /// JSON Pointer to the granted scopes.
    pub scope: Option<String>,
}

impl Default for TokenRule {
    fn default() -> Self {
        Self {
            slot: "main".into(),
            access_token: "/access_token".into(),
            refresh_token: Some("/refresh_token".into()),
            id_token: Some("/id_token".into()),
            expiry: Expiry::default(),
            scope: Some("/scope".into()),
        }
    }
}

/// An error that comes with a success status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisguisedError {
    /// JSON Pointer to look at.
    pub at: String,
    /// Values of success; empty: success is absence.
    pub ok: Vec<String>,
    /// JSON Pointer to the error's name.
    pub code: String,
}

/// Answers of the token endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenResponse {
    /// Success statuses; empty: 200 to 299.
    pub accept: Vec<u16>,
    /// Disguised errors. `/error` with a success status is always read as one.
    pub error: Option<DisguisedError>,
    /// Where tokens are.
    pub tokens: Vec<TokenRule>,
    /// Values kept.
    pub captures: Vec<Capture>,
}

impl Default for TokenResponse {
    fn default() -> Self {
        Self { accept: Vec::new(), error: None, tokens: vec![TokenRule::default()], captures: Vec::new() }
    }
}

/// What is presented for a new token.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Credential {
    /// The refresh token.
    #[default]
    RefreshToken,
    /// The access token.
    AccessToken,
    /// The client alone.
    ClientOnly,
    /// Nothing: log in again.
    None,
}

/// What becomes of a used refresh token.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Rotation {
    /// As single use.
    #[default]
    Unknown,
    /// It stays.
    None,
    /// Replaced.
    SingleUse,
    /// Until the new one is used.
    Grace,
    /// A second use kills the grant.
    FamilyRevoking,
}

/// Refreshing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refresh {
    /// What is presented.
    pub presents: Credential,
    /// Shape of the request.
    pub shape: RequestShape,
    /// Repeat `scope`.
    pub repeat_scope: bool,
    /// What becomes of the old one.
    pub rotation: Rotation,
    /// At most so long before expiry.
    pub margin_seconds: Option<u32>,
    /// Not before this age.
    pub min_age_seconds: Option<u32>,
    /// Unused for so long: dead.
    pub idle_lifetime_seconds: Option<u32>,
    /// Dead after so long.
    pub absolute_lifetime_seconds: Option<u32>,
    /// Never ahead of need.
    pub on_demand_only: bool,
}

/// Which tokens are revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhichToken {
    /// The refresh token (or the access token where there is none).
    RefreshToken,
    /// The access token.
    AccessToken,
    /// Both.
    Both,
}

/// Taking a grant back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Revocation {
    /// RFC 7009.
    Rfc7009 {
        /// Which tokens.
        tokens: WhichToken,
        /// None: as at the token endpoint.
        authentication: Option<ClientAuthentication>,
    },
    /// A request of the provider's own.
    Plan(Plan),
    /// A person does it there.
    Page(Template),
    /// There is none.
    None,
}

impl Default for Revocation {
    fn default() -> Self {
        Self::Rfc7009 { tokens: WhichToken::Both, authentication: None }
    }
}

/// Body of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlanBody {
    /// None.
    None,
    /// A form.
    Form(Vec<Param>),
    /// A flat JSON object.
    Json(Vec<Param>),
    /// Anything.
    Raw {
        /// Media type.
        content_type: String,
        /// Content.
        content: Template,
    },
}

/// A request that the hub makes for a plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Method.
    pub method: Method,
    /// URL.
    pub url: Template,
    /// Query.
    pub query: Vec<Param>,
    /// Headers.
    pub headers: Vec<Param>,
    /// Body.
    pub body: PlanBody,
    /// Tokens in the answer.
    pub tokens: Vec<TokenRule>,
    /// Values kept.
    pub captures: Vec<Capture>,
    /// Success statuses; empty: 200 to 299.
    pub accept: Vec<u16>,
}
