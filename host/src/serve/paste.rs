//! `/oauth/paste`: for a person whose browser was sent back to an address that it could not reach.

use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::form::Filled;
use super::links::{Links, homewards};
use super::problem::{PageProblem, on_page};
use super::{browser, callback, pages, paths};
use crate::app::App;
use crate::connect::IssuerTag;

/// What the person pasted.
#[derive(Deserialize)]
pub(super) struct PastedForm {
    url: String,
}

/// The form, at the name where logins begin.
pub(super) async fn get(State(app): State<App>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    if let Some(home) = homewards(&app, &headers, paths::PASTE, query.as_deref()) {
        return pages::without_traces(home.into_response());
    }
    let links = Links::of(&app);
    pages::page(&links, "Come back", &pages::paste(&links))
}

/// Takes it as the callback would have: in the browser that started the sign-in, once.
#[tracing::instrument(name = "paste.post", skip_all)]
pub(super) async fn post(
    State(app): State<App>,
    headers: HeaderMap,
    Filled(pasted): Filled<PastedForm>,
) -> Result<Response, PageProblem> {
    let tag = IssuerTag::in_redirect_uri(&pasted.url);
    let params = mcphub_oauth::callback::pasted(&pasted.url);
    let finished = app.connector.finish(tag, params, browser::known(&app, &headers).as_ref()).await;
    Ok(callback::shown(&app, finished.map_err(on_page(&app))?))
}
