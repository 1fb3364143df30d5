//! A client that the authorization server has deleted. Its login page refuses the client outright and never redirects
//! back (RFC 6749 §4.1.2.1). Before a person is sent there a second time, the hub checks the page itself.

use http::{Request, StatusCode};
use mcphub_oauth::client::Client;
use mcphub_oauth::hook::ClientKind;
use url::Url;

use crate::connect::core::at_issuer::AtIssuer;
use crate::connect::core::entry::Entry;
use crate::connect::core::event::Stage;
use crate::connect::core::parts::Core;
use crate::egress::without_query;

/// Whether the login page refuses this registered client. The page is meant for the person, so the hub requests it only
/// if an earlier login never came back, or if the provider ended the last login (some providers do so when they delete
/// a client).
pub(crate) async fn is_purged(at: AtIssuer<'_>, client: &Client, page: &Url, never_came_back: bool) -> bool {
    let AtIssuer { core, entry, discovered } = at;
    let is_in_doubt = never_came_back || entry.memory().ended.is_some();
    if client.kind != ClientKind::Registered || !is_in_doubt {
        return false;
    }
    let Ok(request) = Request::get(page.as_str()).header("accept", "text/html").body(Vec::new()) else {
        return false;
    };
    let asked = format!("GET {}, as the last login ended or never came back", without_query(page));
    let action = entry.journal.begin(Stage::Registration, asked);
    match core.parts.egress.send(request, discovered.policy).await {
        Ok(answer) => {
            let refuses = matches!(answer.status(), StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED);
            let body = String::from_utf8_lossy(answer.body()).to_ascii_lowercase();
            let is_purged = refuses && body.contains("client");
            action.done(if is_purged { "the client is not known any more" } else { "the client is known" });
            is_purged
        }
        Err(error) => {
            action.done(format!("not answered: {error}"));
            false
        }
    }
}

/// Forgets a client after this server's login showed that it no longer exists. Only a client that was registered for
/// this server is deleted, and only if no grant needs it: this login proves nothing about the clients of other servers.
pub(crate) async fn forget_client(core: &Core, entry: &Entry, client: &Client) {
    entry.remember(|memory| memory.gone_client.clone_from(&client.id));
    if let Err(error) = core.parts.store.delete_client(&entry.server.entry, client).await {
        tracing::warn!(
            server.name = entry.name(),
            "{}: the registered client cannot be forgotten: {error}",
            entry.name()
        );
    }
}
