//! What every request passes first: the path that is meant, and who may ask for it. Then a message to an MCP endpoint goes
//! straight to the gateway, and anything else to its route.
//!
//! It stands before the router, because a call is not to pay for what only pages need.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::Method;
use axum::response::Response;
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;

use super::connections::Answering;
use super::router::router;
use super::straighten::Prefix;
use super::{guard, mcp, paths};
use crate::app::App;

/// The entrance of a hub.
pub(super) struct Front {
    app: App,
    prefix: Prefix,
    routes: TowerToHyperService<Router>,
}

impl Front {
    pub(super) fn new(app: App) -> Arc<Self> {
        let prefix = Prefix::new(&app, paths::FIRST_SEGMENTS);
        Arc::new(Self { prefix, routes: TowerToHyperService::new(router(app.clone())), app })
    }
}

impl Answering for Front {
    async fn answer(&self, mut request: Request) -> Response {
        self.prefix.straighten(&mut request);
        let request = match guard::admitted(&self.app, request).await {
            Ok(request) => request,
            Err(refusal) => return *refusal,
        };
        let (head, body) = request.into_parts();
        if head.method == Method::POST
            && let Some(endpoint) = mcp::Endpoint::at(head.uri.path())
        {
            return endpoint.post(&self.app.gateway, &head, body).await;
        }
        self.routes.call(Request::from_parts(head, body)).await.unwrap_or_else(|never: Infallible| match never {})
    }
}
