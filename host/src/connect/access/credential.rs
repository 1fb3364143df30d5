//! What goes onto a request to an MCP server, and what comes of its refusal.

use http::header::{HeaderMap, HeaderValue, WWW_AUTHENTICATE};
use http::{HeaderName, StatusCode};
use url::Url;

use crate::connect::grant::dpop::DpopProof;

/// What a request to an MCP server carries. Values are marked sensitive; `Debug` shows no secret.
#[derive(Clone)]
pub struct Credential {
    /// Headers to set.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Query parameters to add.
    pub query: Vec<(String, String)>,
    /// Proves that the token is in the right hands, where it is bound to a key.
    pub(crate) dpop: Option<DpopProof>,
    /// Which grant this is of; increases with every refresh.
    pub(crate) version: u64,
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credential").field("generation", &self.version).finish_non_exhaustive()
    }
}

/// A server's `401` or `403`.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// 401 or 403.
    pub status: StatusCode,
    /// The values of `WWW-Authenticate`.
    pub challenges: Vec<String>,
    /// The first 64 KiB of the body, for the error table. Never shown.
    pub body: String,
    /// The tool that was called, if one was.
    pub tool: Option<String>,
}

impl Refusal {
    /// From the parts of an answer.
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

/// Why a request cannot be sent now. `Display` is the text a client sees: which server, and what to do.
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
    /// It failed, and logging in does not help now.
    #[error("{server}: {problem}")]
    Failed {
        /// Name of the server.
        server: String,
        /// One sentence with a remedy.
        problem: String,
    },
}
