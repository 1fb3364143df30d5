//! The cookie by which a browser is recognised between a connect link and the callback.
//!
//! It gives no access by itself: a login also needs its link, or its `state` and code. All the same it is protected as far as
//! browsers allow. Under https its name begins with `__Host-` or `__Secure-`, so that only this host can set it, by https. Under
//! http every port of `localhost` shares cookies. There the name contains the port, so that two hubs do not take each other's
//! cookies, and the cookie goes only to the paths that need it, for an hour.

use axum::http::header::{COOKIE, HeaderMap, HeaderValue, SET_COOKIE};
use axum::response::Response;

use super::links::host;
use super::paths::WITH_COOKIE;
use crate::app::App;
use crate::app::names::CookiePlace;
use crate::connect::{BrowserId, new_browser};

/// As long as a connect link lives; each link that is opened begins it anew.
const MAX_AGE: u32 = 3600;

/// The browser that a request comes from, if it was here before.
pub(super) fn known(app: &App, headers: &HeaderMap) -> Option<BrowserId> {
    found(headers, &name(&place(app, headers)))
}

/// The browser that a request comes from, new or not.
pub(super) fn known_or_new(app: &App, headers: &HeaderMap) -> Option<BrowserId> {
    known(app, headers).or_else(|| new_browser(&app.random))
}

/// The answer, with the cookie.
pub(super) fn remembered(mut response: Response, app: &App, headers: &HeaderMap, browser: &BrowserId) -> Response {
    for cookie in cookies(&place(app, headers), browser) {
        let Ok(mut cookie) = HeaderValue::try_from(cookie) else { continue };
        cookie.set_sensitive(true);
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

fn place(app: &App, headers: &HeaderMap) -> CookiePlace {
    app.in_force().names.cookie_place(host(headers))
}

fn found(headers: &HeaderMap, name: &str) -> Option<BrowserId> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = cookies.flat_map(|cookies| cookies.split(';')).filter_map(|cookie| cookie.trim().split_once('='));
    pairs.filter(|(known, _)| *known == name).find_map(|(_, value)| BrowserId::parse(value))
}

fn name(place: &CookiePlace) -> String {
    match (place.is_secure, place.prefix.is_empty()) {
        (true, true) => "__Host-mcphub_browser".to_owned(),
        (true, false) => "__Secure-mcphub_browser".to_owned(),
        (false, _) => format!("mcphub_browser_{}", place.port),
    }
}

fn cookies(place: &CookiePlace, browser: &BrowserId) -> Vec<String> {
    let (name, prefix) = (name(place), &place.prefix);
    let with = |path: &str, secure: &str| {
        format!("{name}={}; Path={path}; HttpOnly; SameSite=Lax; Max-Age={MAX_AGE}{secure}", browser.as_str())
    };
    match (place.is_secure, prefix.is_empty()) {
        // The prefix of the name demands this path.
        (true, true) => vec![with("/", "; Secure")],
        (true, false) => WITH_COOKIE.iter().map(|path| with(&format!("{prefix}{path}"), "; Secure")).collect(),
        (false, _) => WITH_COOKIE.iter().map(|path| with(&format!("{prefix}{path}"), "")).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0123456789012345678901234567890123456789abc";

    fn place(is_secure: bool, prefix: &str) -> CookiePlace {
        CookiePlace { is_secure, port: 3000, prefix: prefix.to_owned() }
    }

    fn with(cookies: &'static str) -> Option<BrowserId> {
        let headers = HeaderMap::from_iter([(COOKIE, HeaderValue::from_static(cookies))]);
        found(&headers, &name(&place(false, "")))
    }

    #[test]
    fn the_cookie_is_found_among_others() {
        let browser = with("a=b; mcphub_browser_3000=0123456789012345678901234567890123456789abc; c=d");

        assert_eq!(browser.expect("browser").as_str(), ID);
    }

    #[test]
    fn a_cookie_that_this_hub_did_not_make_is_no_browser() {
        assert!(with("mcphub_browser_3000=short").is_none());
        assert!(with("mcphub_browser_3000=0123456789012345678901234567890123456789<x>").is_none());
        assert!(with("mcphub_browser_4000=0123456789012345678901234567890123456789abc").is_none());
        assert!(with("other=1").is_none());
    }

    #[test]
    fn the_cookie_goes_where_it_is_needed_and_stays_below_the_hub() {
        let browser = BrowserId::parse(ID).expect("a browser");
        let starts = |place| -> Vec<String> {
            let cookies = cookies(&place, &browser);
            cookies
                .iter()
                .map(|cookie| cookie.replace(ID, "ID").split("; HttpOnly").next().expect("a start").to_owned())
                .collect()
        };

        assert_eq!(
            starts(place(false, "/hub")),
            ["mcphub_browser_3000=ID; Path=/hub/connect", "mcphub_browser_3000=ID; Path=/hub/oauth"]
        );
        assert_eq!(starts(place(true, "")), ["__Host-mcphub_browser=ID; Path=/"]);
        assert_eq!(
            starts(place(true, "/hub")),
            ["__Secure-mcphub_browser=ID; Path=/hub/connect", "__Secure-mcphub_browser=ID; Path=/hub/oauth"]
        );
        assert!(cookies(&place(true, "/hub"), &browser).iter().all(|cookie| cookie.ends_with("; Secure")));
    }
}
