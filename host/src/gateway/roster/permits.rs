//! Which servers are whose: a limited caller sees its own, and for each of them no more than it was given.

use std::collections::HashMap;
use std::sync::Arc;

use super::scope::ScopedServer;
use crate::gateway::principal::Principal;
use crate::settings::{Member, Only};

/// Who may call, and which servers are whose.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Callers {
    /// Whether callers are told apart by name. If not, everybody is the same caller, without a name.
    pub are_known: bool,
    /// The names of the callers to whom every server belongs.
    pub unlimited: Vec<Arc<str>>,
    /// The servers of every other caller by the caller's name, as groups list them.
    pub limited: HashMap<Arc<str>, Vec<Member>>,
}

/// What each limited caller may have of each server. A server that is missing is not the caller's.
#[derive(Default)]
pub(super) struct Permits(HashMap<Arc<str>, HashMap<String, Permit>>);

/// The views of a server that a caller may have. `None`: all of it.
type Permit = Option<Arc<[ScopedServer]>>;

impl Callers {
    /// Whether this caller may go on as before, if callers were `before` when it came.
    pub(super) fn still_have(&self, before: &Self, principal: &Principal) -> bool {
        let name = principal.name();
        match principal.limit() {
            None if self.are_known => self.unlimited.iter().any(|known| **known == *name),
            // Whoever put a name to its requests is not the hub's own check of keys.
            None => !before.are_known || name.is_empty(),
            Some(_) => self.limited.get(name).is_some_and(|members| before.limited.get(name) == Some(members)),
        }
    }
}

impl Permits {
    /// The permits of these callers. `view` is a server as a member of a group looks; it may be gone or switched off.
    pub(super) fn of(callers: &Callers, view: impl Fn(&Member) -> Option<ScopedServer>) -> Self {
        let of_caller = |members: &Vec<Member>| {
            let mut servers: HashMap<String, Vec<&Member>> = HashMap::new();
            for member in members {
                servers.entry(member.server.clone()).or_default().push(member);
            }
            servers.into_iter().map(|(server, members)| (server, permit(&members, &view))).collect()
        };
        Self(callers.limited.iter().map(|(name, members)| (name.clone(), of_caller(members))).collect())
    }

    /// Whether a server is the caller's.
    pub(super) fn has(&self, limit: Option<&str>, server: &str) -> bool {
        limit.is_none_or(|name| self.0.get(name).is_some_and(|servers| servers.contains_key(server)))
    }

    /// Those of the servers that are the caller's, each cut to what it may have. Nothing is the caller's that nobody knows.
    pub(super) fn applied(&self, limit: &str, servers: Vec<ScopedServer>) -> Vec<ScopedServer> {
        let Some(permits) = self.0.get(limit) else { return Vec::new() };
        let cut = |mut scoped: ScopedServer| {
            scoped.permitted.clone_from(permits.get(scoped.upstream.name())?);
            Some(scoped)
        };
        servers.into_iter().filter_map(cut).collect()
    }
}

/// One membership without a choice of tools, prompts and resources is the whole server.
fn permit(members: &[&Member], view: impl Fn(&Member) -> Option<ScopedServer>) -> Permit {
    let is_whole = members.iter().any(|member| member.only == Only::default());
    (!is_whole).then(|| members.iter().filter_map(|member| view(member)).collect())
}
