//! The table of contents: every route there is.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware::{from_fn_with_state, map_request_with_state};
use axum::routing::{get, post};

use super::limits::MAX_BODY;
use super::{api, callback, client_metadata, connect, guard, health, mcp, pages, paste, paths, proof};
use crate::app::App;

/// All routes, behind the guard, at the paths that are meant.
pub fn router(app: App) -> Router {
    let straighten = map_request_with_state(app.clone(), paths::straighten);
    Router::new().fallback_service(routes(app)).layer(straighten)
}

fn routes(app: App) -> Router {
    Router::new()
        .merge(mcp::routes())
        .route("/", get(pages::overview::get))
        .route("/assets/style.css", get(pages::assets::style))
        .route("/assets/page.js", get(pages::assets::script))
        .route("/oauth/callback", get(callback::get).head(spends_nothing).post(callback::post))
        .route("/oauth/callback/{tag}", get(callback::get_tagged).head(spends_nothing).post(callback::post))
        .route("/oauth/client-metadata.json", get(client_metadata::get))
        .route("/oauth/client-metadata/{tag}", get(client_metadata::get_tagged))
        .route("/oauth/choose", post(callback::choose))
        .route("/oauth/paste", get(paste::get).post(paste::post))
        .route("/connect", post(connect::start))
        .route("/connect/{ticket}", get(connect::get).head(spends_nothing).post(connect::post))
        .route("/connect/{ticket}/go-on", post(connect::acknowledge))
        .route("/health", get(health::health))
        .route("/ready", get(health::ready))
        .route("/api/servers", get(api::servers))
        .route("/api/servers/{name}", get(api::server))
        .route("/api/servers/{name}/login", post(api::login))
        .route("/api/servers/{name}/login/terminal", post(api::terminal))
        .route("/api/servers/{name}/setup", get(api::guide).post(api::set_up))
        .route("/api/servers/{name}/login/acknowledge", post(api::acknowledge))
        .route("/api/servers/{name}/accounts", post(api::add_account))
        .route("/api/servers/{name}/login/device", post(api::device))
        .route("/api/callback", post(api::bring_back))
        .route("/api/choose", post(api::choose))
        .route("/api/proof/{challenge}", get(proof::prove))
        .route("/api/servers/{name}/logout", post(api::logout))
        .route("/api/plugins", get(api::plugins))
        .route("/api/plugins/{id}/approve", post(api::approve))
        .fallback(pages::not_found)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(from_fn_with_state(app.clone(), guard::check))
        .with_state(app)
}

/// A link or a callback is used once, and by who reads the answer: what only looks at the head of one spends nothing.
async fn spends_nothing() -> StatusCode {
    StatusCode::METHOD_NOT_ALLOWED
}
