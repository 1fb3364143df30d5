//! `/health`, `/ready` and `/metrics`: for what watches the process.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use serde_json::{Value, json};

use crate::app::App;
use crate::telemetry::exposition::MEDIA_TYPE;

/// The hub runs. Everybody may ask, so that it says nothing of whose it is.
pub(super) async fn health() -> Json<Value> {
    Json(json!({ "name": "mcphub", "status": "ok", "version": env!("CARGO_PKG_VERSION") }))
}

/// Settings and plugins are loaded: a hub that answers has both.
/// One that is about to end takes no new clients.
pub(super) async fn ready(State(app): State<App>) -> (StatusCode, Json<Value>) {
    let (plugins, servers) = (app.catalogue.entries().len(), app.in_force().loaded.settings.servers.len());
    let is_ready = !app.gateway.is_draining();
    let status = if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(json!({ "ready": is_ready, "plugins": plugins, "servers": servers })))
}

/// What is measured. It shows no secret, but which servers there are: so it is for this machine, like the API.
pub(super) async fn metrics(State(app): State<App>) -> impl IntoResponse {
    ([(CONTENT_TYPE, MEDIA_TYPE)], app.metrics().await)
}
