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
