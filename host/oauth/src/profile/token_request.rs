//! `token-request`: the code exchange (RFC 6749 §4.1.3).

use super::RequestShape;

/// Where `redirect_uri` goes in the exchange.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RedirectUriPlace {
    /// With the other parameters.
    #[default]
    WithTheRest,
    /// In the query string.
    Query,
}

/// How the code exchange deviates from RFC 6749 §4.1.3.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TokenRequest {
    /// Method, placement and names of the request.
    pub shape: RequestShape,
    /// The `state` of the login is sent again.
    pub echo_state: bool,
    /// Where the `redirect_uri` is sent.
    pub redirect_uri: RedirectUriPlace,
}
