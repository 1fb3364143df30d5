//! The table of contents: every route there is.
//!
//! A path that only this file needs is written here; the others are in [`paths`].

use axum::extract::{DefaultBodyLimit, FromRef};
use axum::http::StatusCode;
use axum::routing::{delete, get, post};
use axum::{Extension, Router};

use super::limits::MAX_BODY;
use super::links::Links;
use super::{
    api, callback, challenge, client_metadata, connect, health, keys_api, login, mcp, pages, paste, paths, proof, tools,
};
use crate::app::App;
use crate::gateway::Gateway;

/// All routes, for requests that the guard has let in.
pub(super) fn router(app: App) -> Router {
    Router::new()
        .merge(mcp_routes().layer(Extension(Links::of(&app))))
        .route(paths::OVERVIEW, get(pages::overview::get))
        .route(paths::STYLE, get(pages::assets::style))
        .route(paths::SCRIPT, get(pages::assets::script))
        .route(paths::LOGIN, get(login::get).post(login::post))
        .route(paths::LOGOUT, post(login::logout))
        .route(paths::PROTECTED_RESOURCE, get(challenge::metadata))
        .route(paths::PROTECTED_RESOURCE_OF, get(challenge::metadata_of))
        .route(paths::REGISTER, post(challenge::register))
        .route(paths::CALLBACK, get(callback::get).head(spends_nothing).post(callback::post))
        .route(paths::CALLBACK_OF_ISSUER, get(callback::get_tagged).head(spends_nothing).post(callback::post))
        .route(paths::CLIENT_METADATA, get(client_metadata::get))
        .route(paths::CLIENT_METADATA_OF_ISSUER, get(client_metadata::get_tagged))
        .route(paths::CHOOSE, post(callback::choose))
        .route(paths::PASTE, get(paste::get).post(paste::post))
        .route(paths::CONNECT, post(connect::start))
        .route(paths::CONNECT_TICKET, get(connect::get).head(spends_nothing).post(connect::post))
        .route(paths::CONNECT_GO_ON, post(connect::acknowledge))
        .route(paths::HEALTH, get(health::health))
        .route(paths::READY, get(health::ready))
        .route(paths::METRICS, get(health::metrics))
        .route(paths::API_SERVERS, get(api::servers))
        .route(paths::API_SERVER, get(api::server))
        .route(paths::API_LOGIN, post(api::login))
        .route(paths::API_LOGIN_AT_TERMINAL, post(api::terminal))
        .route(paths::API_SETUP, get(api::guide).post(api::set_up))
        .route(paths::API_ACKNOWLEDGE, post(api::acknowledge))
        .route(paths::API_ACCOUNTS, post(api::add_account))
        .route(paths::API_LOGIN_ON_DEVICE, post(api::device))
        .route(paths::API_CALLBACK, post(api::bring_back))
        .route(paths::API_CHOOSE, post(api::choose))
        .route(paths::API_PROOF, get(proof::prove))
        .route(paths::API_LOGOUT, post(api::logout))
        .route(paths::API_TOOLS, get(tools::list))
        .route(paths::API_CALL, post(tools::call))
        .route(paths::API_KEYS, get(keys_api::list).post(keys_api::add))
        .route(paths::API_KEY, delete(keys_api::revoke))
        .route(paths::API_PLUGINS, get(api::plugins))
        .route(paths::API_APPROVE, post(api::approve))
        .fallback(pages::not_found)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(app)
}

/// The routes of the MCP endpoints, for any state that holds a gateway: all servers, and the group or server of this name.
pub fn mcp_routes<S>() -> Router<S>
where
    Gateway: FromRef<S>,
    S: Clone + Send + Sync + 'static,
{
    Router::new()
        .route(paths::MCP, post(mcp::post_all).get(mcp::get_all).delete(mcp::delete_all))
        .route(paths::MCP_SCOPE, post(mcp::post_one).get(mcp::get_one).delete(mcp::delete_one))
        .route(paths::SSE, get(mcp::older::get_all))
        .route(paths::SSE_SCOPE, get(mcp::older::get_one))
        .route(paths::MESSAGES, post(mcp::older::post_all))
        .route(paths::MESSAGES_SCOPE, post(mcp::older::post_one))
}

/// A link or a callback works once. `HEAD` must not use it up: previews and scanners send it before the person does.
async fn spends_nothing() -> StatusCode {
    StatusCode::METHOD_NOT_ALLOWED
}
