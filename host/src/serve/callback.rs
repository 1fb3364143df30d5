//! `/oauth/callback`: where every provider sends the person back.

use axum::extract::{Form, Path, Query, RawQuery, State};
use axum::http::HeaderMap;
use axum::http::header::HOST;
use axum::http::uri::Authority;
use axum::response::{IntoResponse, Redirect, Response};

use mcphub_oauth::callback::CallbackError;
use serde::Deserialize;
use url::Url;

use super::browser;
use super::pages;
use super::problem::PageProblem;
use crate::app::App;
use crate::connect::{ConnectError, Finish, IssuerTag};

/// The way back by redirect.
#[tracing::instrument(name = "callback.get", skip_all)]
pub(super) async fn get(
    State(app): State<App>,
    headers: HeaderMap,
    query: Query<Vec<(String, String)>>,
    raw: RawQuery,
) -> Result<Response, PageProblem> {
    come_back(&app, None, &headers, (query, raw)).await
}

/// The same at a redirect URI that is one authorization server's own.
#[tracing::instrument(name = "callback.get_tagged", skip_all)]
pub(super) async fn get_tagged(
    State(app): State<App>,
    Path(tag): Path<String>,
    headers: HeaderMap,
    query: Query<Vec<(String, String)>>,
    raw: RawQuery,
) -> Result<Response, PageProblem> {
    let tag = IssuerTag::parse(&tag).ok_or(ConnectError::Callback(CallbackError::OtherRedirectUri))?;
    come_back(&app, Some(tag), &headers, (query, raw)).await
}

async fn come_back(
    app: &App,
    tag: Option<IssuerTag>,
    headers: &HeaderMap,
    (Query(params), RawQuery(query)): (Query<Vec<(String, String)>>, RawQuery),
) -> Result<Response, PageProblem> {
    let browser = browser::known(headers);
    let finished = app.connector.finish_at(tag, params, browser.as_ref()).await;
    if let (Err(ConnectError::Callback(CallbackError::OtherBrowser)), Some(home)) = (&finished, home(app, headers)) {
        let query = query.unwrap_or_default();
        return Ok(pages::without_traces(Redirect::to(&format!("{home}?{query}")).into_response()));
    }
    Ok(shown(finished?))
}

/// Where a login stands, as a page.
pub(super) fn shown(finish: Finish) -> Response {
    match finish {
        Finish::Done(finished) => pages::page("Signed in", &pages::signed_in(&finished)).into_response(),
        Finish::Again(url) => pages::without_traces(Redirect::to(url.as_str()).into_response()),
        Finish::Choose(choice) => pages::page("One question", &pages::choice(&choice)).into_response(),
    }
}

/// What a person chose.
#[derive(Deserialize)]
pub(super) struct Chosen {
    ticket: String,
    value: String,
}

/// Takes the answer to the question of a login, in the browser that started it.
#[tracing::instrument(name = "choose.post", skip_all)]
pub(super) async fn choose(
    State(app): State<App>,
    headers: HeaderMap,
    Form(chosen): Form<Chosen>,
) -> Result<Response, PageProblem> {
    let browser = browser::known(&headers);
    Ok(shown(app.connector.choose(&chosen.ticket, browser.as_ref(), &chosen.value).await?))
}

/// The callback on the hub's own address, if the browser came to another one: a provider that sends people back to loopback
/// only brings a browser on the hub's machine here, and its cookie is of the address where its login began.
fn home(app: &App, headers: &HeaderMap) -> Option<Url> {
    let asked = Authority::try_from(headers.get(HOST)?.as_bytes()).ok()?;
    let is_home = app.base_url.host_str() == Some(asked.host());
    (!is_home).then(|| app.base_url.join("oauth/callback").ok()).flatten()
}

/// The way back by form (`response_mode=form_post`): the browser sends its cookie only with a navigation of its own.
#[tracing::instrument(name = "callback.post", skip_all)]
pub(super) async fn post(Form(params): Form<Vec<(String, String)>>) -> Redirect {
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(params).finish();
    Redirect::to(&format!("/oauth/callback?{query}"))
}

/// The same at a redirect URI that is one authorization server's own.
#[tracing::instrument(name = "callback.post_tagged", skip_all)]
pub(super) async fn post_tagged(Path(tag): Path<String>, Form(params): Form<Vec<(String, String)>>) -> Redirect {
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(params).finish();
    let tag: String = url::form_urlencoded::byte_serialize(tag.as_bytes()).collect();
    Redirect::to(&format!("/oauth/callback/{tag}?{query}"))
}
