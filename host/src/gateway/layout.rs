//! Which servers a scope has, and under which names their tools are seen.

use std::collections::BTreeSet;
use std::sync::Arc;

use indexmap::IndexMap;

use super::session::{Scope, lists};
use super::shared::Roster;
use super::upstream::Upstream;
use crate::settings::Group;

/// How the servers are put together where several are in scope.
#[derive(Debug, Clone, Default)]
pub struct Layout {
    /// Between a server's name and a tool's.
    pub separator: String,
    /// Groups by name, and by id.
    pub groups: IndexMap<String, Group>,
}

/// A server as a scope sees it.
pub(crate) struct Seen {
    pub(crate) upstream: Arc<Upstream>,
    /// What its names begin with, the separator included.
    pub(crate) prefix: String,
    /// What a name begins with that is taken already.
    pub(crate) own_prefix: String,
    /// The only tools that are seen, where not all are.
    tools: Option<BTreeSet<String>>,
}

impl Seen {
    /// Whether a tool of the server can be seen and called.
    pub(crate) fn shows(&self, tool: &str) -> bool {
        lists::is_shown(&self.upstream.server, tool) && self.tools.as_ref().is_none_or(|tools| tools.contains(tool))
    }
}

impl Roster {
    /// The servers of a scope: of all, each under the account that needs no name; of a group, what it lists.
    pub(crate) fn seen(&self, scope: &Scope) -> Vec<Seen> {
        let plain = |upstream: &Arc<Upstream>| {
            let own_prefix = self.own_prefix(upstream.name());
            Seen { prefix: own_prefix.clone(), own_prefix, upstream: upstream.clone(), tools: None }
        };
        match scope {
            Scope::All => self.main().map(plain).collect(),
            Scope::One(server) => self.servers.get(server).map(plain).into_iter().collect(),
            Scope::Group(name) => self.layout.groups.get(name).map(|group| self.members(group)).unwrap_or_default(),
        }
    }

    fn members(&self, group: &Group) -> Vec<Seen> {
        let member = |member: &crate::settings::Member| {
            let upstream = self.servers.get(&member.server)?.clone();
            let own_prefix = self.own_prefix(&member.server);
            let prefix = match &member.alias {
                Some(alias) if alias.is_empty() => String::new(),
                Some(alias) => format!("{alias}{}", self.layout.separator),
                None => own_prefix.clone(),
            };
            Some(Seen { upstream, prefix, own_prefix, tools: member.tools.clone() })
        };
        group.members.iter().filter_map(member).collect()
    }

    /// An account's mark is no character of a tool's name (MCP, Tool Names).
    fn own_prefix(&self, server: &str) -> String {
        format!("{}{}", server.replace('@', "_"), self.layout.separator)
    }
}
