//! What a provider's errors mean.

/// The step that an error came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Dynamic registration (RFC 7591).
    Registration,
    /// The login page, as its callback tells.
    Authorization,
    /// The exchange of the code for tokens.
    Exchange,
    /// The refresh of a grant.
    Refresh,
    /// The revocation at logout.
    Revocation,
    /// A request to the MCP server.
    Request,
}

/// What is wrong with a client's set-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConfigFault {
    /// The redirect URI is not the one registered there.
    RedirectUri,
    /// The client secret is wrong or has ended.
    Secret,
    /// A scope is not enabled.
    ScopeNotEnabled,
    /// The application is suspended.
    AppSuspended,
    /// A setting at the provider must be on or off.
    Setting,
}

/// What can be done about an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ErrorClass {
    /// The person said no.
    UserDenied,
    /// The grant is dead: the person must log in again.
    ReauthRequired,
    /// The registered client is gone: register anew, once.
    ReregisterClient,
    /// The client's set-up is wrong.
    ClientConfigWrong(ConfigFault),
    /// Try once more without `resource`, and remember that.
    ResourceRejected,
    /// With another authentication method.
    AuthMethodRejected,
    /// Ask the person for these scopes, too.
    InsufficientScope(Vec<String>),
    /// Somebody else must approve; the page where.
    ApprovalNeeded(Option<String>),
    /// A single sign-on session is missing; the page where it begins.
    SsoRequired(Option<String>),
    /// The provider admits only clients that it listed; where to apply.
    ClientNotAllowlisted(Option<String>),
    /// This account may not use the server at all.
    AccountNotEligible,
    /// After so many seconds.
    RateLimited(Option<u32>),
    /// Try again later; nothing is wrong with the login.
    Transient,
    /// Nothing is known about it; the host's own reading counts.
    Unknown,
    /// A class of a later contract.
    Other(String),
}

/// An error as people see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What can be done.
    pub class: ErrorClass,
    /// One sentence for the person; never a place for what the server sent.
    pub message: Option<String>,
    /// A page that helps.
    pub help_url: Option<String>,
    /// What the provider itself wrote about it (`error_description`), masked and cut.
    pub said: Option<String>,
}

/// A row of the error table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorRow {
    /// The step that it holds for; none: any.
    pub operation: Option<Operation>,
    /// The HTTP status that it holds for; none: any.
    pub status: Option<u16>,
    /// The error's name, compared exactly; none: any.
    pub code: Option<String>,
    /// Text in the body.
    pub contains: Option<String>,
    /// What the error means where the row holds.
    pub fault: Fault,
}
