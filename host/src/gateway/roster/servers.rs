//! The servers of the settings in force, and which of them are in scope.

use std::collections::HashMap;
use std::sync::Arc;

use indexmap::IndexMap;

use super::permits::{Callers, Permits};
use super::scope::{ScopeError, ScopeKind, ScopedServer, ServerScope};
use super::views::{InScope, ScopeViews};
use crate::gateway::names;
use crate::gateway::principal::Principal;
use crate::gateway::upstream::Upstream;
use crate::settings::{Group, Member, Only, Server};

/// How several servers in one scope are presented.
#[derive(Debug, Clone, Default)]
pub struct Grouping {
    /// Stands between a server's name and a tool's.
    pub separator: String,
    /// Groups by name, and again by id.
    pub groups: IndexMap<String, Group>,
    /// Who may call, and which servers are whose.
    pub callers: Callers,
    /// Whether no endpoint has all servers together.
    pub is_apart: bool,
}

/// The servers of the settings in force.
#[derive(Default)]
pub(crate) struct Roster {
    /// Servers that are switched on, in the order of the settings.
    pub(crate) servers: IndexMap<String, Arc<Upstream>>,
    /// Names of servers that are switched off.
    pub(crate) disabled: Vec<String>,
    pub(crate) grouping: Grouping,
    /// The plain-character form of each server's name, as [`names::slugs`] makes it.
    slugs: HashMap<String, String>,
    /// What of the servers each limited caller may have.
    permits: Permits,
    views: ScopeViews,
}

/// A prefix, and whether it is exactly what the settings say.
struct NamePrefix {
    text: String,
    is_as_written: bool,
}

impl Roster {
    /// A roster of these servers. A server whose entry is unchanged since `before` stays the same [`Upstream`].
    pub(crate) fn of(
        servers: Vec<Server>,
        grouping: Grouping,
        before: &Self,
        make: impl Fn(Server) -> Upstream,
    ) -> Self {
        // Servers that are switched off count here too: switching one off must not rename another's tools.
        let slugs = names::slugs(servers.iter().map(|server| server.name.as_str()));
        let (enabled, disabled): (Vec<Server>, Vec<Server>) = servers.into_iter().partition(|server| server.enabled);
        let upstream = |server: Server| {
            let same = before.servers.get(&server.name).filter(|same| same.server.fingerprint == server.fingerprint);
            (server.name.clone(), same.cloned().unwrap_or_else(|| Arc::new(make(server))))
        };
        let mut roster = Self {
            servers: enabled.into_iter().map(upstream).collect(),
            disabled: disabled.into_iter().map(|server| server.name).collect(),
            grouping,
            slugs,
            permits: Permits::default(),
            views: ScopeViews::default(),
        };
        roster.permits = Permits::of(&roster.grouping.callers, |member| roster.member(member));
        roster
    }

    /// Whether a server is the caller's. `None` is a caller to whom all belong.
    pub(crate) fn permits_to(&self, limit: Option<&str>, server: &str) -> bool {
        self.permits.has(limit, server)
    }

    /// Whether a caller that came when `before` was in force may go on with what it has begun. If its servers are others now,
    /// it has to begin again, so that nothing of a server that is not its own any more stays in its session.
    pub(crate) fn still_admits(&self, before: &Self, principal: &Principal) -> bool {
        self.grouping.callers.still_have(&before.grouping.callers, principal)
    }

    /// The servers that an endpoint covering all servers shows: each once, under its default account.
    pub(crate) fn default_accounts(&self) -> impl Iterator<Item = &Arc<Upstream>> {
        self.servers.values().filter(|upstream| upstream.server.is_default())
    }

    /// The servers that `other` lacks, or has with another entry.
    pub(crate) fn not_in<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = &'a Arc<Upstream>> {
        let same = |one: &Arc<Upstream>| other.servers.get(one.name()).is_some_and(|two| Arc::ptr_eq(one, two));
        self.servers.values().filter(move |upstream| !same(upstream))
    }

    /// The scope of this name. A group wins over a server of the same name. What is not a limited caller's is unknown to it.
    pub(crate) fn scope(&self, name: &str, limit: Option<&str>) -> Result<ScopeKind, ScopeError> {
        if let Some(group) = self.grouping.groups.get(name).filter(|group| self.is_seen(group, limit)) {
            return Ok(ScopeKind::Group(group.name.clone()));
        }
        let is_permitted = self.permits.has(limit, name);
        if is_permitted && self.servers.contains_key(name) {
            return Ok(ScopeKind::One(name.to_owned()));
        }
        if is_permitted && self.disabled.iter().any(|disabled| disabled == name) {
            return Err(ScopeError::Disabled(name.to_owned()));
        }
        Err(ScopeError::Unknown { name: name.to_owned(), known: self.names(limit) })
    }

    /// Whether a scope that there was is still there.
    pub(crate) fn has(&self, scope: &ScopeKind) -> bool {
        match scope {
            ScopeKind::All => true,
            ScopeKind::Group(name) => self.grouping.groups.contains_key(name),
            ScopeKind::One(name) => self.servers.contains_key(name),
        }
    }

    /// The scope of all servers together.
    pub(crate) fn scope_of_all(&self, limit: Option<&str>) -> Result<ScopeKind, ScopeError> {
        if self.grouping.is_apart { Err(ScopeError::Apart { known: self.names(limit) }) } else { Ok(ScopeKind::All) }
    }

    /// The names of all servers and groups that a caller knows of, for a sentence.
    pub(crate) fn names(&self, limit: Option<&str>) -> String {
        let servers = self.servers.keys().filter(|server| self.permits.has(limit, server));
        let groups = self.grouping.groups.iter().filter(|(_, group)| self.is_seen(group, limit)).map(|(name, _)| name);
        servers.chain(groups).map(String::as_str).collect::<Vec<_>>().join(", ")
    }

    /// Whether a group has a member that is the caller's.
    fn is_seen(&self, group: &Group, limit: Option<&str>) -> bool {
        limit.is_none() || group.members.iter().any(|member| self.permits.has(limit, &member.server))
    }

    /// The servers in a scope, in the order of the settings or of the group.
    pub(crate) fn in_scope(&self, scope: &ServerScope) -> InScope {
        self.views.of(scope, || {
            let servers = self.of_kind(&scope.kind);
            match scope.limit.as_deref() {
                None => servers,
                Some(limit) => self.permits.applied(limit, servers),
            }
        })
    }

    fn of_kind(&self, kind: &ScopeKind) -> Vec<ScopedServer> {
        match kind {
            ScopeKind::All => self.default_accounts().map(|upstream| self.prefixed(upstream)).collect(),
            ScopeKind::One(server) => {
                self.servers.get(server).map(|upstream| self.without_prefix(upstream)).into_iter().collect()
            }
            ScopeKind::Group(name) => {
                self.grouping.groups.get(name).map(|group| self.members(group)).unwrap_or_default()
            }
        }
    }

    /// A server whose names carry its own name as their prefix.
    pub(crate) fn prefixed(&self, upstream: &Arc<Upstream>) -> ScopedServer {
        let own = self.own_prefix(upstream.name());
        let written = [upstream.name(), upstream.server.entry.as_str()];
        ScopedServer {
            prefix: own.text.clone(),
            written_prefixes: written.map(|name| format!("{name}{}", self.grouping.separator)).to_vec(),
            plain_prefixes: vec![own.text.clone()],
            own_prefix: own.text,
            is_as_written: own.is_as_written,
            upstream: upstream.clone(),
            only: Only::default(),
            permitted: None,
        }
    }

    fn without_prefix(&self, upstream: &Arc<Upstream>) -> ScopedServer {
        let none = String::new();
        ScopedServer { prefix: none.clone(), own_prefix: none, is_as_written: true, ..self.prefixed(upstream) }
    }

    fn members(&self, group: &Group) -> Vec<ScopedServer> {
        group.members.iter().filter_map(|member| self.member(member)).collect()
    }

    fn member(&self, member: &Member) -> Option<ScopedServer> {
        let mut scoped = self.prefixed(self.servers.get(&member.server)?);
        scoped.only.clone_from(&member.only);
        match &member.alias {
            Some(alias) if alias.is_empty() => (scoped.prefix, scoped.is_as_written) = (String::new(), true),
            Some(alias) => {
                let prefix = self.separated(alias, &names::plain(alias));
                scoped.written_prefixes.push(format!("{alias}{}", self.grouping.separator));
                scoped.plain_prefixes.push(prefix.text.clone());
                (scoped.prefix, scoped.is_as_written) = (prefix.text, prefix.is_as_written);
            }
            None => {}
        }
        Some(scoped)
    }

    /// The `@` before an account is not allowed in a tool's name (MCP, "Tool Names"). Replacing it by `_` is expected, so
    /// it does not count as a change of what the settings say.
    fn own_prefix(&self, server: &str) -> NamePrefix {
        let slug = self.slugs.get(server).cloned().unwrap_or_else(|| names::plain(server));
        self.separated(&server.replace('@', "_"), &slug)
    }

    fn separated(&self, written: &str, plain: &str) -> NamePrefix {
        let separator = names::plain(&self.grouping.separator);
        let is_as_written = written == plain && separator == self.grouping.separator;
        NamePrefix { text: format!("{plain}{separator}"), is_as_written }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roster() -> Roster {
        let group = Group { name: "team".into(), members: Vec::new() };
        let groups = IndexMap::from([("team".to_owned(), group.clone()), ("1f2e".to_owned(), group)]);
        Roster {
            disabled: vec!["off".to_owned()],
            grouping: Grouping { separator: "::".into(), groups, ..Grouping::default() },
            ..Roster::default()
        }
    }

    #[test]
    fn a_group_is_found_by_its_name_and_by_its_id() {
        for name in ["team", "1f2e"] {
            assert_eq!(roster().scope(name, None), Ok(ScopeKind::Group("team".to_owned())), "{name}");
        }
    }

    #[test]
    fn a_server_that_is_switched_off_is_not_reported_as_unknown() {
        assert_eq!(roster().scope("off", None), Err(ScopeError::Disabled("off".to_owned())));
        let known = "team, 1f2e".to_owned();
        assert_eq!(roster().scope("x", None), Err(ScopeError::Unknown { name: "x".to_owned(), known }));
    }

    #[test]
    fn a_prefix_has_plain_characters_only_and_says_whether_it_was_changed() {
        let changed = roster().own_prefix("notes@work");
        let mut roster = roster();
        roster.grouping.separator = "-".into();
        let unchanged = roster.own_prefix("notes@work");

        assert_eq!((changed.text.as_str(), changed.is_as_written), ("notes_work__", false));
        assert_eq!((unchanged.text.as_str(), unchanged.is_as_written), ("notes_work-", true));
    }
}
