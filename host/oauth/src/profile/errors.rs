//! What a provider's errors mean.

/// The step that an error came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// RFC 7591.
    Registration,
    /// The callback.
    Authorization,
    /// The code exchange.
    Exchange,
    /// Refreshing.
    Refresh,
    /// Revoking.
    Revocation,
    /// A request to the MCP server.
    Request,
}

/// What is wrong with a client's set-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConfigFault {
    /// Redirect URI.
    RedirectUri,
    /// Secret.
    Secret,
    /// A scope is not enabled.
    ScopeNotEnabled,
    /// The application is suspended.
    AppSuspended,
    /// A setting.
    Setting,
}

/// What can be done about an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ErrorClass {
    /// The person said no.
    UserDenied,
    /// Log in again.
    ReauthRequired,
    /// Register anew.
    ReregisterClient,
    /// The client's set-up is wrong.
    ClientConfigWrong(ConfigFault),
    /// Without `resource`.
    ResourceRejected,
    /// With another authentication method.
    AuthMethodRejected,
    /// Step up.
    InsufficientScope(Vec<String>),
    /// Someone must approve.
    ApprovalNeeded(Option<String>),
    /// Single sign-on.
    SsoRequired(Option<String>),
    /// Only listed clients.
    ClientNotAllowlisted(Option<String>),
    /// Not this account.
    AccountNotEligible,
    /// After so many seconds.
    RateLimited(Option<u32>),
    /// Later.
    Transient,
    /// Not known.
    Unknown,
    /// A class of a later contract.
    Other(String),
}

/// An error as people see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What can be done.
    pub class: ErrorClass,
    /// A sentence.
    pub message: Option<String>,
    /// A page that helps.
    pub help_url: Option<String>,
    /// What the provider itself wrote about it (`error_description`), masked and cut.
    pub said: Option<String>,
}

/// A row of the error table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorRow {
    /// None: any.
    pub operation: Option<Operation>,
    /// None: any.
    pub status: Option<u16>,
    /// The error's name.
    pub code: Option<String>,
    /// Text in the body.
    pub contains: Option<String>,
    /// What it means.
    pub fault: Fault,
}
