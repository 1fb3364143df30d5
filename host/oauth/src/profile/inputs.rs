//! What a person must give before a flow can start.

use std::collections::BTreeMap;

use super::Pair;

/// One value to ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// Name of the value in the settings' `oauth.inputs`.
    pub key: String,
    /// Label of the field that a person fills.
    pub title: String,
    /// A sentence below the field.
    pub help: String,
    /// Regular expression for the whole value; empty: anything.
    pub pattern: String,
    /// Values to choose from, with labels; empty: free text.
    pub choices: Vec<Pair>,
    /// Used when nothing is given.
    pub default: Option<String>,
    /// Whether the flow cannot start without.
    pub required: bool,
    /// Kept like a client secret.
    pub secret: bool,
    /// Asked only if one of these holds; empty: always.
    pub visible_when: Vec<Pair>,
}

/// Values of inputs that are not secret, by key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inputs(BTreeMap<String, String>);

impl Inputs {
    /// The value for `key`.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// Sets a value; the last one wins.
    pub fn set(&mut self, key: impl Into<String>, value: impl Into<String>) {
        self.0.insert(key.into(), value.into());
    }

    /// All of them, by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }
}

impl FromIterator<Pair> for Inputs {
    fn from_iter<I: IntoIterator<Item = Pair>>(pairs: I) -> Self {
        Self(pairs.into_iter().collect())
    }
}
