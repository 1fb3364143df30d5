//! The style sheet and the script of the pages.

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;

/// Answers with the style sheet.
pub(in crate::serve) async fn style() -> impl IntoResponse {
    let headers = [(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, "max-age=3600")];
    (headers, include_str!("../assets/style.css"))
}

/// Answers with the script. Every page works without it.
pub(in crate::serve) async fn script() -> impl IntoResponse {
    let headers = [(CONTENT_TYPE, "text/javascript; charset=utf-8"), (CACHE_CONTROL, "max-age=3600")];
    (headers, include_str!("../assets/page.js"))
}
