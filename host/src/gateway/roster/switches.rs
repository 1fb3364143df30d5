//! What the settings switch off or describe, by any name a person may use: the server's own, or the one that clients
//! show.
//!
//! A switch must never be missed because a name is spelled in another way: then something that was switched off would
//! run.

use std::collections::BTreeSet;

use super::scope::ScopedServer;
use crate::gateway::list_kind::ListKind;
use crate::gateway::names;
use crate::gateway::repair::ListEntry;
use crate::settings::{Only, Server, ToolSettings};

/// Rounds of [`names::marked`] whose names are recognised in the settings.
const ROUNDS: u32 = 3;

impl ScopedServer {
    /// Whether clients may see and use what the server calls `own`. `listed` is the server's list as far as it is known.
    pub(crate) fn shows(&self, kind: ListKind, own: &str, listed: Option<&[ListEntry]>) -> bool {
        let is_it = |name: &str| self.is_called(own, name, listed);
        let only = self.only.of(kind);
        switches(&self.upstream.server, kind).shows(is_it)
            // Most groups write the servers' own names.
            && only.is_none_or(|only| only.contains(own) || only.iter().any(|name| is_it(name)))
            && self.permitted.as_ref().is_none_or(|views| views.iter().any(|view| view.shows(kind, own, listed)))
    }

    /// The description that the settings give an entry in place of the server's own.
    pub(crate) fn description(&self, kind: ListKind, own: &str, listed: Option<&[ListEntry]>) -> Option<&str> {
        switches(&self.upstream.server, kind).description(|name| self.is_called(own, name, listed))
    }

    /// Whether a name in the settings means what the server calls `own`. Where another entry has exactly this name, the
    /// name means that entry.
    pub(crate) fn is_called(&self, own: &str, name: &str, listed: Option<&[ListEntry]>) -> bool {
        name == own || (self.is_seen_as(own, name) && !listed.unwrap_or_default().iter().any(|entry| entry.own == name))
    }

    /// Whether clients may show what the server calls `own` under this name, as written or in plain characters.
    fn is_seen_as(&self, own: &str, name: &str) -> bool {
        let is_written = |prefix: &String| name.strip_prefix(prefix.as_str()) == Some(own);
        let is_plain = |prefix: &String| {
            names::joined(prefix, own) == name || (0..ROUNDS).any(|round| names::marked(prefix, own, round) == name)
        };
        self.written_prefixes.iter().any(is_written) || names::fits(name) && self.plain_prefixes.iter().any(is_plain)
    }
}

/// A server's switches for one kind of list.
pub(crate) const fn switches(server: &Server, kind: ListKind) -> &ToolSettings {
    match kind {
        ListKind::Tools => &server.tools,
        ListKind::Prompts => &server.prompts,
        ListKind::Resources | ListKind::Templates => &server.resources,
    }
}

impl Only {
    /// The names that a group takes of one kind. `None` means all of them.
    pub(crate) const fn of(&self, kind: ListKind) -> Option<&BTreeSet<String>> {
        match kind {
            ListKind::Tools => self.tools.as_ref(),
            ListKind::Prompts => self.prompts.as_ref(),
            ListKind::Resources | ListKind::Templates => self.resources.as_ref(),
        }
    }
}
