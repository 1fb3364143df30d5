//! What can stand in the network's place, and who may look on.

use futures::future::BoxFuture;
use http::{Request, Response, StatusCode};
use mcphub_oauth::profile::Pair;
use url::Url;

use super::EgressError;

/// Answers requests in the network's place: recorded exchanges, or an authority in the same process.
pub trait StandIn: Send + Sync {
    /// The answer to a request that the policy lets through.
    fn answer(&self, request: Request<Vec<u8>>) -> BoxFuture<'_, Result<Response<Vec<u8>>, EgressError>>;
}

/// Told of everything that a login says and hears, as it is: for recordings, which take the secrets out.
pub type Witness = dyn Fn(Seen<'_>) + Send + Sync;

/// One thing that happened in a login.
#[derive(Clone, Copy)]
pub enum Seen<'a> {
    /// The MCP server refused a request.
    Refused {
        /// The status of the refusal: 401 or 403.
        status: StatusCode,
        /// The values of `WWW-Authenticate`.
        challenges: &'a [String],
        /// The tool that was called, if one was.
        tool: Option<&'a str>,
    },
    /// A request and its answer.
    Exchange(&'a Request<Vec<u8>>, &'a Response<Vec<u8>>),
    /// The person is sent to this login page.
    Sent(&'a Url),
    /// The person came back with these parameters.
    Back(&'a [Pair]),
    /// The login gave these scopes, where the provider tells.
    Granted(Option<&'a [String]>),
}
