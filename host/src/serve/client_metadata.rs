//! `/oauth/client-metadata.json`: the hub's own Client ID Metadata Document (draft-ietf-oauth-client-id-metadata-document).

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::app::App;

/// The document. The client id in it is its own address, so that there is none where the hub has no public one.
pub(super) async fn get(State(app): State<App>) -> Response {
    let Some(client_id) = app.connector.own_metadata_document() else {
        let sentence = "this hub has no Client ID Metadata Document of its own; set systemConfig.install.baseUrl to its public https address";
        return (StatusCode::NOT_FOUND, Json(json!({ "error": sentence }))).into_response();
    };
    let document = json!({
        "client_id": client_id,
        "client_name": "MCPHub",
        "redirect_uris": app.connector.redirect_uris(),
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
        "application_type": "web",
    });
    ([(CACHE_CONTROL, "public, max-age=300")], Json(document)).into_response()
}
