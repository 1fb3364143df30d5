//! What somebody who records a login is told, besides the requests that the client for OAuth traffic shows.

use http::StatusCode;
use mcphub_oauth::profile::Pair;
use url::Url;

/// Told of each step of a login as it is, secrets included: for recordings, which take the secrets out.
pub type LoginObserver = dyn Fn(LoginStep<'_>) + Send + Sync;

/// A step of a login that is no request of the hub.
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
    /// The login gave these scopes, where the provider tells them.
    Granted(Option<&'a [String]>),
}
