//! Where a server stands, as people and scripts see it.

use serde::Serialize;

use super::event::Event;

/// State of one server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It answers.
    Connected,
    /// Being tried.
    Connecting,
    /// A person must log in.
    LoginRequired,
    /// A person must set up a client first.
    SetupRequired,
    /// It cannot be reached or used; the last event or `problem` says why.
    Failed,
    /// Switched off in the settings.
    Disabled,
}

/// One server, as the API shows it. Never holds a secret.
#[derive(Debug, Clone, Serialize)]
pub struct ServerView {
    /// Name in the settings.
    pub name: String,
    /// State.
    pub status: Status,
    /// URL or command.
    pub address: String,
    /// Plugin that serves it, once known.
    pub provider: Option<String>,
    /// The issuer, once known.
    pub issuer: Option<String>,
    /// Account, once known.
    pub account: Option<String>,
    /// Granted scopes, once known.
    pub scopes: Option<Vec<String>>,
    /// When the access token ends, RFC 3339, once known.
    pub expires_at: Option<String>,
    /// Whether it is refreshed without a person.
    pub refreshable: Option<bool>,
    /// What the hub has learned about the authorization server by trying; a logout clears it.
    pub learned: Vec<String>,
    /// What is wrong and what to do, when something is.
    pub problem: Option<String>,
    /// What the hub had to change in the server's lists, or leave out of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The latest events, oldest first.
    pub events: Vec<Event>,
}

impl ServerView {
    /// A server whose entry in the settings cannot be used.
    #[must_use]
    pub fn unusable(name: String, problem: String) -> Self {
        Self {
            name,
            status: Status::Failed,
            address: String::new(),
            provider: None,
            issuer: None,
            account: None,
            scopes: None,
            expires_at: None,
            refreshable: None,
            learned: Vec::new(),
            problem: Some(problem),
            notes: Vec::new(),
            events: Vec::new(),
        }
    }
}
