//! A connect error as the last step: a page for people, JSON for scripts.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::links::Links;
use super::pages;
use crate::app::App;
use crate::connect::ConnectError;

/// A connect error that is shown as a page, with its remedy.
pub(super) struct PageProblem {
    error: Box<ConnectError>,
    links: Links,
}

/// A connect error that is answered as JSON, with its remedy.
pub(super) struct ApiProblem(pub(super) ConnectError);

impl IntoResponse for PageProblem {
    fn into_response(self) -> Response {
        let Self { error, links } = self;
        let remedy = error.remedy().unwrap_or_default();
        let content = pages::wrong(&links, &error.to_string(), &remedy);
        (error.status(), pages::page(&links, "Something went wrong", &content)).into_response()
    }
}

impl IntoResponse for ApiProblem {
    fn into_response(self) -> Response {
        let body = json!({ "error": self.0.to_string(), "remedy": self.0.remedy() });
        (self.0.status(), Json(body)).into_response()
    }
}

/// Makes a page of an error.
pub(super) fn on_page(app: &App) -> impl Fn(ConnectError) -> PageProblem {
    let links = Links::of(app);
    move |error| PageProblem { error: Box::new(error), links: links.clone() }
}

impl From<ConnectError> for ApiProblem {
    fn from(error: ConnectError) -> Self {
        Self(error)
    }
}

/// Without randomness no browser can be told from another.
pub(super) fn no_browser() -> Response {
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}
