//! One-time links that start a login in a person's browser.
//!
//! They are kept in the store, so that a link still works after a restart and on another hub.

use std::time::Duration;

use mcphub_oauth::browser::BrowserId;
use serde_json::json;
use url::Url;

use super::entry::Entry;
use super::error::{ConnectError, LinkError};
use super::parts::Core;
use crate::addresses;
use crate::store::{Pending, PendingKind, StoreError};

/// How long a link works.
const LIFETIME: Duration = Duration::from_hours(1);

/// A new link for a server. It belongs to the browser that opens it first.
pub(crate) async fn fresh(core: &Core, entry: &Entry) -> Result<Url, StoreError> {
    let ticket = core.parts.random.text::<32>();
    let pending = Pending { server: entry.name().to_owned(), data: json!({}), ends_at: core.now() + LIFETIME };
    core.parts.store.put_pending(PendingKind::Ticket, &ticket, &pending).await?;
    Ok(page(core, entry, &ticket))
}

/// A link for a server that nobody has opened yet and that has more than half of its lifetime left, or a new one.
/// Asking twice for the same login gives the same link.
pub(crate) async fn current(core: &Core, entry: &Entry) -> Result<Url, StoreError> {
    let now = core.now();
    let links = core.parts.store.pending_of(PendingKind::Ticket, entry.name(), now).await?;
    let is_good = |pending: &Pending| browser_of(pending).is_none() && now + LIFETIME / 2 < pending.ends_at;
    match links.into_iter().find(|(_, pending)| is_good(pending)) {
        Some((ticket, _)) => Ok(page(core, entry, &ticket)),
        None => fresh(core, entry).await,
    }
}

/// The server of a link. From now on, the link belongs to this browser.
pub(crate) async fn open(core: &Core, ticket: &str, browser: &BrowserId) -> Result<String, ConnectError> {
    // Whatever else is asked for costs no look into the store.
    if !is_ticket(ticket) {
        return Err(LinkError::Unknown.into());
    }
    let opener = browser.clone();
    // The owner is checked and set in one change of the store, so that two browsers cannot both get the link.
    let found = core.parts.store.change_pending(PendingKind::Ticket, ticket, core.now(), move |pending| {
        let owner = browser_of(pending);
        if owner.is_none() {
            pending.data = json!({ "browser": opener.as_str() });
        }
        let is_own = owner.is_none_or(|owner| owner == opener);
        is_own.then(|| pending.server.clone()).ok_or(LinkError::OtherBrowser)
    });
    Ok(found.await?.ok_or(LinkError::Unknown)??)
}

/// Ends all links of a server, because it has a grant now.
pub(crate) async fn close(core: &Core, entry: &Entry) {
    if let Err(error) = core.parts.store.end_pending(PendingKind::Ticket, entry.name()).await {
        // The links expire within the hour anyway.
        tracing::debug!(server.name = entry.name(), "its links are not closed: {error}");
    }
}

fn page(core: &Core, entry: &Entry, ticket: &str) -> Url {
    core.page(entry, &addresses::filled(addresses::CONNECT_TICKET, ticket))
}

/// Whether a text can be a ticket: 43 characters of base64url.
fn is_ticket(text: &str) -> bool {
    text.len() == 43 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

fn browser_of(pending: &Pending) -> Option<BrowserId> {
    pending.data.get("browser")?.as_str().and_then(BrowserId::parse)
}

#[cfg(test)]
mod tests;
