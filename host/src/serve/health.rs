//! `/health` and `/ready`.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use crate::app::App;

/// The hub runs. Everybody may ask, so that it says nothing of whose it is.
pub(super) async fn health() -> Json<Value> {
    Json(json!({ "name": "mcphub", "status": "ok", "version": env!("CARGO_PKG_VERSION") }))
}

/// Settings and plugins are loaded: a hub that answers has both.
pub(super) async fn ready(State(app): State<App>) -> Json<Value> {
    let plugins = app.catalogue.entries().len();
    Json(json!({ "ready": true, "plugins": plugins, "servers": app.in_force().loaded.settings.servers.len() }))
}
