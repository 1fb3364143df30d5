//! The cookie by which a browser is known again between a connect link and the callback.

use axum::http::header::{COOKIE, HeaderMap, HeaderValue};

use crate::app::App;
use crate::connect::{BrowserId, new_browser};

const NAME: &str = "mcphub_browser";

/// The browser that a request comes from, if it was here before.
pub(super) fn known(headers: &HeaderMap) -> Option<BrowserId> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = cookies.flat_map(|cookies| cookies.split(';')).filter_map(|cookie| cookie.trim().split_once('='));
    pairs.filter(|(name, _)| *name == NAME).find_map(|(_, value)| BrowserId::parse(value))
}

/// The browser of a request, and the cookie to set if it is a new one.
pub(super) fn known_or_new(app: &App, headers: &HeaderMap) -> Option<(BrowserId, Option<HeaderValue>)> {
    if let Some(browser) = known(headers) {
        return Some((browser, None));
    }
    let browser = new_browser(&app.random)?;
    let secure = if app.base_url.scheme() == "https" { "; Secure" } else { "" };
    let cookie = format!("{NAME}={}; Path=/; HttpOnly; SameSite=Lax; Max-Age=2592000{secure}", browser.as_str());
    let mut cookie = HeaderValue::try_from(cookie).ok()?;
    cookie.set_sensitive(true);
    Some((browser, Some(cookie)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(cookies: &'static str) -> Option<BrowserId> {
        known(&HeaderMap::from_iter([(COOKIE, HeaderValue::from_static(cookies))]))
    }

    #[test]
    fn the_cookie_is_found_among_others() {
        let browser = with("a=b; mcphub_browser=0123456789012345678901234567890123456789abc; c=d");

        assert_eq!(browser.expect("browser").as_str(), "0123456789012345678901234567890123456789abc");
    }

    #[test]
    fn a_cookie_that_the_hub_did_not_make_is_no_browser() {
        assert!(with("mcphub_browser=short").is_none());
        assert!(with("mcphub_browser=0123456789012345678901234567890123456789<x>").is_none());
        assert!(with("other=1").is_none());
    }
}
