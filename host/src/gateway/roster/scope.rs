//! What an endpoint covers, and how a server looks from there.

use std::sync::Arc;

use crate::gateway::upstream::Upstream;
use crate::settings::Only;

/// The servers that a client session can reach: those of an endpoint, as far as they are the caller's.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct ServerScope {
    pub(crate) kind: ScopeKind,
    /// The caller whose servers alone are in the scope. `None` for a caller that may reach all.
    ///
    /// It is part of the scope, so that whatever is kept for a scope is kept for each such caller apart.
    pub(crate) limit: Option<Arc<str>>,
}

/// What an endpoint covers.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum ScopeKind {
    /// Every server; names carry the server's prefix.
    All,
    /// The members of the group of this name.
    Group(String),
    /// The server of this name alone; names carry no prefix.
    One(String),
}

impl ServerScope {
    pub(crate) const ALL: Self = Self { kind: ScopeKind::All, limit: None };
}

/// Why no scope has a given name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ScopeError {
    /// Neither a server nor a group has this name.
    #[error("no server and no group is called {name:?}; there are: {known}")]
    Unknown { name: String, known: String },
    /// No endpoint has all servers together.
    #[error(
        "systemConfig.routing.enableGlobalRoute switches the endpoint of all servers off; add one of these names to the address: {known}"
    )]
    Apart { known: String },
    /// A server has this name, and the settings switch it off.
    #[error("{0} is switched off; remove \"enabled\": false from its entry in the settings")]
    Disabled(String),
}

/// A server as one scope sees it.
pub(crate) struct ScopedServer {
    pub(crate) upstream: Arc<Upstream>,
    /// What the server's names begin with in this scope, separator included.
    pub(crate) prefix: String,
    /// What a name begins with instead where the name with `prefix` is taken.
    pub(crate) own_prefix: String,
    /// Whether `prefix` is exactly what the settings say.
    pub(crate) is_as_written: bool,
    /// Prefixes that a name in the settings may carry, spelled as people write them.
    pub(crate) written_prefixes: Vec<String>,
    /// The same prefixes as clients see them.
    pub(crate) plain_prefixes: Vec<String>,
    /// The tools, prompts and resources that the group takes from this server.
    pub(crate) only: Only,
    /// The views of this server that the caller may have; what none of them shows is not there. `None`: all of it.
    pub(crate) permitted: Option<Arc<[ScopedServer]>>,
}
