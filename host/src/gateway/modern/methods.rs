//! The methods of revision 2026-07-28, and those that it removed.

use crate::gateway::list_kind::ListKind;

/// How a request of such a client is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ModernMethod {
    /// What the servers in scope are and can do.
    Discover,
    /// A stream of changes, which has no end of its own.
    Listen,
    /// A list. It says how long it may be kept.
    List(ListKind),
    /// `resources/read`. It says how long it may be kept, and may need input.
    Read,
    /// `tools/call` and `prompts/get`, which may need input.
    MayAsk,
    /// Any other request that goes to a server.
    Other,
    /// A method of older revisions (Changelog, "Removed").
    Removed,
}

/// The kind of a method.
pub(crate) fn of(method: &str) -> ModernMethod {
    if let Some(kind) = ListKind::of(method) {
        return ModernMethod::List(kind);
    }
    match method {
        "server/discover" => ModernMethod::Discover,
        "subscriptions/listen" => ModernMethod::Listen,
        "resources/read" => ModernMethod::Read,
        "tools/call" | "prompts/get" => ModernMethod::MayAsk,
        "initialize" | "ping" | "logging/setLevel" | "resources/subscribe" | "resources/unsubscribe" => {
            ModernMethod::Removed
        }
        _ => ModernMethod::Other,
    }
}
