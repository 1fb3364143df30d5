//! `types`: how a request to an endpoint of the provider deviates from RFC 6749, and how the client authenticates in it.

use super::{Pair, Param};
use crate::auth_method::AuthMethod;

/// HTTP methods that a profile may use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Method {
    /// GET.
    Get,
    /// POST.
    #[default]
    Post,
    /// PUT.
    Put,
    /// PATCH.
    Patch,
    /// DELETE.
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

/// Where parameters go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Placement {
    /// Form body.
    #[default]
    Form,
    /// Flat JSON object.
    Json,
    /// Query string.
    Query,
}

/// Encoding inside HTTP Basic.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum BasicEncoding {
    /// RFC 6749 §2.3.1.
    #[default]
    UrlEncoded,
    /// As it is.
    Raw,
}

/// Authentication of the provider's own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CustomAuthentication {
    /// Headers.
    pub headers: Vec<Param>,
    /// Parameters.
    pub params: Vec<Param>,
}

/// Client authentication at one endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientAuthentication {
    /// Nothing at all.
    Nothing,
    /// A registered method (RFC 7591 §2 `token_endpoint_auth_method`).
    Method(AuthMethod),
    /// `client_secret_basic` with this encoding.
    Basic(BasicEncoding),
    /// Basic, and the id in the body.
    BasicWithId(BasicEncoding),
    /// Basic, and both in the body.
    BasicAndPost(BasicEncoding),
    /// The provider's own.
    Custom(CustomAuthentication),
}

/// How a request deviates from RFC 6749 §4.1.3 and §6.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestShape {
    /// Method.
    pub method: Method,
    /// Where parameters go.
    pub placement: Placement,
    /// Standard name → the provider's.
    pub renames: Vec<Pair>,
    /// Left out.
    pub omit: Vec<String>,
    /// Further parameters.
    pub extra: Vec<Param>,
    /// Further headers.
    pub headers: Vec<Param>,
    /// None: what registration and metadata say.
    pub authentication: Option<ClientAuthentication>,
}
