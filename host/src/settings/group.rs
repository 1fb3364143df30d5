//! Groups: some servers, or some of what they have, under one name.

use std::collections::BTreeSet;

/// Some servers at an address of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The name under which clients reach the group.
    pub name: String,
    /// Its servers, in the file's order.
    pub members: Vec<Member>,
}

/// A server of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its name, or `name@account`.
    pub server: String,
    /// What stands before the names of its tools instead of its own name; empty: nothing.
    pub alias: Option<String>,
    /// What of it the group has.
    pub only: Only,
}

/// The only tools, prompts and resources of a server that a group has; none: all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Only {
    /// The only tools that the group shows; none: all.
    pub tools: Option<BTreeSet<String>>,
    /// The only prompts that the group shows; none: all.
    pub prompts: Option<BTreeSet<String>>,
    /// URIs of the only resources that the group shows; none: all.
    pub resources: Option<BTreeSet<String>>,
}
