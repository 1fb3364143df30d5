//! What an authority does differently from others, as data.

/// How an authority behaves. What is not said here is as the RFCs say, strictly.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each is one quirk, and they do not depend on each other")]
pub struct Shape {
    /// Path of the issuer behind the origin; where metadata is published, it is at its well-known place.
    pub issuer: &'static str,
    /// Path of the authorization endpoint.
    pub authorize: &'static str,
    /// Path of the token endpoint.
    pub token: &'static str,
    /// Whether it publishes authorization server metadata (RFC 8414).
    pub metadata: bool,
    /// Which clients may register (RFC 7591).
    pub registration: Registration,
    /// How a client must prove who it is.
    pub clients: Clients,
    /// Answers of the token endpoint are forms unless `Accept: application/json` is sent.
    pub form_answers: bool,
    /// Errors of the token endpoint come with status 200.
    pub errors_with_200: bool,
    /// `resource` (RFC 8707) must be sent, right, with every request.
    pub resource: bool,
    /// `resource` is refused wherever it is sent.
    pub refuses_resource: bool,
    /// What stands between scopes in an answer.
    pub scope_separator: &'static str,
    /// The scopes there are.
    pub scopes: &'static [&'static str],
    /// Tokens have an end and come with a refresh token without being told to.
    pub tokens_end: bool,
    /// A refresh ends the access token it replaces.
    pub refresh_kills_access: bool,
    /// `Authorization: bearer` in lower case is refused.
    pub capital_bearer: bool,
    /// How tokens are taken back.
    pub revocation: Revocation,
    /// Where it tells whose account a token is.
    pub account: Account,
}

/// Which clients may register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registration {
    /// None.
    Closed,
    /// Any.
    Open,
}

/// How a client must prove who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clients {
    /// By the method it registered or was set up with.
    AsRegistered,
    /// By `client_id` and `client_secret` in the body, and nothing else.
    SecretInBody,
}

/// How tokens are taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revocation {
    /// RFC 7009 at `/revoke`.
    Rfc7009,
    /// `DELETE /api/v3/applications/{client_id}/token` with Basic and a JSON body.
    DeleteToken,
}

/// Where it tells whose account a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Account {
    /// Nowhere.
    Untold,
    /// `GET /api/v3/user`.
    Rest,
    /// `POST /graphql`.
    GraphQl,
}

impl Shape {
    /// By the RFCs.
    pub const PLAIN: Self = Self {
        issuer: "",
        authorize: "/authorize",
        token: "/token",
        metadata: true,
        registration: Registration::Open,
        clients: Clients::AsRegistered,
        form_answers: false,
        errors_with_200: false,
        resource: true,
        refuses_resource: false,
        scope_separator: " ",
        scopes: &["read", "write"],
        tokens_end: true,
        refresh_kills_access: false,
        capital_bearer: false,
        revocation: Revocation::Rfc7009,
        account: Account::Untold,
    };

    /// As a self-hosted GitHub: no metadata, no registration.
    pub const GITHUB: Self = Self {
        issuer: "/login/oauth",
        authorize: "/login/oauth/authorize",
        token: "/login/oauth/access_token",
        metadata: false,
        registration: Registration::Closed,
        clients: Clients::SecretInBody,
        form_answers: true,
        errors_with_200: true,
        resource: false,
        refuses_resource: false,
        scope_separator: ",",
        scopes: &["repo", "gist", "read:org", "read:user", "user:email", "read:packages", "project", "notifications"],
        tokens_end: false,
        refresh_kills_access: true,
        capital_bearer: false,
        revocation: Revocation::DeleteToken,
        account: Account::Rest,
    };

    /// As Linear's MCP server.
    pub const LINEAR: Self =
        Self { refresh_kills_access: true, capital_bearer: true, account: Account::GraphQl, ..Self::PLAIN };
}
