//! `/login`: a browser shows an admin key and is logged in by a cookie. Works without scripts.

use axum::extract::{FromRequest, Query, Request, State};
use axum::http::header::{COOKIE, HeaderMap, HeaderValue, RETRY_AFTER, SET_COOKIE};
use axum::http::{Extensions, StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::form::Filled;
use super::links::{Links, host};
use super::{challenge, forwarded, pages, paths};
use crate::app::{App, InForce};
use crate::keys::LoginToken;

/// Where a browser wanted to go.
#[derive(Deserialize, Default)]
pub(super) struct Wanted {
    next: Option<String>,
}

/// What stands in the form.
#[derive(Deserialize)]
pub(super) struct ShownKey {
    key: String,
    next: Option<String>,
}

/// The form. A hub without keys has nothing to log in to.
pub(super) async fn get(State(app): State<App>, Query(wanted): Query<Wanted>) -> Response {
    if !app.wants_keys(&app.in_force()) {
        return Redirect::to(&Links::of(&app).to(paths::OVERVIEW)).into_response();
    }
    form(&app, wanted.next.as_deref(), None)
}

/// Logs the browser in. Attempts are counted before the key is looked at.
#[tracing::instrument(name = "login.post", skip_all)]
pub(super) async fn post(State(app): State<App>, request: Request) -> Response {
    let (headers, extensions) = (request.headers().clone(), request.extensions().clone());
    let now = app.clock.now();
    if let Err(wait) = app.entrance.attempts.count(forwarded::address(&extensions), now) {
        let seconds = challenge::seconds(&wait);
        let sentence = format!("There were too many attempts. Try again in {seconds} seconds.");
        let page = form(&app, None, Some(&sentence));
        return (StatusCode::TOO_MANY_REQUESTS, [(RETRY_AFTER, seconds.to_string())], page).into_response();
    }
    let shown = match Filled::<ShownKey>::from_request(request, &app).await {
        Ok(Filled(shown)) => shown,
        Err(problem) => return problem.into_response(),
    };
    let in_force = app.in_force();
    let sentence = match in_force.keys.identify(shown.key.trim().as_bytes()) {
        Some(key) if key.is_admin => {
            tracing::info!(key.name = &*key.name, "a browser was logged in with the key {}", key.name);
            let token = app.entrance.logins.begin(key, now, &app.random);
            let next = Redirect::to(&Links::of(&app).to(own_path(shown.next.as_deref())));
            let cookie = Cookie::of(&app, &headers, &extensions).with(token.secret(), LoginToken::LASTS.as_secs());
            return with_cookie(pages::without_traces(next.into_response()), cookie);
        }
        Some(_) => {
            "This key opens MCP endpoints and not these pages. Make one for them with: mcphub keys add NAME --admin"
        }
        None => "This key is not known.",
    };
    (StatusCode::FORBIDDEN, form(&app, shown.next.as_deref(), Some(sentence))).into_response()
}

/// Logs the browser out.
pub(super) async fn logout(State(app): State<App>, request: Request) -> Response {
    let cookie = Cookie::of(&app, request.headers(), request.extensions());
    if let Some(token) = cookie.found(request.headers()) {
        app.entrance.logins.end(token);
    }
    let page = Redirect::to(&Links::of(&app).to(paths::LOGIN)).into_response();
    with_cookie(pages::without_traces(page), cookie.with("", 0))
}

/// Whether the browser that asks is logged in.
pub(super) fn is_logged_in(app: &App, in_force: &InForce, request: &Request) -> bool {
    let cookie = Cookie::of(app, request.headers(), request.extensions());
    let token = cookie.found(request.headers());
    token.is_some_and(|token| app.entrance.logins.has(token, &in_force.keys, app.clock.now()))
}

/// Sends a browser to the form, from where it comes back.
pub(super) fn sent_to(app: &App, wanted: &Uri) -> Response {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("next", wanted.path_and_query().map_or(paths::OVERVIEW, |path| path.as_str()));
    let form = format!("{}?{}", Links::of(app).to(paths::LOGIN), query.finish());
    pages::without_traces(Redirect::to(&form).into_response())
}

fn form(app: &App, next: Option<&str>, problem: Option<&str>) -> Response {
    let links = Links::of(app);
    pages::page(&links, "Log in", &markup(&links, own_path(next), problem))
}

fn markup(links: &Links, next: &str, problem: Option<&str>) -> Markup {
    html! {
        div.card {
            h1 { "Log in" }
            @if let Some(problem) = problem { p.bad role="alert" { (problem) } }
            p { "These pages are for people with an admin key of this hub." }
            form method="post" action=(links.to(paths::LOGIN)) {
                input type="hidden" name="next" value=(next);
                label { "Key " input type="password" name="key" autocomplete="current-password" required autofocus; }
                " "
                button.main type="submit" { "Log in" }
            }
            p.soft { "Make one where the hub runs: " code { "mcphub keys add NAME --admin" } }
        }
    }
}

/// A path of the hub. Another site's address could begin with two slashes, or with one and a backslash.
fn own_path(next: Option<&str>) -> &str {
    let is_own = |path: &&str| {
        path.starts_with('/')
            && !path.get(1..).is_some_and(|rest| rest.starts_with(['/', '\\']))
            && path.bytes().all(|byte| byte.is_ascii_graphic())
    };
    next.filter(is_own).unwrap_or(paths::OVERVIEW)
}

/// The cookie of a browser that is logged in.
///
/// `Lax`, not `Strict`: a person who comes back from a provider's login page is still logged in. A form of another site gets
/// nowhere, because the guard refuses its origin.
struct Cookie {
    name: String,
    path: String,
    is_secure: bool,
}

impl Cookie {
    fn of(app: &App, headers: &HeaderMap, extensions: &Extensions) -> Self {
        let host = host(headers);
        let is_secure = challenge::is_secure(app, host, extensions);
        let prefix = app.prefix();
        let name = match (is_secure, prefix.is_empty()) {
            (true, true) => "__Host-mcphub_login".to_owned(),
            (true, false) => "__Secure-mcphub_login".to_owned(),
            // Every port of a host shares cookies.
            (false, _) => format!("mcphub_login_{}", port(host)),
        };
        Self { name, path: if prefix.is_empty() { "/".to_owned() } else { prefix.to_owned() }, is_secure }
    }

    fn with(&self, value: &str, seconds: u64) -> String {
        let Self { name, path, is_secure } = self;
        let secure = if *is_secure { "; Secure" } else { "" };
        format!("{name}={value}; Path={path}; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}")
    }

    fn found<'h>(&self, headers: &'h HeaderMap) -> Option<&'h str> {
        let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs = cookies.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(name, _)| *name == self.name).map(|(_, value)| value)
    }
}

fn port(host: &str) -> &str {
    host.rsplit_once(':').map(|(_, port)| port).filter(|port| port.parse::<u16>().is_ok()).unwrap_or("80")
}

fn with_cookie(mut response: Response, cookie: String) -> Response {
    if let Ok(mut cookie) = HeaderValue::try_from(cookie) {
        cookie.set_sensitive(true);
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_leads_to_a_path_of_the_hub_and_nowhere_else() {
        for (next, leads_to) in [
            (None, "/"),
            (Some("/"), "/"),
            (Some("/connect/t?a=b"), "/connect/t?a=b"),
            (Some("//evil.example"), "/"),
            (Some("/\\evil.example"), "/"),
            (Some("https://evil.example"), "/"),
            (Some("/a b"), "/"),
            (Some(""), "/"),
        ] {
            assert_eq!(own_path(next), leads_to, "{next:?}");
        }
    }
}
