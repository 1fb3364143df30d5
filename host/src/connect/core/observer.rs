//! What a recorder of logins sees, in addition to the requests that the client for OAuth traffic shows.

use http::StatusCode;
use mcphub_oauth::profile::Pair;
use url::Url;

/// Called with each step of a login as it is, secrets included. It is meant for recordings, which remove the secrets.
pub type LoginObserver = dyn Fn(LoginStep<'_>) + Send + Sync;

/// A step of a login that is not a request of the hub.
#[derive(Clone, Copy)]
pub enum LoginStep<'a> {
    /// The MCP server refused a request.
    Refused {
        /// The status of the refusal: 401 or 403.
        status: StatusCode,
        /// The values of `WWW-Authenticate`.
        challenges: &'a [String],
        /// The tool that was called, if one was.
        tool: Option<&'a str>,
    },
    /// The person is sent to this login page.
    Sent(&'a Url),
    /// The person came back with these parameters.
    Back(&'a [Pair]),
    /// The login gave these scopes. `None` means that the provider did not say.
    Granted(Option<&'a [String]>),
}
