//! What every session of a gateway works with.

use std::sync::Arc;

use indexmap::IndexMap;

use super::limits::Limits;
use super::upstream::Upstream;
use crate::clock::Clock;
use crate::random::Random;

/// The parts that sessions share.
pub(crate) struct Shared {
    /// The servers that are switched on, in the order of the settings.
    pub(crate) servers: IndexMap<String, Arc<Upstream>>,
    /// Names of those that are switched off.
    pub(crate) disabled: Vec<String>,
    pub(crate) separator: String,
    pub(crate) clock: Clock,
    pub(crate) random: Random,
    pub(crate) limits: Limits,
}
