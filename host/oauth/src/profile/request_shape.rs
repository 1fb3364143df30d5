//! `types`: how a request to an endpoint of the provider deviates from RFC 6749, and how the client authenticates in it.

use super::{Pair, Param};
use crate::auth_method::AuthMethod;

/// HTTP methods that a profile may use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Method {
    /// A request without a body that changes nothing.
    Get,
    /// The method that RFC 6749 §3.2 demands.
    #[default]
    Post,
    /// Replaces what stands at the address.
    Put,
    /// Changes a part of what stands at the address.
    Patch,
    /// Removes what stands at the address.
    Delete,
}

impl From<Method> for http::Method {
    fn from(method: Method) -> Self {
        match method {
            Method::Get => Self::GET,
            Method::Post => Self::POST,
            Method::Put => Self::PUT,
            Method::Patch => Self::PATCH,
            Method::Delete => Self::DELETE,
        }
    }
}

/// Where the parameters of a request go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Placement {
    /// `application/x-www-form-urlencoded` body, the standard.
    #[default]
    Form,
    /// A flat JSON object of strings.
    Json,
    /// The query string of the address.
    Query,
}

/// Encoding inside HTTP Basic.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum BasicEncoding {
    /// Form-encoded first, as RFC 6749 §2.3.1 says.
    #[default]
    UrlEncoded,
    /// As they are, which many providers expect.
    Raw,
}

/// Authentication of the provider's own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CustomAuthentication {
    /// Headers that are added; their values are filled.
    pub headers: Vec<Param>,
    /// Parameters that are added; their values are filled.
    pub params: Vec<Param>,
}

/// Client authentication at one endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientAuthentication {
    /// Nothing is sent, not even the `client_id`.
    Nothing,
    /// A registered method (RFC 7591 §2 `token_endpoint_auth_method`).
    Method(AuthMethod),
    /// `client_secret_basic` with this encoding.
    Basic(BasicEncoding),
    /// Basic, and the id in the body.
    BasicWithId(BasicEncoding),
    /// Basic, and both in the body.
    BasicAndPost(BasicEncoding),
    /// Headers and parameters of the provider's own.
    Custom(CustomAuthentication),
}

/// How a request deviates from RFC 6749 §4.1.3 and §6.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestShape {
    /// The HTTP method of the request.
    pub method: Method,
    /// Where the parameters of the request go.
    pub placement: Placement,
    /// Standard name → the provider's.
    pub renames: Vec<Pair>,
    /// Standard parameters that are not sent.
    pub omit: Vec<String>,
    /// Parameters that are added; none of them may belong to the hub.
    pub extra: Vec<Param>,
    /// Headers that are added; their values are filled.
    pub headers: Vec<Param>,
    /// None: what registration and metadata say.
    pub authentication: Option<ClientAuthentication>,
}
