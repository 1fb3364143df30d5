//! `/connect/{ticket}`: starts a login in this browser.

use axum::extract::{Form, Path, State};
use axum::http::HeaderMap;
use axum::http::header::{HeaderValue, SET_COOKIE};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::problem::{PageProblem, no_browser};
use super::{browser, pages};
use crate::app::App;
use crate::connect::Begin;

/// Which server a person pressed the button of.
#[derive(Deserialize)]
pub(super) struct Pressed {
    server: String,
}

/// The button of the overview: a fresh link, followed at once.
#[tracing::instrument(name = "connect.start", skip_all)]
pub(super) async fn start(State(app): State<App>, Form(pressed): Form<Pressed>) -> Result<Redirect, PageProblem> {
    Ok(Redirect::to(app.connector.login(&pressed.server)?.as_str()))
}

/// Follows the link.
#[tracing::instrument(name = "connect.get", skip_all)]
pub(super) async fn get(
    State(app): State<App>,
    Path(ticket): Path<String>,
    headers: HeaderMap,
) -> Result<Response, PageProblem> {
    let Some((browser, cookie)) = browser::known_or_new(&app, &headers) else {
        return Ok(no_browser());
    };
    let begin = app.connector.begin(&ticket, &browser).await?;
    Ok(with_cookie(shown(begin, &ticket), cookie))
}

/// Takes the set-up form.
#[tracing::instrument(name = "connect.post", skip_all)]
pub(super) async fn post(
    State(app): State<App>,
    Path(ticket): Path<String>,
    headers: HeaderMap,
    Form(form): Form<Vec<(String, String)>>,
) -> Result<Response, PageProblem> {
    let Some((browser, cookie)) = browser::known_or_new(&app, &headers) else {
        return Ok(no_browser());
    };
    let begin = app.connector.provide(&ticket, &browser, form).await?;
    Ok(with_cookie(shown(begin, &ticket), cookie))
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
    Form(Read { login, token }): Form<Read>,
) -> Result<Response, PageProblem> {
    let Some((browser, cookie)) = browser::known_or_new(&app, &headers) else {
        return Ok(no_browser());
    };
    let begin = app.connector.acknowledge(&ticket, &browser, (&login, &token)).await?;
    Ok(with_cookie(shown(begin, &ticket), cookie))
}

fn shown(begin: Begin, ticket: &str) -> Response {
    match begin {
        Begin::Foreign(login) => pages::page("Another site", &pages::foreign_login(&login, ticket)).into_response(),
        Begin::Redirect(url) => pages::without_traces(Redirect::to(url.as_str()).into_response()),
        Begin::Guide(guide) => {
            pages::page(&format!("Set up {}", guide.server), &pages::guide::guide(&guide)).into_response()
        }
        Begin::Instructions { title, text } => pages::page(&title, &pages::instructions(&title, &text)).into_response(),
    }
}

fn with_cookie(mut response: Response, cookie: Option<HeaderValue>) -> Response {
    if let Some(cookie) = cookie {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}
