//! Requests and answers as cases read them, and how values are written in them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap};
use http::{Method, Request, Response};
use mcphub_oauth::profile::Pair;
use serde_json::Value;

/// The media type of form-encoded bodies.
const FORM: &str = "application/x-www-form-urlencoded";

/// The parameters of a form-encoded request; `None` for any other request.
pub(super) fn form(request: &Request<Vec<u8>>) -> Option<Vec<Pair>> {
    pairs(request.headers(), request.body())
}

/// The parameters of a form-encoded answer, which some token endpoints give. The media type must say so, because any
/// text may contain `=`.
pub(super) fn form_of(response: &Response<Vec<u8>>) -> Option<Vec<Pair>> {
    pairs(response.headers(), response.body())
}

/// The JSON body of a request; `None` for any other body.
pub(super) fn json(request: &Request<Vec<u8>>) -> Option<Value> {
    let document = || serde_json::from_slice(request.body()).ok();
    if form(request).is_some() { None } else { document() }
}

/// The JSON object or array that an answer carries; `None` for any other body.
pub(super) fn document(response: &Response<Vec<u8>>) -> Option<Value> {
    document_in(std::str::from_utf8(response.body()).ok()?)
}

/// The `Authorization` header, if it is there and readable.
pub(super) fn authorization(request: &Request<Vec<u8>>) -> Option<&str> {
    text(request.headers().get(AUTHORIZATION))
}

/// The media type, without its parameters.
pub(super) fn media_type(headers: &HeaderMap) -> &str {
    let said = text(headers.get(CONTENT_TYPE)).unwrap_or_default();
    said.split(';').next().unwrap_or_default().trim()
}

/// Whether a request asks for metadata, which everybody may read.
pub(super) fn is_metadata_request(request: &Request<Vec<u8>>) -> bool {
    request.method() == Method::GET && request.uri().path().contains("/.well-known/")
}

/// Whether a request successfully registered a client (RFC 7591).
pub(super) fn has_registered(request: &Request<Vec<u8>>, response: &Response<Vec<u8>>) -> bool {
    let names_places = || json(request).is_some_and(|body| body.get("redirect_uris").is_some());
    request.method() == Method::POST && response.status().is_success() && names_places()
}

/// The JSON object or array that a text is; `None` for any other text.
pub(super) fn document_in(text: &str) -> Option<Value> {
    let document = serde_json::from_str(text).ok();
    document.filter(|document: &Value| document.is_object() || document.is_array())
}

/// A value as a form encodes it.
pub(super) fn encoded(value: &str) -> String {
    url::form_urlencoded::byte_serialize(value.as_bytes()).collect()
}

/// A value of a form, decoded.
pub(super) fn in_form(written: &str) -> String {
    let pair = format!("={}", written.replace('&', "%26"));
    url::form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}

/// An `Authorization` header as people read it: Basic credentials decoded, any other header unchanged.
pub(super) fn decoded(header: &str) -> String {
    let basic = header.strip_prefix("Basic ").and_then(|encoded| STANDARD.decode(encoded).ok());
    let basic = basic.and_then(|bytes| String::from_utf8(bytes).ok());
    basic.map_or_else(|| header.to_owned(), |credentials| format!("Basic {credentials}"))
}

fn pairs(headers: &HeaderMap, body: &[u8]) -> Option<Vec<Pair>> {
    let is_form = media_type(headers).eq_ignore_ascii_case(FORM);
    is_form.then(|| url::form_urlencoded::parse(body).into_owned().collect())
}

fn text(value: Option<&http::HeaderValue>) -> Option<&str> {
    value.and_then(|value| value.to_str().ok())
}
