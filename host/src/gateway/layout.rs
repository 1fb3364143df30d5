//! Which servers a scope has, and under which names their tools are seen.

use std::collections::BTreeSet;
use std::sync::Arc;

use indexmap::IndexMap;

use super::listing::Listing;
use super::names;
use super::session::Scope;
use super::shared::Roster;
use super::upstream::Upstream;
use crate::settings::{Group, Member, Only};

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
    /// Whether the prefix is what the settings say, letter by letter.
    pub(crate) is_as_written: bool,
    /// What may stand before a name in the settings: as people write it.
    pub(crate) written_prefixes: Vec<String>,
    /// The same as clients see it.
    pub(crate) plain_prefixes: Vec<String>,
    /// All that the group has of it.
    pub(crate) only: Only,
}

impl Roster {
    /// The servers of a scope: of all, each under the account that needs no name; of a group, what it lists; of one,
    /// itself, its names without a prefix.
    pub(crate) fn seen(&self, scope: &Scope) -> Vec<Seen> {
        match scope {
            Scope::All => self.main().map(|upstream| self.prefixed(upstream)).collect(),
            Scope::One(server) => self.servers.get(server).map(|upstream| self.bare(upstream)).into_iter().collect(),
            Scope::Group(name) => self.layout.groups.get(name).map(|group| self.members(group)).unwrap_or_default(),
        }
    }

    /// A server under its own name.
    pub(crate) fn prefixed(&self, upstream: &Arc<Upstream>) -> Seen {
        let (own_prefix, is_as_written) = self.own_prefix(upstream.name());
        let written = [upstream.name(), upstream.server.entry.as_str()];
        Seen {
            prefix: own_prefix.clone(),
            written_prefixes: written.map(|name| format!("{name}{}", self.layout.separator)).to_vec(),
            plain_prefixes: vec![own_prefix.clone()],
            own_prefix,
            is_as_written,
            upstream: upstream.clone(),
            only: Only::default(),
        }
    }

    /// A server by itself: its names have no prefix.
    fn bare(&self, upstream: &Arc<Upstream>) -> Seen {
        let none = String::new();
        Seen { prefix: none.clone(), own_prefix: none, is_as_written: true, ..self.prefixed(upstream) }
    }

    fn members(&self, group: &Group) -> Vec<Seen> {
        let member = |member: &Member| {
            let mut seen = self.prefixed(self.servers.get(&member.server)?);
            seen.only.clone_from(&member.only);
            match &member.alias {
                Some(alias) if alias.is_empty() => (seen.prefix, seen.is_as_written) = (String::new(), true),
                Some(alias) => {
                    (seen.prefix, seen.is_as_written) = self.separated(alias, &names::plain(alias));
                    seen.written_prefixes.push(format!("{alias}{}", self.layout.separator));
                    seen.plain_prefixes.push(seen.prefix.clone());
                }
                None => {}
            }
            Some(seen)
        };
        group.members.iter().filter_map(member).collect()
    }

    /// An account's mark is no character of a tool's name (MCP, Tool Names), and everybody knows what becomes of it.
    fn own_prefix(&self, server: &str) -> (String, bool) {
        let slug = self.slugs.get(server).cloned().unwrap_or_else(|| names::plain(server));
        self.separated(&server.replace('@', "_"), &slug)
    }

    fn separated(&self, written: &str, plain: &str) -> (String, bool) {
        let separator = names::plain(&self.layout.separator);
        let is_as_written = written == plain && separator == self.layout.separator;
        (format!("{plain}{separator}"), is_as_written)
    }
}

impl Only {
    /// Those of one kind; none: all are shown.
    pub(crate) const fn of(&self, listing: Listing) -> Option<&BTreeSet<String>> {
        match listing {
            Listing::Tools => self.tools.as_ref(),
            Listing::Prompts => self.prompts.as_ref(),
            Listing::Resources | Listing::Templates => self.resources.as_ref(),
        }
    }
}
