//! Tools as the command line lists and calls them, in the hub's own session.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::core::GatewayCore;
use super::error::{CallFailure, UpstreamError};
use super::list_cache::{Entries, Freshness};
use super::list_kind::ListKind;
use super::lock::lock;
use super::message::{Fields, Message, raw, string};
use super::repair::ListEntry;
use super::upstream::{Health, Upstream};
use super::{names, own_call};
use crate::settings::Transport;

/// A tool, for people and scripts.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ToolView {
    /// The server that has it.
    pub server: String,
    /// The server's own name for it.
    pub name: String,
    /// The name that clients see at the endpoint for all servers.
    pub full_name: String,
    /// The description that clients see: from the settings, else the server's own.
    pub description: Option<String>,
    /// JSON Schema of its arguments.
    pub input_schema: Value,
}

/// Tools that can be shown without waiting for a slow server.
#[derive(Debug, Clone)]
pub struct ToolsAtHand {
    /// The tools, in the order in which the server lists them.
    pub tools: Vec<ToolView>,
    /// A sentence about the server if it was not awaited.
    pub not_awaited: Option<String>,
}

/// The tools of one server, or of all. A server that does not answer contributes none.
pub(super) async fn of_all(core: &GatewayCore, server: Option<&str>) -> Vec<ToolView> {
    let wanted = |upstream: &&Arc<Upstream>| server.is_none_or(|server| server == upstream.name());
    let roster = core.context.roster();
    let asked = roster.servers.values().filter(wanted).map(|upstream| async move {
        let tools = core.own_session.entries(upstream, ListKind::Tools).await.unwrap_or_default();
        (upstream.name(), tools)
    });
    let asked = futures::future::join_all(asked).await;
    asked.into_iter().flat_map(|(server, tools)| views(core, server, &tools.entries)).collect()
}

/// The tools of one server, or why they are not known.
pub(super) async fn of_server(core: &GatewayCore, server: &str) -> Result<Vec<ToolView>, CallFailure> {
    let upstream = upstream(core, server)?;
    if let Some(kept) = kept(core, &upstream) {
        return Ok(views(core, server, &kept.entries));
    }
    let tools =
        core.own_session.entries(&upstream, ListKind::Tools).await.map_err(|error| failure(&upstream, error))?;
    Ok(views(core, server, &tools.entries))
}

/// Whether the servers are watched: whatever can be known of them is known, or being found out.
fn is_running(core: &GatewayCore) -> bool {
    !lock(&core.tasks).own.is_empty()
}

/// The list that a running hub shows without asking the server: one that is current, or that of a command that rests and is
/// not started for a list.
fn kept(core: &GatewayCore, upstream: &Upstream) -> Option<Entries> {
    let (lists, class) = (&core.context.lists, &core.own_session.class);
    let known = lists.known(upstream.name(), ListKind::Tools, class, core.context.limits.list_age);
    let known = known.filter(|_| is_running(core))?;
    let is_current = known.freshness == Freshness::Fresh && !known.is_of_another && upstream.health() == Health::Up;
    (is_current || upstream.is_resting()).then_some(known.list)
}

/// Why a running hub does not wait for this server now: it is down, and tried again in the background.
async fn known_problem(core: &GatewayCore, upstream: &Upstream) -> Option<String> {
    if !is_running(core) || upstream.health() != Health::Down {
        return None;
    }
    core.connector.view(upstream.name()).await?.problem
}

/// The tools of one server as far as they are at hand: what is known already, where the server does not answer soon.
pub(super) async fn at_hand(core: &GatewayCore, server: &str) -> Result<ToolsAtHand, CallFailure> {
    let upstream = upstream(core, server)?;
    if let Some(kept) = kept(core, &upstream) {
        return Ok(ToolsAtHand { tools: views(core, server, &kept.entries), not_awaited: None });
    }
    let known = core.context.lists.get(server, ListKind::Tools, &core.own_session.class);
    let limits = &core.context.limits;
    let wait = match (&known, &upstream.server.transport) {
        (Some(_), _) => limits.patience,
        (None, Transport::Http { .. }) => limits.list / 3,
        // It may have to be downloaded first.
        (None, Transport::Stdio { .. }) => limits.list,
    };
    let asked = core.own_session.entries(&upstream, ListKind::Tools);
    let late = |problem: String| match &known {
        Some(known) => ToolsAtHand {
            tools: views(core, server, &known.entries),
            not_awaited: Some(format!("{problem}; these are the tools that it listed before")),
        },
        None => ToolsAtHand {
            tools: Vec::new(),
            not_awaited: Some(format!("{problem}; to wait for its tools, run: mcphub tools list --server {server}")),
        },
    };
    if let Some(problem) = known_problem(core, &upstream).await {
        return if known.is_some() { Ok(late(problem)) } else { Err(CallFailure::Server(problem)) };
    }
    match tokio::time::timeout(wait, asked).await {
        Ok(Ok(tools)) => Ok(ToolsAtHand { tools: views(core, server, &tools.entries), not_awaited: None }),
        Ok(Err(UpstreamError::Blocked(blocked))) => Err(CallFailure::Blocked(blocked)),
        Ok(Err(error)) if known.is_some() => Ok(late(upstream.redacted(&error))),
        Ok(Err(error)) => Err(failure(&upstream, error)),
        Err(_) => Ok(late(format!("{server} was not awaited for longer than {} seconds", wait.as_secs()))),
    }
}

/// Calls a tool by the server's own name for it.
pub(super) async fn call(
    core: &GatewayCore,
    server: &str,
    tool: &str,
    arguments: &serde_json::Map<String, Value>,
) -> Result<Value, CallFailure> {
    let upstream = upstream(core, server)?;
    let answered = |problem: String| CallFailure::Answered { server: server.to_owned(), problem };
    let listed = core.context.lists.get(server, ListKind::Tools, &core.own_session.class);
    let scoped = core.context.roster().prefixed(&upstream);
    if !scoped.shows(ListKind::Tools, tool, listed.as_ref().map(|list| list.entries.as_slice())) {
        return Err(answered(format!("the settings switch the tool {tool:?} off")));
    }
    let params: Fields = [("name".to_owned(), raw(&tool)), ("arguments".to_owned(), raw(arguments))].into();
    let id = core.own_session.next_id();
    let request = Message::request(id.clone(), "tools/call", &params);
    let sent = own_call::answer_of(&core.own_session, &upstream, id, request).await;
    let answer = sent.map_err(|error| failure(&upstream, error))?;
    let answer = upstream.without_secrets(answer);
    if let Some(problem) = answer.error_text() {
        return Err(answered(problem));
    }
    let result = answer.result_raw().and_then(|result| serde_json::from_str(result.get()).ok());
    result.ok_or_else(|| answered("nothing".to_owned()))
}

fn upstream(core: &GatewayCore, server: &str) -> Result<Arc<Upstream>, CallFailure> {
    let roster = core.context.roster();
    let unknown = || CallFailure::UnknownServer { name: server.to_owned(), known: roster.names(None) };
    roster.servers.get(server).cloned().ok_or_else(unknown)
}

fn failure(upstream: &Upstream, error: UpstreamError) -> CallFailure {
    match error {
        UpstreamError::Blocked(blocked) => CallFailure::Blocked(blocked),
        other => CallFailure::Server(upstream.redacted(&other)),
    }
}

/// The views of a server's tools. A tool of another than the default account, which clients of all servers do not see, gets
/// the name that it would have.
fn views(core: &GatewayCore, server: &str, tools: &[ListEntry]) -> Vec<ToolView> {
    let Some(upstream) = core.context.upstream(server) else { return Vec::new() };
    let table = core.own_session.known_names(ListKind::Tools);
    let scoped = core.context.roster().prefixed(&upstream);
    let shown = tools.iter().filter(|tool| scoped.shows(ListKind::Tools, &tool.own, Some(tools)));
    let view = |tool: &ListEntry| {
        let of_settings = scoped.description(ListKind::Tools, &tool.own, Some(tools)).map(str::to_owned);
        let schema = tool.fields.get("inputSchema").and_then(|raw| serde_json::from_str(raw.get()).ok());
        let full_name = table.name_of(server, &tool.own).map(str::to_owned);
        ToolView {
            server: server.to_owned(),
            name: tool.own.clone(),
            full_name: full_name.unwrap_or_else(|| names::joined(&scoped.prefix, &tool.own)),
            description: of_settings.or_else(|| string(&tool.fields, "description")),
            input_schema: schema.unwrap_or_default(),
        }
    };
    shown.map(view).collect()
}
