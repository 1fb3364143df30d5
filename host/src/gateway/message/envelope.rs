//! The text of a message, and where the members that routing needs stand in it.
//!
//! A message passes through as the bytes it came in. Where a member must differ, such as the id, its new text is put in the
//! place of the old one, and everything else stays as it was written.

use std::fmt;
use std::ops::Range;
use std::sync::OnceLock;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::params::ParamPlaces;
use crate::gateway::json::{Fields, is_mistakable};

/// A member of the envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Member {
    JsonRpc,
    Id,
    Method,
    Params,
    Result,
    Error,
}

/// A JSON object as text, with the places of its known members.
#[derive(Clone)]
pub(super) struct Envelope {
    text: String,
    places: [Option<Range<usize>>; Member::ALL.len()],
    /// Whether there is a key that some readers take for one of the members.
    is_mistakable: bool,
    /// The places of parameters, once somebody asked for one. `None` in it if they are no object.
    params: OnceLock<Option<ParamPlaces>>,
}

impl Member {
    const ALL: [Self; 6] = [Self::JsonRpc, Self::Id, Self::Method, Self::Params, Self::Result, Self::Error];

    const fn key(self) -> &'static str {
        match self {
            Self::JsonRpc => "jsonrpc",
            Self::Id => "id",
            Self::Method => "method",
            Self::Params => "params",
            Self::Result => "result",
            Self::Error => "error",
        }
    }
}

impl Member {
    /// Whether some readers take this key for that of a member, which it is not.
    fn is_mistaken_for(key: &str) -> bool {
        is_mistakable(key, &Self::ALL.map(Self::key))
    }
}

impl Envelope {
    /// Reads an object. Of a member that stands twice, the last one counts, and the others are taken out.
    pub(super) fn read(text: &str) -> Result<Self, serde_json::Error> {
        let found: FoundMembers<'_> = serde_json::from_str(text)?;
        if found.is_doubled {
            return Ok(Self::of(&serde_json::from_str(text)?));
        }
        let begin = text.as_ptr().addr();
        let place = |value: &RawValue| {
            let start = value.get().as_ptr().addr().checked_sub(begin)?;
            Some(start..start.checked_add(value.get().len())?)
        };
        let places = found.values.map(|value| value.and_then(place));
        Ok(Self { text: on_one_line(text), places, is_mistakable: found.is_mistakable, params: OnceLock::new() })
    }

    /// The envelope with these members.
    pub(super) fn of(members: &Fields) -> Self {
        let is_mistakable = members.keys().any(|key| Member::is_mistaken_for(key));
        let mut envelope =
            Self { text: "{}".to_owned(), places: Default::default(), is_mistakable, params: OnceLock::new() };
        for (key, value) in members {
            envelope.append(key, value.get());
        }
        envelope.text = on_one_line(&envelope.text);
        envelope
    }

    /// The JSON text of a member.
    pub(super) fn get(&self, member: Member) -> Option<&str> {
        self.text.get(self.place(member)?.clone())
    }

    /// The parameters as text, and the places in it. `None` if there are none, or if they are no object.
    pub(super) fn params(&self) -> Option<(&str, &ParamPlaces)> {
        let text = self.get(Member::Params)?;
        let places = self.params.get_or_init(|| ParamPlaces::of(text));
        Some((text, places.as_ref()?))
    }

    /// Puts this JSON text in the place of a member, or after all others if there is none.
    pub(super) fn set(&mut self, member: Member, value: &str) {
        if member == Member::Params {
            self.params = OnceLock::new();
        }
        let Some(old) = self.place(member).cloned() else { return self.append(member.key(), value) };
        self.text.replace_range(old.clone(), value);
        let moved = |at: usize| (at + value.len()).saturating_sub(old.len());
        for place in self.places.iter_mut().flatten() {
            if place.start > old.start {
                *place = moved(place.start)..moved(place.end);
            } else if *place == old {
                *place = old.start..old.start + value.len();
            }
        }
    }

    /// The whole object on one line.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Whether there is a key that some readers take for that of a member, which it is not.
    pub(super) const fn is_mistakable(&self) -> bool {
        self.is_mistakable
    }

    /// All members, one level deep.
    pub(super) fn members(&self) -> Fields {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    fn place(&self, member: Member) -> Option<&Range<usize>> {
        self.places.get(member as usize)?.as_ref()
    }

    fn append(&mut self, key: &str, value: &str) {
        let body = self.text.trim_end().strip_suffix('}').map_or(0, |body| body.trim_end().len());
        self.text.truncate(body);
        let comma = if self.text.trim_start() == "{" { "" } else { "," };
        let key_text = serde_json::Value::from(key).to_string();
        let start = body + comma.len() + key_text.len() + 1;
        self.text.extend([comma, &key_text, ":", value, "}"]);
        if let Some(member) = Member::ALL.into_iter().find(|member| member.key() == key)
            && let Some(place) = self.places.get_mut(member as usize)
        {
            *place = Some(start..start + value.len());
        }
    }
}

/// The text without line breaks. One can only stand between values, so each becomes a space.
pub(super) fn on_one_line(text: &str) -> String {
    // Without an early end within a chunk, the compiler looks at many bytes at once.
    let has_break = |chunk: &[u8]| chunk.iter().fold(false, |found, byte| found | matches!(byte, b'\n' | b'\r'));
    if text.as_bytes().chunks(64).any(has_break) { text.replace(['\n', '\r'], " ") } else { text.to_owned() }
}

/// The known members of an object that is being read.
#[derive(Default)]
struct FoundMembers<'a> {
    values: [Option<&'a RawValue>; Member::ALL.len()],
    is_doubled: bool,
    is_mistakable: bool,
}

impl<'de> Deserialize<'de> for FoundMembers<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = FoundMembers<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<FoundMembers<'de>, A::Error> {
        let mut found = FoundMembers::default();
        while let Some((Key { member, is_mistakable }, value)) = map.next_entry::<Key, &RawValue>()? {
            found.is_mistakable |= is_mistakable;
            if let Some(place) = member.and_then(|member| found.values.get_mut(member as usize)) {
                found.is_doubled |= place.replace(value).is_some();
            }
        }
        Ok(found)
    }
}

struct Key {
    /// `None` for one that routing does not need.
    member: Option<Member>,
    is_mistakable: bool,
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_identifier(KeyVisitor)
    }
}

struct KeyVisitor;

impl Visitor<'_> for KeyVisitor {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: serde::de::Error>(self, key: &str) -> Result<Key, E> {
        let member = Member::ALL.into_iter().find(|member| member.key() == key);
        Ok(Key { member, is_mistakable: member.is_none() && Member::is_mistaken_for(key) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Envelope {
        Envelope::read(text).expect("an object")
    }

    #[test]
    fn a_member_is_replaced_in_its_place_and_the_others_stay_as_they_were_written() {
        let mut envelope = read(r#"{ "id" : 1 ,"x":[1.0],"method":"m","params":{"a":  1} }"#);

        envelope.set(Member::Id, r#""long id""#);
        envelope.set(Member::Params, "{}");
        envelope.set(Member::Method, r#""n""#);

        assert_eq!(envelope.text(), r#"{ "id" : "long id" ,"x":[1.0],"method":"n","params":{} }"#);
        let values = [Member::Id, Member::Method, Member::Params].map(|member| envelope.get(member));
        assert_eq!(values, [Some(r#""long id""#), Some(r#""n""#), Some("{}")]);
        assert_eq!(envelope.get(Member::Result), None);
    }

    #[test]
    fn a_new_member_comes_last() {
        for (text, changed) in [("{}", r#"{"id":7}"#), ("{ }", r#"{"id":7}"#), (r#"{"a":1 } "#, r#"{"a":1,"id":7}"#)] {
            let mut envelope = read(text);
            envelope.set(Member::Id, "7");
            assert_eq!((envelope.text(), envelope.get(Member::Id)), (changed, Some("7")));
        }
    }

    #[test]
    fn of_a_member_that_stands_twice_the_last_one_counts() {
        let envelope = read(r#"{"id":1,"method":"a","x":2,"m\u0065thod":"b"}"#);

        assert_eq!(envelope.text(), r#"{"id":1,"method":"b","x":2}"#);
        assert_eq!(envelope.get(Member::Method), Some(r#""b""#));
    }

    #[test]
    fn line_breaks_become_spaces() {
        let envelope = read("{\"id\":1,\r\n\"params\":{\n}}");

        assert_eq!((envelope.text(), envelope.get(Member::Params)), (r#"{"id":1,  "params":{ }}"#, Some("{ }")));
    }
}
