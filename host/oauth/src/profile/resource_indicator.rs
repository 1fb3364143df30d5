//! `resource-indicator`: what goes into `resource` (RFC 8707), step by step.

use super::{Param, Template};

/// What goes into `resource`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ResourceMode {
    /// As the metadata spells it.
    #[default]
    Send,
    /// Nothing.
    Omit,
    /// This value.
    Fixed(Template),
    /// The usual value under another name.
    Named(String),
    /// This parameter instead.
    Instead(Param),
}

/// RFC 8707, by step.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResourceIndicator {
    /// In the authorization request.
    pub authorize: ResourceMode,
    /// In the code exchange.
    pub token: ResourceMode,
    /// In a refresh.
    pub refresh: ResourceMode,
}
