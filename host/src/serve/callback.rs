//! `/oauth/callback`: where every provider sends the person back.

use axum::extract::{Form, Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};

use super::browser;
use super::pages;
use super::problem::PageProblem;
use crate::app::App;
use crate::connect::Finish;

/// The way back by redirect.
#[tracing::instrument(name = "callback.get", skip_all)]
pub(super) async fn get(
    State(app): State<App>,
    headers: HeaderMap,
    Query(params): Query<Vec<(String, String)>>,
) -> Result<Response, PageProblem> {
    Ok(match app.connector.finish(params, browser::known(&headers).as_ref()).await? {
        Finish::Done(finished) => pages::page("Signed in", &pages::signed_in(&finished)).into_response(),
        Finish::Again(url) => pages::without_traces(Redirect::to(url.as_str()).into_response()),
    })
}

/// The way back by form (`response_mode=form_post`): the browser sends its cookie only with a navigation of its own.
#[tracing::instrument(name = "callback.post", skip_all)]
pub(super) async fn post(Form(params): Form<Vec<(String, String)>>) -> Redirect {
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(params).finish();
    Redirect::to(&format!("/oauth/callback?{query}"))
}
