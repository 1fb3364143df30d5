//! `types`: a request that the hub makes for a plugin.

use super::{Capture, Method, Param, Template, TokenRule};

/// Body of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlanBody {
    /// None.
    None,
    /// A form.
    Form(Vec<Param>),
    /// A flat JSON object.
    Json(Vec<Param>),
    /// Anything.
    Raw {
        /// Media type.
        content_type: String,
        /// Content.
        content: Template,
    },
}

/// A request that the hub makes for a plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Method.
    pub method: Method,
    /// URL.
    pub url: Template,
    /// Query.
    pub query: Vec<Param>,
    /// Headers.
    pub headers: Vec<Param>,
    /// Body.
    pub body: PlanBody,
    /// Tokens in the answer.
    pub tokens: Vec<TokenRule>,
    /// Values kept.
    pub captures: Vec<Capture>,
    /// Success statuses; empty: 200 to 299.
    pub accept: Vec<u16>,
}
