//! Who may ask for what, where keys are in force: a key opens the MCP endpoints, and an admin's key the API and the pages, too.
//!
//! The guard has checked the request before. Here nothing waits, and where no key is in force nothing happens.

use axum::extract::Request;
use axum::http::header::{ACCEPT, AUTHORIZATION, HeaderMap};
use axum::http::{HeaderName, Method};
use axum::response::Response;

use super::challenge::{self, KeyRefusal};
use super::{forwarded, login, paths};
use crate::app::{App, InForce};
use crate::gateway::Principal;
use crate::keys::{KnownKey, WrongKeyNews};

/// Letters of a path in a log line.
const MAX_PATH: usize = 100;

/// From where a request came.
#[derive(Debug, Clone, Copy)]
pub(super) struct Came {
    /// From a command on this machine, which proved it.
    pub(super) by_command: bool,
    /// To a name that belongs to this machine alone, and by no proxy.
    pub(super) from_here: bool,
}

/// Says that a browser is logged in, for the button that logs it out.
#[derive(Debug, Clone, Copy)]
pub(super) struct LoggedIn;

/// Lets a request go on, or answers it.
pub(super) fn admit(app: &App, in_force: &InForce, request: &mut Request, came: Came) -> Result<(), Box<Response>> {
    let path = request.uri().path();
    let makes_keys = paths::is_for_keys(path) && *request.method() != Method::GET;
    if makes_keys && !came.by_command {
        // Also on this machine: a program of another user, or one that has a key for a few servers, makes itself none for all.
        return admin(app, in_force, request, Came { from_here: false, ..came });
    }
    if !app.wants_keys(in_force) {
        return Ok(());
    }
    if paths::is_endpoint(path) {
        return caller(app, in_force, request);
    }
    if paths::is_open(path) || came.by_command || in_force.names.is_open() {
        return Ok(());
    }
    admin(app, in_force, request, came)
}

/// The check of MCP endpoints. The header with the key goes no further than this.
fn caller(app: &App, in_force: &InForce, request: &mut Request) -> Result<(), Box<Response>> {
    let name = in_force.keys.header();
    let key = match token(request.headers(), name) {
        Some(token) => in_force.keys.identify(token).ok_or_else(|| wrong(app, request)),
        None => Err(KeyRefusal::Missing),
    };
    let used = key.and_then(|key| key.spend(app.clock.now()).map(|()| key).map_err(KeyRefusal::TooOften));
    match used {
        Ok(key) => {
            let principal = Principal::of(key.name.clone(), key.is_limited);
            request.headers_mut().remove(name);
            request.extensions_mut().insert(principal);
            Ok(())
        }
        Err(refusal) => Err(Box::new(challenge::on_endpoint(app, request, &refusal))),
    }
}

/// The check of the API and the pages. On a hub that no other machine reaches, a browser of this machine needs no key.
fn admin(app: &App, in_force: &InForce, request: &mut Request, came: Came) -> Result<(), Box<Response>> {
    if came.from_here && !app.is_exposed() {
        return Ok(());
    }
    let shown = token(request.headers(), in_force.keys.header()).map(|token| in_force.keys.identify(token));
    if let Some(key) = shown {
        return allowed(key.map(|key| &**key), || wrong(app, request))
            .map_err(|refusal| Box::new(challenge::on_api(app, request, &refusal)));
    }
    if login::is_logged_in(app, in_force, request) {
        request.extensions_mut().insert(LoggedIn);
        return Ok(());
    }
    if wants_page(request) {
        return Err(Box::new(login::sent_to(app, request.uri())));
    }
    Err(Box::new(challenge::on_api(app, request, &KeyRefusal::Missing)))
}

fn allowed(key: Option<&KnownKey>, wrong: impl FnOnce() -> KeyRefusal) -> Result<(), KeyRefusal> {
    match key {
        Some(key) if key.is_admin => Ok(()),
        Some(_) => Err(KeyRefusal::NotAdmin),
        None => Err(wrong()),
    }
}

/// The refusal of a key that is not in force. Every key was compared already, in constant time: how many wrong ones came before
/// changes the refusal only, never what is accepted.
fn wrong(app: &App, request: &Request) -> KeyRefusal {
    let (address, path) = (forwarded::address(request.extensions()), request.uri().path());
    let path: String = path.chars().take(MAX_PATH).collect();
    let (counted, news) = app.entrance.wrong_keys.count(address, app.clock.now());
    match news {
        Some(WrongKeyNews::First) => {
            tracing::warn!("a request from {address} for {path} came with a key that is not in force");
        }
        Some(WrongKeyNews::TooMany) => {
            tracing::warn!(
                "too many requests came with keys that are not in force from {address}, the last for {path}"
            );
        }
        None => {}
    }
    counted.map_or_else(KeyRefusal::TooManyWrong, |()| KeyRefusal::Wrong)
}

fn wants_page(request: &Request) -> bool {
    let accepts = request.headers().get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    *request.method() == Method::GET && accepts.contains("text/html")
}

/// The token in a header. RFC 9110 §11.1: the scheme is written in any case. A header of its own may hold the token alone.
fn token<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h [u8]> {
    let value = headers.get(name)?.as_bytes().trim_ascii();
    let token = match value.split_at_checked(7) {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case(b"bearer ") => token.trim_ascii(),
        Some(_) | None if *name != AUTHORIZATION => value,
        Some(_) | None => return None,
    };
    Some(token).filter(|token| !token.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &HeaderName, value: &'static str) -> Option<&'static str> {
        let headers = HeaderMap::from_iter([(name.clone(), value.parse().expect("a value"))]);
        let token = token(&headers, name).map(|token| String::from_utf8(token.to_vec()).expect("text"));
        token.map(|token| &*token.leak())
    }

    #[test]
    fn a_token_is_read_whatever_the_case_of_its_scheme() {
        for value in ["Bearer abc", "bearer abc", "BEARER   abc "] {
            assert_eq!(read(&AUTHORIZATION, value), Some("abc"), "{value}");
        }
        for value in ["Basic abc", "abc", "Bearer", "Bearer ", ""] {
            assert_eq!(read(&AUTHORIZATION, value), None, "{value}");
        }
    }

    #[test]
    fn a_header_of_its_own_may_hold_the_token_alone() {
        let own = HeaderName::from_static("x-hub-key");
        assert_eq!(read(&own, "Bearer abc"), Some("abc"));
        assert_eq!(read(&own, "abc"), Some("abc"));
        assert_eq!(read(&own, ""), None);
    }
}
