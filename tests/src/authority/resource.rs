//! What tokens are for: the MCP server, and who an account is.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::call::{Call, json_answer};

impl Call<'_> {
    /// Whether the request carries a token that is good.
    fn is_let_in(&self) -> bool {
        let Some((scheme, token)) = self.header(header::AUTHORIZATION).split_once(' ') else { return false };
        let spelled =
            if self.state.shape.capital_bearer { scheme == "Bearer" } else { scheme.eq_ignore_ascii_case("bearer") };
        let good = |ends: Option<Instant>| ends.is_none_or(|end| Instant::now() < end);
        spelled && self.state.lock().access.get(token).is_some_and(|access| good(access.ends))
    }

    pub(super) fn mcp(&self) -> Response {
        if !self.is_let_in() {
            let document = format!("{}/.well-known/oauth-protected-resource/mcp", self.state.origin);
            let challenge = format!("Bearer error=\"invalid_token\", resource_metadata=\"{document}\"");
            return (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, challenge)]).into_response();
        }
        let message: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        let result = match message["method"].as_str() {
            Some("initialize") => json!({
                "protocolVersion": "2025-11-25",
                "capabilities": {"tools": {}},
                "serverInfo": {"name": "shaped", "version": "1"},
            }),
            Some("tools/list") => json!({"tools": [{"name": "list_issues", "inputSchema": {"type": "object"}}]}),
            Some("tools/call") => json!({"content": [{"type": "text", "text": "three issues"}]}),
            Some("ping") => json!({}),
            Some(_) if message.get("id").is_none() => return StatusCode::ACCEPTED.into_response(),
            Some(_) | None => return StatusCode::METHOD_NOT_ALLOWED.into_response(),
        };
        json_answer(&json!({"jsonrpc": "2.0", "id": message["id"], "result": result}))
    }

    pub(super) fn user(&self) -> Response {
        if !self.is_let_in() {
            return StatusCode::UNAUTHORIZED.into_response();
        }
        ([("x-oauth-scopes", "repo, gist")], json_answer(&json!({"login": "octocat", "id": 583_231}))).into_response()
    }

    pub(super) fn graphql(&self) -> Response {
        if !self.is_let_in() {
            return StatusCode::UNAUTHORIZED.into_response();
        }
        json_answer(&json!({"data": {
            "viewer": {"id": "u1", "name": "Ann", "email": "ann@example.com"},
            "organization": {"id": "o1", "name": "Acme"},
        }}))
    }
}
