//! `/oauth/client-metadata.json` and `/oauth/client-metadata/{tag}.json`: the hub's own Client ID Metadata Document (draft-ietf-oauth-client-id-metadata-document).

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use url::Url;

use crate::app::App;
use crate::connect::IssuerTag;

/// The document for all authorization servers. Its client id is its own address, so there is none without a public
/// address.
pub(super) async fn get(State(app): State<App>) -> Response {
    match app.connector.own_metadata_document() {
        Some(client_id) => document(&client_id, &app.connector.redirect_uris()),
        None => none(),
    }
}

/// The document for one authorization server, with a redirect URI of its own (RFC 9700 §4.4.2).
pub(super) async fn get_tagged(State(app): State<App>, Path(file): Path<String>) -> Response {
    let tag = file.strip_suffix(".json").and_then(IssuerTag::parse);
    let own = app.connector.own_metadata_document().zip(tag);
    let addresses = own.and_then(|(_, tag)| tag.document(&app.base_url).zip(tag.redirect_uri(&app.base_url)));
    match addresses {
        Some((client_id, redirect_uri)) => document(&client_id, &BTreeSet::from([String::from(redirect_uri)])),
        None => none(),
    }
}

fn none() -> Response {
    let sentence = "this hub has no Client ID Metadata Document of its own here; set systemConfig.install.baseUrl to its public https address";
    (StatusCode::NOT_FOUND, Json(json!({ "error": sentence }))).into_response()
}

fn document(client_id: &Url, redirect_uris: &BTreeSet<String>) -> Response {
    let document = json!({
        "client_id": client_id,
        "client_name": "MCPHub",
        "redirect_uris": redirect_uris,
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
        "application_type": "web",
    });
    ([(CACHE_CONTROL, "public, max-age=300")], Json(document)).into_response()
}
