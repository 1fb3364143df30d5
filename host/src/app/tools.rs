//! Tools as commands show and call them.
//!
//! Apart from `cli`, because a running hub answers commands with the same sentences as a command that has a hub of its own.

use futures::future::join_all;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::parts::App;
use crate::connect::Blocked;
use crate::gateway::{CallFailure, ToolView};
use crate::settings::ServerEntry;

/// The tools of servers.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct FoundTools {
    /// The tools, server by server in the order of the settings.
    pub tools: Vec<ToolView>,
    /// A sentence about each server whose tools are missing, or may be out of date.
    pub notes: Vec<String>,
}

/// A tool, and what to call it with.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ToolCall {
    /// The server that has it.
    pub server: String,
    /// The server's own name for it.
    pub tool: String,
    /// The arguments as the tool gets them.
    pub arguments: Map<String, Value>,
}

/// Why a server's tools are not known, or a tool gave no result.
#[derive(Debug, thiserror::Error)]
pub enum ToolsError {
    /// A person has to log in. The command that makes a link is named: a link of a process that ends now would lead nowhere.
    #[error("{0} needs a login; run: mcphub auth login {0}")]
    Login(String),
    /// The gateway could not list or call; its sentence says why.
    #[error(transparent)]
    Call(CallFailure),
}

impl ToolsError {
    fn of(server: &str, failure: CallFailure) -> Self {
        match failure {
            CallFailure::Blocked(Blocked::Login { .. } | Blocked::Setup { .. }) => Self::Login(server.to_owned()),
            CallFailure::Blocked(Blocked::Failed { .. })
            | CallFailure::UnknownServer { .. }
            | CallFailure::Answered { .. }
            | CallFailure::Server(_) => Self::Call(failure),
        }
    }
}

impl App {
    /// The tools of one server, which is waited for, or of all servers. Of those that do not answer soon, what is known.
    pub async fn tools(&self, server: Option<&str>) -> Result<FoundTools, ToolsError> {
        let Some(name) = server else { return Ok(self.tools_of_all().await) };
        let tools = self.gateway.tools_of(name).await.map_err(|failure| ToolsError::of(name, failure))?;
        Ok(FoundTools { tools, notes: Vec::new() })
    }

    async fn tools_of_all(&self) -> FoundTools {
        let loaded = self.in_force().loaded.clone();
        let enabled = loaded.settings.servers.iter().filter(|(_, entry)| is_enabled(entry));
        // All at once: the slowest server alone says how long it takes.
        let asked = enabled.map(|(name, _)| async move { (name, self.gateway.tools_at_hand(name).await) });
        let mut all = FoundTools::default();
        for (name, found) in join_all(asked).await {
            match found {
                Ok(at_hand) => {
                    all.notes.extend(at_hand.not_awaited);
                    all.tools.extend(at_hand.tools);
                }
                Err(failure) => all.notes.push(ToolsError::of(name, failure).to_string()),
            }
        }
        all
    }

    /// Calls a tool. Its result is what the server said, also where that says `isError`. Once nobody waits for it any more,
    /// the call is cancelled.
    pub async fn call_tool(&self, ToolCall { server, tool, arguments }: ToolCall) -> Result<Value, ToolsError> {
        let result = self.gateway.call(&server, &tool, arguments).await;
        result.map_err(|failure| ToolsError::of(&server, failure))
    }
}

fn is_enabled(entry: &ServerEntry) -> bool {
    matches!(entry, ServerEntry::Usable(server) if server.enabled)
}
