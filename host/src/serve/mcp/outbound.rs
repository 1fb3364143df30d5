//! Answers that are no streams: JSON, or a status alone.

use axum::body::Body;
use axum::response::Response;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};

use super::problem::Refused;
use crate::gateway::mcp_headers::SESSION_ID;
use crate::gateway::message::Message;

/// The answer, or what was wrong.
pub(super) fn answered(outcome: Result<Response, Refused>) -> Response {
    outcome.unwrap_or_else(|refused| json(refused.problem.status(), &refused.to_message()))
}

/// One message as a JSON answer.
pub(super) fn json(status: StatusCode, message: &Message) -> Response {
    let mut response = Response::new(Body::from(message.to_line()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The answer to `initialize`, with the session's id.
pub(super) fn greeting(session: &str, message: &Message) -> Response {
    let mut response = json(StatusCode::OK, message);
    if let Ok(id) = HeaderValue::from_str(session) {
        response.headers_mut().insert(SESSION_ID, id);
    }
    response
}

/// Nothing but a status.
pub(super) fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}
