//! Where in a plugin's answer a value stands, for sentences about it.

use std::fmt;

use super::objection::{Broken, Objection};

/// A path into an answer: `token-request.shape.extra[2].name`. Made on the stack as conversion goes down.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Place<'a> {
    /// An interface of the contract.
    Interface(&'static str),
    /// A field of a record.
    Field(&'a Place<'a>, &'static str),
    /// An item of a list.
    Item(&'a Place<'a>, usize),
}

impl Place<'_> {
    /// The place of a field of this record.
    pub(crate) const fn field<'b>(&'b self, name: &'static str) -> Place<'b> {
        Place::Field(self, name)
    }

    /// The place of an item of this list.
    pub(crate) const fn item(&self, index: usize) -> Place<'_> {
        Place::Item(self, index)
    }

    /// The objection that the value here breaks a rule.
    pub(crate) fn object(&self, broken: Broken) -> Objection {
        Objection::new(self.to_string(), broken)
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Interface(name) => f.write_str(name),
            Self::Field(parent, name) => write!(f, "{parent}.{name}"),
            Self::Item(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}
