//! What a request without the right key is answered, and the document that says how to send one (RFC 9728).
//!
//! Keys are handed out by people, so the document names no authorization server. Clients that look for one all the same ask at
//! the hub's own address, and end at `/register`: its refusal is the sentence that they show.

use std::time::Duration;

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::header::{CACHE_CONTROL, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{Extensions, HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::links::{Links, host};
use super::{forwarded, paths};
use crate::app::App;

/// Why a key is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum KeyRefusal {
    #[error(
        "this hub wants a key; send it as \"Authorization: Bearer KEY\", and make one with `mcphub keys add NAME` where the hub runs"
    )]
    Missing,
    #[error(
        "this hub does not know that key, or it was revoked; make another one with `mcphub keys add NAME` where the hub runs"
    )]
    Wrong,
    #[error("this hub does not know that key, and too many such keys came from this address; try again in {} seconds", seconds(.0))]
    TooManyWrong(Duration),
    #[error("this key is not an admin's; make one that is with `mcphub keys add NAME --admin` where the hub runs")]
    NotAdmin,
    #[error("this key was used too often; try again in {} seconds", seconds(.0))]
    TooOften(Duration),
}

impl KeyRefusal {
    const fn status(&self) -> StatusCode {
        match self {
            Self::Missing | Self::Wrong => StatusCode::UNAUTHORIZED,
            Self::NotAdmin => StatusCode::FORBIDDEN,
            Self::TooOften(_) | Self::TooManyWrong(_) => StatusCode::TOO_MANY_REQUESTS,
        }
    }

    /// RFC 6750 §3.1: who sent nothing is told of no error.
    const fn code(&self) -> Option<&'static str> {
        match self {
            Self::Wrong => Some("invalid_token"),
            Self::NotAdmin => Some("insufficient_scope"),
            Self::Missing | Self::TooOften(_) | Self::TooManyWrong(_) => None,
        }
    }
}

/// The refusal at an MCP endpoint. Its body is a JSON-RPC error: it is what clients show.
pub(super) fn on_endpoint(app: &App, request: &Request, refusal: &KeyRefusal) -> Response {
    let body = json!({ "jsonrpc": "2.0", "id": null, "error": { "code": -32000, "message": refusal.to_string() } });
    let known_at = metadata_url(app, request.headers(), request.extensions(), request.uri().path());
    refused(refusal, body, known_at.as_deref())
}

/// The refusal of the API.
pub(super) fn on_api(app: &App, request: &Request, refusal: &KeyRefusal) -> Response {
    let known_at = metadata_url(app, request.headers(), request.extensions(), paths::MCP);
    refused(refusal, json!({ "error": refusal.to_string() }), known_at.as_deref())
}

fn refused(refusal: &KeyRefusal, body: Value, known_at: Option<&str>) -> Response {
    let mut response = (refusal.status(), [(CACHE_CONTROL, "no-store")], Json(body)).into_response();
    let headers = response.headers_mut();
    match refusal {
        KeyRefusal::TooOften(wait) | KeyRefusal::TooManyWrong(wait) => {
            headers.insert(RETRY_AFTER, seconds(wait).into());
        }
        KeyRefusal::Missing | KeyRefusal::Wrong | KeyRefusal::NotAdmin => {
            let error = refusal.code().map(|code| format!("error=\"{code}\""));
            let known_at = known_at.map(|url| format!("resource_metadata=\"{url}\""));
            let parameters: Vec<String> = error.into_iter().chain(known_at).collect();
            let challenge = format!("Bearer {}", parameters.join(", "));
            if let Ok(challenge) = HeaderValue::try_from(challenge.trim_end()) {
                headers.insert(WWW_AUTHENTICATE, challenge);
            }
        }
    }
    response
}

/// Whole seconds, rounded up.
pub(super) fn seconds(time: &Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}

/// The document for all servers.
pub(super) async fn metadata(State(app): State<App>, request: Request) -> Response {
    document(&app, &request, paths::MCP)
}

/// The document for an MCP endpoint. Whether there is one of that name, it does not say.
pub(super) async fn metadata_of(State(app): State<App>, Path(of): Path<String>, request: Request) -> Response {
    let of = format!("/{of}");
    // RFC 9728 §3.1 puts the well-known part before the whole path, with that of the base address.
    let below = of.strip_prefix(app.prefix()).filter(|below| paths::is_endpoint(below)).unwrap_or(&of);
    if paths::is_endpoint(below) {
        return document(&app, &request, below);
    }
    StatusCode::NOT_FOUND.into_response()
}

fn document(app: &App, request: &Request, path: &str) -> Response {
    if !app.wants_keys(&app.in_force()) {
        let sentence = "this hub wants no key";
        return (StatusCode::NOT_FOUND, Json(json!({ "error": sentence }))).into_response();
    }
    let resource = public(app, request.headers(), request.extensions(), path);
    let document = json!({
        "resource": resource,
        "bearer_methods_supported": ["header"],
        "resource_name": "MCPHub",
    });
    ([(CACHE_CONTROL, "no-store")], Json(document)).into_response()
}

/// Refuses to register a client, in the words that the client shows (RFC 7591 §3.2.2).
pub(super) async fn register(State(app): State<App>) -> Response {
    if !app.wants_keys(&app.in_force()) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let sentence = format!("this hub has no login; {}", KeyRefusal::Missing);
    let body = json!({ "error": "access_denied", "error_description": sentence });
    (StatusCode::FORBIDDEN, [(CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

/// Where the document for an endpoint is: below the base address, so that it is reached through any proxy.
fn metadata_url(app: &App, headers: &HeaderMap, extensions: &Extensions, path: &str) -> Option<String> {
    let known = public(app, headers, extensions, &format!("{}{path}", paths::PROTECTED_RESOURCE));
    // What could end the quoted text does not belong into a URL.
    Some(known).filter(|url| url.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\')))
}

/// A path of the hub as the client has to ask for it: by the name that it asked by, which the guard knows to be one of the
/// hub's.
fn public(app: &App, headers: &HeaderMap, extensions: &Extensions, path: &str) -> String {
    let host = host(headers);
    let scheme = if is_secure(app, host, extensions) { "https" } else { "http" };
    format!("{scheme}://{host}{}", Links::of(app).to(path))
}

/// Whether the client came by https: a trusted proxy says so, or the base address has the same name.
pub(super) fn is_secure(app: &App, host: &str, extensions: &Extensions) -> bool {
    let is_base = app.base_url.scheme() == "https" && app.in_force().names.is_home(host);
    is_base || forwarded::is_https(extensions)
}
