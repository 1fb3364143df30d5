//! `/connect/{ticket}`: starts a login in this browser.

use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::form::Filled;
use super::links::{Links, homewards};
use super::problem::{PageProblem, no_browser, on_page};
use super::{browser, pages, paths};
use crate::app::App;
use crate::connect::{Begin, Sites};

/// Which server a person pressed the button of.
#[derive(Deserialize)]
pub(super) struct Pressed {
    server: String,
}

/// The button of the overview: a fresh link, followed at once.
#[tracing::instrument(name = "connect.start", skip_all)]
pub(super) async fn start(State(app): State<App>, Filled(pressed): Filled<Pressed>) -> Result<Redirect, PageProblem> {
    Ok(Redirect::to(app.connector.login(&pressed.server).await.map_err(on_page(&app))?.as_str()))
}

/// Follows the link. By another name than the hub's own it leads there first.
#[tracing::instrument(name = "connect.get", skip_all)]
pub(super) async fn get(
    State(app): State<App>,
    Path(ticket): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, PageProblem> {
    if let Some(home) = homewards(&app, &headers, &paths::filled(paths::CONNECT_TICKET, &ticket), query.as_deref()) {
        return Ok(pages::without_traces(home.into_response()));
    }
    let Some(browser) = browser::known_or_new(&app, &headers) else {
        return Ok(no_browser());
    };
    let begin = app.connector.begin(&ticket, &browser).await.map_err(on_page(&app))?;
    Ok(browser::remembered(shown(&app, begin, &ticket), &app, &headers, &browser))
}

/// Takes the set-up form.
#[tracing::instrument(name = "connect.post", skip_all)]
pub(super) async fn post(
    State(app): State<App>,
    Path(ticket): Path<String>,
    headers: HeaderMap,
    Filled(form): Filled<Vec<(String, String)>>,
) -> Result<Response, PageProblem> {
    let Some(browser) = browser::known_or_new(&app, &headers) else {
        return Ok(no_browser());
    };
    let begin = app.connector.provide(&ticket, &browser, form).await.map_err(on_page(&app))?;
    Ok(browser::remembered(shown(&app, begin, &ticket), &app, &headers, &browser))
}

/// The two sites that the page named.
#[derive(Deserialize)]
pub(super) struct Read {
    login: String,
    token: String,
}

/// The person has read where the link leads, and goes on.
#[tracing::instrument(name = "connect.acknowledge", skip_all)]
pub(super) async fn acknowledge(
    State(app): State<App>,
    Path(ticket): Path<String>,
    headers: HeaderMap,
    Filled(Read { login, token }): Filled<Read>,
) -> Result<Response, PageProblem> {
    let Some(browser) = browser::known_or_new(&app, &headers) else {
        return Ok(no_browser());
    };
    let begin = app
        .connector
        .acknowledge(&ticket, &browser, Sites { login: &login, token: &token })
        .await
        .map_err(on_page(&app))?;
    Ok(browser::remembered(shown(&app, begin, &ticket), &app, &headers, &browser))
}

fn shown(app: &App, begin: Begin, ticket: &str) -> Response {
    let links = Links::of(app);
    match begin {
        Begin::Foreign(login) => pages::page(&links, "Another site", &pages::foreign_login(&links, &login, ticket)),
        Begin::Redirect(url) => pages::without_traces(Redirect::to(url.as_str()).into_response()),
        Begin::Guide(guide) => {
            pages::page(&links, &format!("Set up {}", guide.server), &pages::guide::guide(&links, &guide))
        }
        Begin::Instructions { title, text } => pages::page(&links, &title, &pages::instructions(&title, &text)),
    }
}
