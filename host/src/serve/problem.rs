//! A connect error as the last step: a page for people, JSON for scripts.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::pages;
use crate::connect::ConnectError;

/// Shown as a page.
pub(super) struct PageProblem(pub(super) ConnectError);

/// Answered as JSON.
pub(super) struct ApiProblem(pub(super) ConnectError);

impl IntoResponse for PageProblem {
    fn into_response(self) -> Response {
        let remedy = self.0.remedy().unwrap_or_default();
        (self.0.status(), pages::page("Something went wrong", &pages::wrong(&self.0.to_string(), &remedy)))
            .into_response()
    }
}

impl IntoResponse for ApiProblem {
    fn into_response(self) -> Response {
        let body = json!({ "error": self.0.to_string(), "remedy": self.0.remedy() });
        (self.0.status(), Json(body)).into_response()
    }
}

impl From<ConnectError> for PageProblem {
    fn from(error: ConnectError) -> Self {
        Self(error)
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
