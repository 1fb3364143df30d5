//! Addresses within the hub: they stay below its base address, and logins begin and end at its one name.

use axum::http::header::{HOST, HeaderMap};
use axum::response::Redirect;

use crate::app::App;

/// Says that a browser was sent to the base address once: a proxy that hides its own name must not be sent around in circles.
const SENT_HOME: &str = "mcphub_home=1";

/// Makes the links of pages.
#[derive(Debug, Clone)]
pub(super) struct Links(String);

impl Links {
    pub(super) fn of(app: &App) -> Self {
        Self(app.prefix().to_owned())
    }

    /// The hub as it stands at the root of its host.
    #[cfg(test)]
    pub(super) fn at_root() -> Self {
        Self(String::new())
    }

    /// A path of the hub, as browsers must ask for it.
    pub(super) fn to(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }
}

/// The name that a request came by.
pub(super) fn host(headers: &HeaderMap) -> &str {
    headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default()
}

/// The same path at the base address, for a browser that came by another name: its cookie and the provider's way back belong
/// to one name.
pub(super) fn homewards(app: &App, headers: &HeaderMap, path: &str, query: Option<&str>) -> Option<Redirect> {
    let query = query.unwrap_or_default();
    if app.in_force().names.is_home(host(headers)) || query.split('&').any(|pair| pair == SENT_HOME) {
        return None;
    }
    let mut home = app.base_url.join(path.trim_start_matches('/')).ok()?;
    let given = if query.is_empty() { String::new() } else { format!("{query}&") };
    home.set_query(Some(&format!("{given}{SENT_HOME}")));
    Some(Redirect::to(home.as_str()))
}
