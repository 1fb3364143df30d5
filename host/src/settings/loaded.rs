//! What one reading of the file gives: the settings, and everything that is wrong with it.

use std::collections::BTreeSet;

use super::fault::SettingsFault;
use super::model::{Fingerprint, Settings};

/// What the file says.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The settings.
    pub settings: Settings,
    /// Everything that is wrong.
    pub faults: Vec<SettingsFault>,
    /// What is probably a slip.
    pub warnings: Vec<SettingsFault>,
    /// Servers that are switched off, or may be meant to be, those with faults included.
    pub(super) switched_off: BTreeSet<String>,
    /// Of the text that this was read from, without what the hub obtained.
    pub(super) fingerprint: Fingerprint,
}
