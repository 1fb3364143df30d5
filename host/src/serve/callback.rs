//! `/oauth/callback`: where every provider sends the person back.

use axum::extract::{Form, Path, Query, RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};

use mcphub_oauth::callback::CallbackError;
use serde::Deserialize;

use super::form::Filled;
use super::links::{Links, homewards};
use super::problem::{PageProblem, on_page};
use super::{browser, pages, paths};
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
    let arrival = Arrival { tag: None, path: paths::CALLBACK, query, raw };
    come_back(&app, arrival, &headers).await
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
    let path = paths::filled(paths::CALLBACK_OF_ISSUER, &tag);
    let tag = IssuerTag::parse(&tag).ok_or(ConnectError::Callback(CallbackError::OtherRedirectUri));
    let arrival = Arrival { tag: Some(tag.map_err(on_page(&app))?), path: &path, query, raw };
    come_back(&app, arrival, &headers).await
}

/// A browser at a redirect URI of the hub.
struct Arrival<'a> {
    /// The tag of the redirect URI; `None` at the one for all issuers.
    tag: Option<IssuerTag>,
    /// The path of the redirect URI.
    path: &'a str,
    query: Query<Vec<(String, String)>>,
    raw: RawQuery,
}

async fn come_back(app: &App, arrival: Arrival<'_>, headers: &HeaderMap) -> Result<Response, PageProblem> {
    let Arrival { tag, path, query: Query(params), raw: RawQuery(query) } = arrival;
    let finished = app.connector.finish(tag, params, browser::known(app, headers).as_ref()).await;
    // A provider that sends people back to loopback only brings a browser on the hub's machine here, and its cookie is of
    // the address where its login began.
    if let Err(ConnectError::Callback(CallbackError::OtherBrowser)) = &finished
        && let Some(home) = homewards(app, headers, path, query.as_deref())
    {
        return Ok(pages::without_traces(home.into_response()));
    }
    Ok(shown(app, finished.map_err(on_page(app))?))
}

/// Where a login stands, as a page.
pub(super) fn shown(app: &App, finish: Finish) -> Response {
    let links = Links::of(app);
    match finish {
        Finish::Done(finished) => pages::page(&links, "Signed in", &pages::signed_in(&links, &finished)),
        Finish::Again(url) => pages::without_traces(Redirect::to(url.as_str()).into_response()),
        Finish::Choose(choice) => pages::page(&links, "One question", &pages::choice(&links, &choice)),
    }
}

/// What a person chose.
#[derive(Deserialize)]
pub(super) struct ChoiceForm {
    ticket: String,
    value: String,
}

/// Takes the answer to the question of a login, in the browser that started it.
#[tracing::instrument(name = "choose.post", skip_all)]
pub(super) async fn choose(
    State(app): State<App>,
    headers: HeaderMap,
    Filled(chosen): Filled<ChoiceForm>,
) -> Result<Response, PageProblem> {
    let browser = browser::known(&app, &headers);
    let finished = app.connector.choose(&chosen.ticket, browser.as_ref(), &chosen.value).await;
    Ok(shown(&app, finished.map_err(on_page(&app))?))
}

/// The way back by form (`response_mode=form_post`): the browser sends its cookie only with a navigation of its own.
#[tracing::instrument(name = "callback.post", skip_all)]
pub(super) async fn post(Form(params): Form<Vec<(String, String)>>) -> Response {
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(params).finish();
    // To this very path, whatever stands before it.
    pages::without_traces(Redirect::to(&format!("?{query}")).into_response())
}
