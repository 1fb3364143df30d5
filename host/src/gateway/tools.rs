//! Tools as the command line lists and calls them: in the hub's own session.

use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use super::error::{CallFailure, UpstreamError};
use super::listing::Listing;
use super::message::{Fields, Message, raw, string};
use super::sound::Entry;
use super::upstream::Upstream;
use super::{Gateway, names};

/// A tool.
#[derive(Debug, Clone, Serialize)]
pub struct ToolView {
    /// The server that has it.
    pub server: String,
    /// Its name there.
    pub name: String,
    /// The name under which clients of all servers see it.
    pub full_name: String,
    /// What it does.
    pub description: Option<String>,
    /// JSON Schema of its arguments.
    pub input_schema: Value,
}

fn failure(upstream: &Upstream, error: UpstreamError) -> CallFailure {
    match error {
        UpstreamError::Blocked(blocked) => CallFailure::Blocked(blocked),
        other => CallFailure::Server(upstream.shown(&other)),
    }
}

impl Gateway {
    /// The tools of one server, or of all that answer.
    pub async fn tools(&self, server: Option<&str>) -> Vec<ToolView> {
        let wanted = |upstream: &&Arc<Upstream>| server.is_none_or(|server| server == upstream.name());
        let roster = self.0.shared.roster();
        let asked = roster.servers.values().filter(wanted).map(|upstream| async move {
            let tools = self.0.hub.entries(upstream, Listing::Tools).await.unwrap_or_default();
            (upstream.name(), tools)
        });
        let asked = futures::future::join_all(asked).await;
        asked.into_iter().flat_map(|(server, tools)| self.views(server, &tools)).collect()
    }

    /// The tools of one server, or why there are none.
    pub async fn tools_of(&self, server: &str) -> Result<Vec<ToolView>, CallFailure> {
        let upstream = self.upstream(server)?;
        let tools = self.0.hub.entries(&upstream, Listing::Tools).await.map_err(|error| failure(&upstream, error))?;
        Ok(self.views(server, &tools))
    }

    /// Calls a tool; the result is the server's own, also where it says `isError`.
    pub async fn call(
        &self,
        server: &str,
        tool: &str,
        arguments: serde_json::Map<String, Value>,
    ) -> Result<Value, CallFailure> {
        let upstream = self.upstream(server)?;
        let answered = |problem: String| CallFailure::Answered { server: server.to_owned(), problem };
        let listed = self.0.shared.known.list(server, Listing::Tools);
        let seen = self.0.shared.roster().prefixed(&upstream);
        if !seen.shows(Listing::Tools, tool, listed.as_deref().map(Vec::as_slice)) {
            return Err(answered(format!("the settings switch the tool {tool:?} off")));
        }
        let params: Fields = [("name".to_owned(), raw(&tool)), ("arguments".to_owned(), raw(&arguments))].into();
        let request = Message::request(self.0.hub.own_id(), "tools/call", &params);
        // The hub answers what it is asked meanwhile, and has no use for the rest.
        let answered_with = self.0.hub.answer_of(&upstream, &request).await;
        let (_, answer) = answered_with.map_err(|error| failure(&upstream, error))?;
        let answer = upstream.without_secrets(answer);
        if let Some(problem) = answer.error_text() {
            return Err(answered(problem));
        }
        let result = answer.result_raw().and_then(|result| serde_json::from_str(result.get()).ok());
        result.ok_or_else(|| answered("nothing".to_owned()))
    }

    fn upstream(&self, server: &str) -> Result<Arc<Upstream>, CallFailure> {
        let unknown = || CallFailure::UnknownServer { name: server.to_owned(), known: self.known() };
        self.0.shared.upstream(server).ok_or_else(unknown)
    }

    /// Each under the name that clients of all servers see; an account of its own under the one that it would have.
    fn views(&self, server: &str, tools: &[Entry]) -> Vec<ToolView> {
        let Some(upstream) = self.0.shared.upstream(server) else { return Vec::new() };
        let names = self.0.hub.known_names(Listing::Tools);
        let seen = self.0.shared.roster().prefixed(&upstream);
        let shown = tools.iter().filter(|tool| seen.shows(Listing::Tools, &tool.own, Some(tools)));
        let view = |tool: &Entry| {
            let told = seen.description(&tool.own, Some(tools)).map(str::to_owned);
            let schema = tool.fields.get("inputSchema").and_then(|raw| serde_json::from_str(raw.get()).ok());
            let full_name = names.name_of(server, &tool.own);
            ToolView {
                server: server.to_owned(),
                name: tool.own.clone(),
                full_name: full_name.map_or_else(|| names::joined(&seen.prefix, &tool.own), str::to_owned),
                description: told.or_else(|| string(&tool.fields, "description")),
                input_schema: schema.unwrap_or_default(),
            }
        };
        shown.map(view).collect()
    }
}
