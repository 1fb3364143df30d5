//! `/api/…`: JSON for scripts.

use axum::Json;
use axum::extract::{Path, State};
use serde_json::{Value, json};

use super::problem::ApiProblem;
use crate::app::App;
use crate::connect::{ConnectError, ServerView};

/// All servers.
pub(super) async fn servers(State(app): State<App>) -> Json<Vec<ServerView>> {
    Json(app.views().await)
}

/// One server.
pub(super) async fn server(State(app): State<App>, Path(name): Path<String>) -> Result<Json<ServerView>, ApiProblem> {
    let views = app.views().await;
    let known = views.iter().map(|view| view.name.clone()).collect();
    let found = views.into_iter().find(|view| view.name == name);
    found.map(Json).ok_or(ApiProblem(ConnectError::UnknownServer { name, known }))
}

/// A fresh one-time connect link.
pub(super) async fn login(State(app): State<App>, Path(name): Path<String>) -> Result<Json<Value>, ApiProblem> {
    Ok(Json(json!({ "url": app.connector.login(&name)? })))
}

/// Forgets the grant, and takes it back at the provider where that is possible.
pub(super) async fn logout(State(app): State<App>, Path(name): Path<String>) -> Result<Json<Value>, ApiProblem> {
    Ok(Json(json!({ "message": app.connector.logout(&name).await?.sentence })))
}

/// The plugins, those that do not load included.
pub(super) async fn plugins(State(app): State<App>) -> Json<Value> {
    Json(crate::app::plugin_views(&app.catalogue))
}
