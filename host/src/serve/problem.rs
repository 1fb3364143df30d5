//! A connect error as the last step: a page for people, JSON for scripts.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::links::Links;
use super::pages;
use crate::app::App;
use crate::connect::{ConnectError, ErrorKind};

/// A connect error that is shown as a page, with its remedy.
pub(super) struct PageProblem {
    sentence: String,
    remedy: String,
    status: StatusCode,
    links: Links,
}

impl PageProblem {
    /// A form that cannot be read at all.
    pub(super) fn unreadable_form(app: &App, sentence: &str) -> Self {
        let (sentence, remedy) = (sentence.to_owned(), String::new());
        Self { sentence, remedy, status: StatusCode::UNPROCESSABLE_ENTITY, links: Links::of(app) }
    }
}

/// A connect error that is answered as JSON, with its remedy.
pub(super) struct ApiProblem(pub(super) ConnectError);

impl IntoResponse for PageProblem {
    fn into_response(self) -> Response {
        let Self { sentence, remedy, status, links } = self;
        let content = pages::wrong(&links, &sentence, &remedy);
        (status, pages::page(&links, "Something went wrong", &content)).into_response()
    }
}

impl IntoResponse for ApiProblem {
    fn into_response(self) -> Response {
        let body = json!({ "error": self.0.to_string(), "remedy": self.0.remedy() });
        (status(self.0.kind()), Json(body)).into_response()
    }
}

/// Makes a page of an error.
pub(super) fn on_page(app: &App) -> impl Fn(ConnectError) -> PageProblem {
    let links = Links::of(app);
    move |error| PageProblem {
        sentence: error.to_string(),
        remedy: error.remedy().unwrap_or_default().into_owned(),
        status: status(error.kind()),
        links: links.clone(),
    }
}

/// The status of an answer that tells an error of this kind.
const fn status(kind: ErrorKind) -> StatusCode {
    match kind {
        ErrorKind::NotFound => StatusCode::NOT_FOUND,
        ErrorKind::Conflict => StatusCode::CONFLICT,
        ErrorKind::Forbidden => StatusCode::FORBIDDEN,
        ErrorKind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        ErrorKind::Upstream => StatusCode::BAD_GATEWAY,
        ErrorKind::Storage => StatusCode::INTERNAL_SERVER_ERROR,
    }
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
