//! `resource-indicator`: what goes into `resource` (RFC 8707), step by step.

use super::{Param, Template};

/// What goes into `resource`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ResourceMode {
    /// As the metadata spells it.
    #[default]
    Send,
    /// No resource indicator is sent.
    Omit,
    /// Always this value, whatever the metadata says.
    Fixed(Template),
    /// The usual value under another name.
    Named(String),
    /// This parameter is sent in place of `resource`.
    Instead(Param),
}

/// RFC 8707, by step.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResourceIndicator {
    /// In the authorization request.
    pub authorize: ResourceMode,
    /// In the code exchange.
    pub token: ResourceMode,
    /// In the refresh of a grant.
    pub refresh: ResourceMode,
}
