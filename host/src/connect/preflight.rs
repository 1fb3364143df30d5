//! A client that the authorization server has purged: its login page refuses outright, and nobody ever comes back (RFC 6749
//! §4.1.2.1). Before a person is sent there a second time, the hub looks itself.

use http::{Request, StatusCode};
use mcphub_oauth::client::Client;
use mcphub_oauth::hook::ClientKind;
use url::Url;

use super::discovery::Discovered;
use super::entry::Entry;
use super::event::Stage;
use super::hub::Hub;
use crate::egress::without_query;

/// Whether the login page at `url` refuses this registered client. Only asked where an earlier login never came back, or
/// where the provider ended the last one (some say so of a client that they purged): the page is the person's.
pub(super) async fn is_purged(
    hub: &Hub,
    entry: &Entry,
    discovered: &Discovered,
    (client, url): (&Client, &Url),
) -> bool {
    let is_in_doubt = entry.state().ended.is_some() || hub.has_flight_of(entry.name(), client.id.as_deref());
    if client.kind != ClientKind::Registered || !is_in_doubt {
        return false;
    }
    let Ok(request) = Request::get(url.as_str()).header("accept", "text/html").body(Vec::new()) else {
        return false;
    };
    let asked = format!("GET {}, as the last login ended or never came back", without_query(url));
    let action = entry.journal.begin(Stage::Registration, asked);
    match hub.parts.egress.send(request, discovered.reach).await {
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
