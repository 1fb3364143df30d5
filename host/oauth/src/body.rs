//! Bodies of providers' answers as they really come: JSON or a form, whatever their content type says.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Response;
use http::header::CONTENT_TYPE;
use serde_json::{Map, Value};

/// The body as JSON: by content type, else by its first character.
#[must_use]
pub fn read_body(response: &Response<Vec<u8>>) -> Option<Value> {
    let declared = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let body = std::str::from_utf8(response.body()).ok()?.trim_start_matches('\u{feff}').trim();
    if declared.starts_with("application/x-www-form-urlencoded") || !body.starts_with(['{', '[']) {
        return form(body);
    }
    serde_json::from_str(body).ok()
}

fn form(body: &str) -> Option<Value> {
    let looks_like_form = body.contains('=') && !body.starts_with('<') && !body.contains(char::is_whitespace);
    let pairs = url::form_urlencoded::parse(body.as_bytes()).into_owned();
    looks_like_form
        .then(|| Value::Object(pairs.map(|(name, value)| (name, Value::String(value))).collect::<Map<_, _>>()))
}

/// The text or number at a JSON pointer (RFC 6901); none: there is nothing of the kind.
pub(crate) fn text_at(body: &Value, pointer: &str) -> Option<String> {
    match body.pointer(pointer)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// The claims of a JWT, unverified: good for its lifetime and for whose it is, never as proof.
#[must_use]
pub fn claims(token: &str) -> Option<Map<String, Value>> {
    let payload = token.split('.').nth(1)?;
    let bytes = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    match serde_json::from_slice(&bytes).ok()? {
        Value::Object(claims) => Some(claims),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => None,
    }
}
