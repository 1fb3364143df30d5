//! Who a request comes from, as far as the hub can tell.

/// The caller of an endpoint. Whatever authenticates requests puts it into their extensions; without that, the hub tells no
/// callers apart, and all are the same one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Principal(String);

impl Principal {
    /// The caller with this name, which is unique among callers and never changes.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self(name.to_owned())
    }

    /// The name; empty where callers are not told apart.
    pub(crate) fn name(&self) -> &str {
        &self.0
    }
}
