//! Servers as people and scripts see them.

use humantime::format_rfc3339_seconds;

use super::entry::Entry;
use super::error::ConnectError;
use super::hub::Hub;
use super::lessons;
use super::status::{ServerView, Status};
use crate::settings::Transport;
use crate::store::StoreError;

/// One server; the grant is read from the store.
pub(super) async fn view(hub: &Hub, entry: &Entry) -> ServerView {
    let state = entry.state();
    let (stored, sealed) = match hub.grant(entry).await {
        Ok(stored) => (stored, None),
        Err(error @ StoreError::Sealed { .. }) => (None, Some(ConnectError::from(error).told())),
        Err(error) => {
            tracing::warn!(server.name = entry.name(), "{}: its grant cannot be read: {error}", entry.name());
            (None, None)
        }
    };
    let grant = stored.map(|stored| stored.value);
    let token = grant.as_ref().and_then(|grant| grant.primary());
    let discovered = state.discovered.as_ref();
    let issuer = discovered.map(|known| known.metadata.issuer.to_string());
    let granted_issuer = grant.as_ref().and_then(|grant| grant.issuer()).map(str::to_owned);
    let issuer = issuer.or(granted_issuer);
    let learned = match &issuer {
        Some(issuer) => hub.parts.store.lesson(issuer).await.map(|lesson| lessons::told(&lesson)).unwrap_or_default(),
        None => Vec::new(),
    };
    let shown_all = |texts: Vec<String>| texts.iter().map(|text| entry.redaction.shown(text)).collect::<Vec<_>>();
    ServerView {
        name: entry.name().to_owned(),
        status: state.status,
        address: match &entry.server.transport {
            Transport::Http { url, .. } => entry.redaction.hide(&shown(url)),
            Transport::Stdio { command, .. } => command.clone(),
        },
        provider: discovered.map(|known| known.party.id().to_owned()),
        issuer: issuer.map(|issuer| entry.redaction.shown(&issuer)),
        account: grant
            .as_ref()
            .and_then(|grant| grant.account_label.as_deref())
            .map(|label| entry.redaction.shown(label)),
        scopes: grant.as_ref().and_then(|grant| grant.granted_scopes.clone()).map(shown_all),
        expires_at: token.and_then(|token| token.expires_at).map(|end| format_rfc3339_seconds(end).to_string()),
        refreshable: token.map(|token| token.refresh.is_some()),
        learned: shown_all(learned),
        problem: sealed.or(state.problem).filter(|_| state.status != Status::Connected),
        notes: Vec::new(),
        events: entry.journal.events(),
    }
}

/// A server's URL without what may be a secret in it: user information and query values.
fn shown(url: &url::Url) -> String {
    let mut shown = url.clone();
    let names: Vec<String> = url.query_pairs().map(|(name, _)| name.into_owned()).collect();
    shown.set_query(None);
    // A URL that cannot have user information has none to hide.
    let _ = shown.set_password(None);
    let _ = shown.set_username("");
    if names.is_empty() { shown.to_string() } else { format!("{shown}?{}=…", names.join("=…&")) }
}
