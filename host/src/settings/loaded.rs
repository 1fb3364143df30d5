//! What one reading of the file gives: the settings, and everything that is wrong with it.

use std::collections::BTreeSet;

use super::fault::SettingsFault;
use super::model::{Fingerprint, Settings};

/// One reading of the file.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The settings, in which a faulty server is kept as faulty.
    pub settings: Settings,
    /// Everything that is wrong, in the order of the file.
    pub faults: Vec<SettingsFault>,
    /// What is probably a mistake but harms nothing.
    pub warnings: Vec<SettingsFault>,
    /// Servers that are switched off, or may be meant to be, those with faults included.
    pub(super) switched_off: BTreeSet<String>,
    /// Of the text that this was read from, without what the hub obtained.
    pub(super) fingerprint: Fingerprint,
}
