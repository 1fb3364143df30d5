//! `/oauth/paste`: for a person whose browser was sent back to an address that it could not reach.

use axum::extract::{Form, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;

use super::problem::PageProblem;
use super::{browser, callback, pages};
use crate::app::App;
use crate::connect::IssuerTag;

/// What the person pasted.
#[derive(Deserialize)]
pub(super) struct Pasted {
    url: String,
}

/// The form.
pub(super) async fn get() -> Response {
    pages::page("Come back", &pages::paste())
}

/// Takes it as the callback would have: in the browser that started the sign-in, once.
#[tracing::instrument(name = "paste.post", skip_all)]
pub(super) async fn post(
    State(app): State<App>,
    headers: HeaderMap,
    Form(pasted): Form<Pasted>,
) -> Result<Response, PageProblem> {
    let tag = IssuerTag::in_redirect_uri(&pasted.url);
    let params = mcphub_oauth::callback::pasted(&pasted.url);
    Ok(callback::shown(app.connector.finish_at(tag, params, browser::known(&headers).as_ref()).await?))
}
