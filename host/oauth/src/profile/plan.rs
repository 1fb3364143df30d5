//! `types`: a request that the hub makes for a plugin.

use super::{Capture, Method, Param, Template, TokenRule};

/// Body of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlanBody {
    /// The request has no body.
    None,
    /// `application/x-www-form-urlencoded` with these parameters.
    Form(Vec<Param>),
    /// A flat JSON object.
    Json(Vec<Param>),
    /// A body of any media type.
    Raw {
        /// The media type, sent as `Content-Type`.
        content_type: String,
        /// The body; slots are JSON-escaped where the type is JSON.
        content: Template,
    },
}

/// A request that the hub makes for a plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The HTTP method of the request.
    pub method: Method,
    /// The address; it is checked against the allowed hosts when it is filled.
    pub url: Template,
    /// Parameters added to the address.
    pub query: Vec<Param>,
    /// Headers added to the request.
    pub headers: Vec<Param>,
    /// The body of the request.
    pub body: PlanBody,
    /// Tokens in the answer.
    pub tokens: Vec<TokenRule>,
    /// Values of the answer that later requests need.
    pub captures: Vec<Capture>,
    /// Success statuses; empty: 200 to 299.
    pub accept: Vec<u16>,
}
