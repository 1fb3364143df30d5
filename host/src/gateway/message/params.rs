//! What stands where in the parameters of a request. They are read once; whoever asks for a parameter finds its place.

use std::ops::Range;

use crate::gateway::json::{Members, is_mistakable};

/// The parameters of a request, one level deep.
#[derive(Clone)]
pub(super) struct ParamPlaces {
    /// In their order. A key may stand twice.
    members: Vec<(KeyText, Range<usize>)>,
    /// Whether a key stands twice.
    has_double: bool,
}

#[derive(Clone)]
enum KeyText {
    /// It stands in the text as it is.
    At(Range<usize>),
    /// It stands there with escapes.
    Written(String),
}

impl ParamPlaces {
    /// The places in this text; `None` if it is no object.
    pub(super) fn of(text: &str) -> Option<Self> {
        let members = Members::of(text)?;
        let has_double = members.has_double();
        let place = |part: &str| {
            let start = part.as_ptr().addr().checked_sub(text.as_ptr().addr()).filter(|start| *start < text.len())?;
            Some(start..start.checked_add(part.len())?)
        };
        let of_key = |key: &str| place(key).map_or_else(|| KeyText::Written(key.to_owned()), KeyText::At);
        let members = members.iter().filter_map(|(key, value)| Some((of_key(key), place(value.get())?))).collect();
        Some(Self { members, has_double })
    }

    /// The JSON text of a parameter in the text that was read. Of a key that stands twice, the last one counts.
    pub(super) fn get<'t>(&self, text: &'t str, key: &str) -> Option<&'t str> {
        let (_, place) = self.members.iter().rev().find(|(found, _)| found.text(text) == Some(key))?;
        text.get(place.clone())
    }

    /// A key that some readers take for one of these, which it is not.
    pub(super) fn mistakable<'s>(&'s self, text: &'s str, known: &[&str]) -> Option<&'s str> {
        self.members.iter().filter_map(|(key, _)| key.text(text)).find(|key| is_mistakable(key, known))
    }

    /// Whether a key stands twice.
    pub(super) const fn has_double(&self) -> bool {
        self.has_double
    }
}

impl KeyText {
    fn text<'s>(&'s self, text: &'s str) -> Option<&'s str> {
        match self {
            Self::At(place) => text.get(place.clone()),
            Self::Written(key) => Some(key),
        }
    }
}
