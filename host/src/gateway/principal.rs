//! Who a request comes from, as far as the hub can tell.

use std::sync::Arc;

/// The caller of an endpoint. Whatever authenticates requests puts it into their extensions; without that, the hub tells no
/// callers apart, and all are the same one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    name: Arc<str>,
    /// Whether only some servers are this caller's: those that [`super::Grouping`] lists under its name.
    is_limited: bool,
}

impl Principal {
    /// The caller with this name, which is unique among callers and never changes. Every server is this caller's.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self::of(name.into(), false)
    }

    /// The caller with this name. A limited one sees its own servers only, and nothing that tells of another one.
    #[must_use]
    pub const fn of(name: Arc<str>, is_limited: bool) -> Self {
        Self { name, is_limited }
    }

    /// The name; empty where callers are not told apart.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Whether the hub knows this caller from others.
    pub(crate) fn is_told_apart(&self) -> bool {
        !self.name.is_empty()
    }

    /// The name under which the caller's servers are listed. `None` if all are.
    pub(crate) fn limit(&self) -> Option<Arc<str>> {
        self.is_limited.then(|| self.name.clone())
    }
}

impl Default for Principal {
    fn default() -> Self {
        Self::named("")
    }
}
