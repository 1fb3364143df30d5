//! `/health` and `/ready`.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use crate::app::App;

/// The hub runs, and whose settings it uses: how the command line finds its own hub.
pub(super) async fn health(State(app): State<App>) -> Json<Value> {
    Json(json!({
        "name": "mcphub",
        "status": "ok",
        "version": env!("CARGO_PKG_VERSION"),
        "settings": app.settings.path().display().to_string(),
    }))
}

/// Settings and plugins are loaded: a hub that answers has both.
pub(super) async fn ready(State(app): State<App>) -> Json<Value> {
    let plugins = app.catalogue.entries().len();
    Json(json!({ "ready": true, "plugins": plugins, "servers": app.in_force().loaded.settings.servers.len() }))
}
