//! What is found while the file is read: faults, warnings, and variables that are not set.
//!
//! Apart from `part`, so that a value can be checked without the object that it stands in.

use std::cell::{Cell, RefCell};

use crate::settings::environment::Environment;
use crate::settings::expand::{expand, overlooks_variable};
use crate::settings::fault::SettingsFault;

/// A fault shows no more than this many characters of a value.
const SHOWN: usize = 100;

/// What was found so far. Shared by all parts of one file while it is read.
pub(super) struct Findings<'a> {
    pub(super) file: &'a str,
    pub(super) environment: &'a Environment,
    faults: RefCell<Vec<SettingsFault>>,
    warnings: RefCell<Vec<SettingsFault>>,
    unset: RefCell<Vec<String>>,
    filled: RefCell<Vec<String>>,
    overlooked: Cell<bool>,
}

impl<'a> Findings<'a> {
    pub(super) fn of(file: &'a str, environment: &'a Environment) -> Self {
        let (faults, warnings, unset) = (RefCell::default(), RefCell::default(), RefCell::default());
        let (filled, overlooked) = (RefCell::default(), Cell::default());
        Self { file, environment, faults, warnings, unset, filled, overlooked }
    }

    /// Takes the faults and the warnings out, in the order in which they were found.
    pub(super) fn into_parts(self) -> (Vec<SettingsFault>, Vec<SettingsFault>) {
        (self.faults.into_inner(), self.warnings.into_inner())
    }

    /// Faults since the last time.
    pub(super) fn take_faults(&self) -> Vec<SettingsFault> {
        self.faults.take()
    }

    /// Variables that were missing since the last time, each once.
    pub(super) fn take_unset(&self) -> Vec<String> {
        self.unset.take()
    }

    /// What was filled in from the environment since the last time.
    pub(super) fn take_filled(&self) -> Vec<String> {
        self.filled.take()
    }

    /// Puts missing variables back, before those that were found since.
    pub(super) fn put_back_unset(&self, unset: Vec<String>) {
        self.unset.borrow_mut().splice(0..0, unset);
    }

    /// Whether a text since the last call had something that looks like a variable and is not one.
    pub(super) fn take_overlooked(&self) -> bool {
        self.overlooked.take()
    }

    pub(super) fn put_back(&self, faults: Vec<SettingsFault>) {
        self.faults.borrow_mut().splice(0..0, faults);
    }

    pub(super) fn warn(&self, fault: SettingsFault) {
        self.warnings.borrow_mut().push(fault);
    }

    pub(super) fn object_to(&self, fault: SettingsFault) {
        self.faults.borrow_mut().push(fault);
    }

    pub(super) fn expand(&self, text: &str) -> String {
        let expanded = expand(text, self.environment);
        self.overlooked.set(self.overlooked.get() || overlooks_variable(text, self.environment));
        self.filled.borrow_mut().extend(expanded.filled);
        let mut unset = self.unset.borrow_mut();
        for name in expanded.unset {
            if !unset.contains(&name) {
                unset.push(name);
            }
        }
        expanded.text
    }

    pub(super) fn fault(&self, key: &str, value: Option<&str>, rule: &str, remedy: &str) -> SettingsFault {
        let shown = |value: &str| format!("\"{}\"", value.chars().take(SHOWN).collect::<String>().escape_debug());
        SettingsFault {
            file: self.file.to_owned(),
            key: key.to_owned(),
            value: value.map(shown),
            rule: rule.to_owned(),
            remedy: remedy.to_owned(),
        }
    }
}
