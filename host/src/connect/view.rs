//! Servers as people and scripts see them.

use std::time::SystemTime;

use humantime::format_rfc3339_seconds;
use mcphub_oauth::grant::Grant;
use mcphub_oauth::lifetime;
use serde::Serialize;

use super::core::entry::Entry;
use super::core::error::ConnectError;
use super::core::event::Event;
use super::core::parts::Core;
use super::core::state::{Failure, ServerAction, Status};
use super::discovery::learned;
use crate::settings::Transport;
use crate::store::StoreError;

/// One server, as the API shows it. Never holds a secret.
#[derive(Debug, Clone, Serialize)]
pub struct ServerView {
    /// Its name in the settings.
    pub name: String,
    /// The state of the server, without its details.
    pub status: Status,
    /// The one thing that a person can do now.
    pub action: ServerAction,
    /// Its URL, without secrets, or its command.
    pub address: String,
    /// The id of the plugin that serves it, once known.
    pub provider: Option<String>,
    /// The issuer of its authorization server, once known.
    pub issuer: Option<String>,
    /// The name of the account, once known.
    pub account: Option<String>,
    /// The granted scopes, once known.
    pub scopes: Option<Vec<String>>,
    /// When the access token expires, RFC 3339, once known.
    pub expires_at: Option<String>,
    /// When the login ends and a person must log in again, RFC 3339, if the provider's plugin knows.
    pub login_ends_at: Option<String>,
    /// Whether the grant can be refreshed without a person, once known.
    pub refreshable: Option<bool>,
    /// What the hub has learned about the authorization server by trying. A logout forgets it.
    pub learned: Vec<String>,
    /// What is wrong and how to fix it, if something is.
    pub problem: Option<String>,
    /// The same in parts, while the server is unstable or has failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// What the hub changed in the server's lists, or left out of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// What is known of the server's lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lists: Option<ListsView>,
    /// The latest events, oldest first.
    pub events: Vec<Event>,
}

/// What the hub knows of a server's lists, and shows to clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ListsView {
    /// How many tools the server lists.
    pub tools: usize,
    /// Whether the lists may be out of date, because the server does not answer.
    pub stale: bool,
}

impl ServerView {
    /// A server whose entry in the settings cannot be used.
    #[must_use]
    pub fn unusable(name: String, problem: String) -> Self {
        Self {
            name,
            status: Status::Failed,
            action: ServerAction::None,
            address: String::new(),
            provider: None,
            issuer: None,
            account: None,
            scopes: None,
            expires_at: None,
            login_ends_at: None,
            refreshable: None,
            learned: Vec::new(),
            problem: Some(problem),
            failure: None,
            notes: Vec::new(),
            lists: None,
            events: Vec::new(),
        }
    }
}

/// The view of one server. This reads the store and changes nothing.
pub(crate) async fn view(core: &Core, entry: &Entry) -> ServerView {
    let (state, memory) = (entry.state(), entry.memory());
    let (stored, sealed) = match core.grant(entry).await {
        Ok(stored) => (stored, None),
        Err(error @ StoreError::Sealed { .. }) => (None, Some(ConnectError::from(error).summary())),
        Err(error) => {
            tracing::warn!(server.name = entry.name(), "{}: its grant cannot be read: {error}", entry.name());
            (None, None)
        }
    };
    let grant = stored.map(|stored| stored.value);
    let token = grant.as_ref().and_then(|grant| grant.primary());
    let discovered = memory.discovered.as_ref();
    let issuer = discovered.map(|known| known.metadata.issuer.to_string());
    let granted_issuer = grant.as_ref().and_then(|grant| grant.issuer()).map(str::to_owned);
    let issuer = issuer.or(granted_issuer);
    let learned = match &issuer {
        Some(issuer) => {
            core.parts.store.learned(issuer).await.map(|known| learned::summary(&known)).unwrap_or_default()
        }
        None => Vec::new(),
    };
    let shown = |text: &str| entry.redaction.shown(text);
    let shown_all = |texts: Vec<String>| texts.iter().map(|text| shown(text)).collect::<Vec<_>>();
    let label = grant.as_ref().and_then(|grant| grant.account_label.as_deref());
    ServerView {
        name: entry.name().to_owned(),
        status: state.status(),
        action: state.action(),
        address: match &entry.server.transport {
            Transport::Http { url, .. } => entry.redaction.hide(&without_secrets(url)),
            Transport::Stdio { command, .. } => command.clone(),
        },
        provider: discovered.map(|known| known.provider.id().to_owned()),
        issuer: issuer.as_deref().map(shown),
        account: label.map(shown),
        scopes: grant.as_ref().and_then(|grant| grant.granted_scopes.clone()).map(shown_all),
        expires_at: token.and_then(|token| token.expires_at).map(|end| format_rfc3339_seconds(end).to_string()),
        login_ends_at: login_ends_at(entry, grant.as_ref()),
        refreshable: token.map(|token| token.refresh.is_some()),
        learned: shown_all(learned),
        problem: sealed.filter(|_| state.status() != Status::Connected).or_else(|| state.problem()),
        failure: state.failure().cloned(),
        notes: Vec::new(),
        lists: None,
        events: entry.journal.events(),
    }
}

fn login_ends_at(entry: &Entry, grant: Option<&Grant>) -> Option<String> {
    Some(format_rfc3339_seconds(login_end(entry, grant?)?).to_string())
}

/// When the login ends and a person must log in again, if the provider's plugin knows.
pub(super) fn login_end(entry: &Entry, grant: &Grant) -> Option<SystemTime> {
    let discovered = entry.discovered_at(grant.issuer()?)?;
    lifetime::ends_at(&discovered.provider.profile().refresh, grant)
}

/// A server's URL without the parts that may be secret: user information and query values.
fn without_secrets(url: &url::Url) -> String {
    let mut shown = url.clone();
    let names: Vec<String> = url.query_pairs().map(|(name, _)| name.into_owned()).collect();
    shown.set_query(None);
    // A URL that cannot have user information has none to hide.
    let _ = shown.set_password(None);
    let _ = shown.set_username("");
    if names.is_empty() { shown.to_string() } else { format!("{shown}?{}=…", names.join("=…&")) }
}
