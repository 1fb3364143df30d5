//! What both the provider and its tests take for granted: names, times, and the form of requests and answers.

use std::collections::BTreeMap;

use serde_json::Value;

pub(super) type Request = axum::http::Request<Vec<u8>>;
pub(super) type Response = axum::http::Response<Vec<u8>>;

/// Parameters, headers.
pub(super) type Params = BTreeMap<String, String>;

/// The client that a person set up; its characters are told apart by every encoding.
pub const CLIENT_ID: &str = "id/1";
/// Its secret.
pub const CLIENT_SECRET: &str = "se+cr et/%";
/// Where the person who set it up let it send people back to.
pub const REDIRECT_URI: &str = "http://localhost:3000/oauth/callback";
/// Its MCP server, where no tenant stands in the address.
pub const SERVER: &str = "https://mcp.provider.example/mcp";
/// Lifetime of an access token, seconds.
pub const LIFETIME: u64 = 3600;
/// Whose account it is, where the provider tells.
pub const ACCOUNT: &str = "someone";

/// What a person gives for an input.
#[must_use]
pub fn given(key: &str) -> String {
    format!("my-{}", key.to_ascii_lowercase().replace('_', "-"))
}

pub(super) fn answer(status: u16, document: &Value) -> Response {
    let response = axum::http::Response::builder().status(status).header("content-type", "application/json");
    response.body(document.to_string().into_bytes()).expect("a response")
}
