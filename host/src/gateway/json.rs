//! JSON read one level deep. The values stay the text they came as.

use std::borrow::Cow;
use std::fmt;

use indexmap::IndexMap;
use serde::Serialize;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::{RawValue, to_raw_value};

/// A JSON object whose values are not parsed.
pub(crate) type Fields = IndexMap<String, Box<RawValue>>;

/// A value of the hub's own as unparsed JSON.
pub(crate) fn raw(value: &impl Serialize) -> Box<RawValue> {
    to_raw_value(value).unwrap_or_else(|_| RawValue::NULL.to_owned())
}

/// The members of a JSON object; empty for anything else.
pub(crate) fn fields(raw: Option<&RawValue>) -> Fields {
    fields_of(raw.map(RawValue::get))
}

/// The members of an object that is JSON text; empty for anything else.
pub(crate) fn fields_of(text: Option<&str>) -> Fields {
    text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

/// The content of a JSON string; `None` for anything else.
pub(crate) fn text(raw: Option<&RawValue>) -> Option<String> {
    serde_json::from_str(raw?.get()).ok()
}

/// A member that is an object; empty for anything else.
pub(crate) fn object(of: &Fields, key: &str) -> Fields {
    fields(of.get(key).map(|raw| &**raw))
}

/// A member that is a string; `None` for anything else.
pub(crate) fn string(of: &Fields, key: &str) -> Option<String> {
    text(of.get(key).map(|raw| &**raw))
}

/// The members of a JSON object in the order in which they stand there, read in place. A key may stand twice.
pub(crate) struct Members<'a>(Vec<(Key<'a>, &'a RawValue)>);

struct Key<'a>(Cow<'a, str>);

impl<'a> Members<'a> {
    /// The members of an object; `None` for anything else.
    pub(crate) fn of(text: &'a str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// The members with their keys, in the order of the text; a key that stands twice comes twice.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &'a RawValue)> {
        self.0.iter().map(|(key, value)| (&*key.0, *value))
    }

    /// A member. Of a key that stands twice, the last one counts.
    pub(crate) fn get(&self, key: &str) -> Option<&'a RawValue> {
        self.0.iter().rev().find(|(found, _)| found.0 == key).map(|(_, value)| *value)
    }

    /// Whether a key stands twice.
    pub(crate) fn has_double(&self) -> bool {
        match self.0.as_slice() {
            [] | [_] => false,
            [(one, _), (other, _)] => one.0 == other.0,
            [..] => {
                let mut keys: Vec<&str> = self.iter().map(|(key, _)| key).collect();
                keys.sort_unstable();
                keys.windows(2).any(|pair| matches!(pair, [one, other] if one == other))
            }
        }
    }
}

/// Whether a key differs from all of these, and is one of them for readers that do not tell small letters from capitals. Of
/// two such keys some read the one and some the other.
pub(crate) fn is_mistakable(key: &str, known: &[&str]) -> bool {
    let same = |known: &&str| key.chars().map(folded).eq(known.chars().map(folded));
    !known.contains(&key) && known.iter().any(same)
}

/// Unicode's simple folding, as far as it leads to letters of ASCII.
const fn folded(letter: char) -> char {
    match letter {
        '\u{17f}' => 's',
        '\u{212a}' => 'k',
        other => other.to_ascii_lowercase(),
    }
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
        let mut members = Vec::with_capacity(4);
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Members(members))
    }
}

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(KeyVisitor)
    }
}

struct KeyVisitor;

impl<'de> Visitor<'de> for KeyVisitor {
    type Value = Key<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E: serde::de::Error>(self, key: &'de str) -> Result<Key<'de>, E> {
        Ok(Key(Cow::Borrowed(key)))
    }

    fn visit_str<E: serde::de::Error>(self, key: &str) -> Result<Key<'de>, E> {
        Ok(Key(Cow::Owned(key.to_owned())))
    }
}
