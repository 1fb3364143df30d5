//! What a request to an MCP server carries, and what the server says when it refuses one.

use http::header::{HeaderMap, HeaderValue, WWW_AUTHENTICATE};
use http::{HeaderName, StatusCode};
use url::Url;

use crate::connect::grant::dpop::DpopProof;

/// What a request to an MCP server carries. Values are marked sensitive; `Debug` shows no secret.
#[derive(Clone)]
pub struct RequestCredential {
    /// Headers to set on the request.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Query parameters to add.
    pub query: Vec<(String, String)>,
    /// The proof of possession for each request, if the token is bound to a key (RFC 9449).
    pub(crate) dpop: Option<DpopProof>,
    /// The version of the grant it comes from. It increases with every refresh.
    pub(crate) version: u64,
    /// Whether the next request needs another one: it proves something, or a plugin fills in what differs each time.
    pub(crate) is_for_one_request: bool,
}

impl std::fmt::Debug for RequestCredential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credential").field("generation", &self.version).finish_non_exhaustive()
    }
}

/// A server's `401` or `403`.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// The status of the answer: 401 or 403.
    pub status: StatusCode,
    /// The values of `WWW-Authenticate`.
    pub challenges: Vec<String>,
    /// The first 64 KiB of the body, for the provider's error table. It is never shown.
    pub body: String,
    /// The tool that was called, if one was.
    pub tool: Option<String>,
}

impl Refusal {
    /// Builds a refusal from the parts of an answer. Challenges that are not text are left out.
    #[must_use]
    pub fn new(status: StatusCode, headers: &HeaderMap, body: String, tool: Option<String>) -> Self {
        let challenges = headers
            .get_all(WWW_AUTHENTICATE)
            .iter()
            .filter_map(|value| value.to_str().ok().map(str::to_owned))
            .collect();
        Self { status, challenges, body, tool }
    }
}

/// Why a request cannot be sent now. `Display` is the text that a client sees: which server it is, and what to do.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Blocked {
    /// A person must log in.
    #[error("{server} needs a login. Open this link in your browser, sign in, and try again: {link}")]
    Login {
        /// Name of the server.
        server: String,
        /// `/connect/{ticket}` of this hub.
        link: Url,
    },
    /// A person must set up a client.
    #[error("{server} needs to be set up once. Open this link in your browser and follow the steps: {link}")]
    Setup {
        /// Name of the server.
        server: String,
        /// `/connect/{ticket}` of this hub.
        link: Url,
    },
    /// Something failed, and a login would not help now.
    #[error("{server}: {problem}")]
    Failed {
        /// Name of the server.
        server: String,
        /// One sentence with a remedy.
        problem: String,
    },
}
