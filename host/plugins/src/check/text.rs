//! Bounds and syntax of plain words.

use mcphub_oauth::profile::Pair;

use crate::bindings::mcphub::provider::types as wit;

use super::objection::{Broken, Objection, cut};
use super::place::Place;

/// Bytes of a name, a label, a value of one line.
pub(crate) const LINE: usize = 2_000;
/// Bytes of a sentence or a paragraph.
const PROSE: usize = 8_000;
/// Bytes of a JSON document.
pub(crate) const DOCUMENT: usize = 512 * 1024;
/// Entries of an ordinary list.
pub(crate) const LIST: usize = 100;
/// Entries of a catalogue: scopes, tools, error rows.
pub(crate) const CATALOGUE: usize = 2_000;
/// Characters of a fault's message.
const MESSAGE: usize = 500;

/// One line, possibly empty.
pub(crate) fn line(place: &Place<'_>, text: String) -> Result<String, Objection> {
    bounded(place, &text, LINE)?;
    if text.chars().any(is_unprintable) { Err(place.object(Broken::ControlCharacter)) } else { Ok(text) }
}

/// One line that says something.
pub(crate) fn word(place: &Place<'_>, text: String) -> Result<String, Objection> {
    if text.trim().is_empty() { Err(place.object(Broken::Empty)) } else { line(place, text) }
}

/// A paragraph: line breaks are allowed.
pub(crate) fn prose(place: &Place<'_>, text: String) -> Result<String, Objection> {
    bounded(place, &text, PROSE)?;
    let unprintable = text.chars().any(|c| c != '\n' && c != '\t' && is_unprintable(c));
    if unprintable { Err(place.object(Broken::ControlCharacter)) } else { Ok(text) }
}

/// A sentence for a person, at most 500 characters.
pub(crate) fn message(place: &Place<'_>, text: String) -> Result<String, Objection> {
    if text.chars().count() > MESSAGE {
        return Err(place.object(Broken::TooLong { limit: MESSAGE, unit: "characters" }));
    }
    line(place, text)
}

/// A text that need not be printable, at most `limit` bytes.
pub(crate) fn bounded(place: &Place<'_>, text: &str, limit: usize) -> Result<(), Objection> {
    if text.len() > limit { Err(place.object(Broken::TooLong { limit, unit: "bytes" })) } else { Ok(()) }
}

/// Key of an input, a capture or a token slot.
pub(crate) fn key(place: &Place<'_>, text: String) -> Result<String, Objection> {
    let fits = (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'));
    if fits { Ok(text) } else { Err(place.object(Broken::NotKey { value: cut(&text) })) }
}

/// Id of a plugin or a guide.
pub(crate) fn id(place: &Place<'_>, text: String) -> Result<String, Objection> {
    let fits = (2..=40).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if fits { Ok(text) } else { Err(place.object(Broken::NotId { value: cut(&text) })) }
}

/// Checks a value where there is one.
pub(crate) fn optional<T, U>(
    place: &Place<'_>,
    value: Option<T>,
    convert: impl Fn(&Place<'_>, T) -> Result<U, Objection>,
) -> Result<Option<U>, Objection> {
    value.map(|value| convert(place, value)).transpose()
}

/// A list of at most `limit` entries.
pub(crate) fn list<T, U>(
    place: &Place<'_>,
    values: Vec<T>,
    limit: usize,
    convert: impl Fn(&Place<'_>, T) -> Result<U, Objection>,
) -> Result<Vec<U>, Objection> {
    if values.len() > limit {
        return Err(place.object(Broken::TooMany { limit }));
    }
    values.into_iter().enumerate().map(|(index, value)| convert(&place.item(index), value)).collect()
}

/// Scopes, or other lists of words.
pub(crate) fn words(place: &Place<'_>, values: Vec<String>) -> Result<Vec<String>, Objection> {
    list(place, values, CATALOGUE, word)
}

/// Checks values whose names are keys, no key twice.
pub(crate) fn keyed(place: &Place<'_>, values: Vec<wit::Pair>) -> Result<Vec<Pair>, Objection> {
    list(place, values, LIST, |place, pair| {
        Ok((key(&place.field("name"), pair.name)?, line(&place.field("value"), pair.value)?))
    })
}

/// Names and values of any kind.
pub(crate) fn pairs(place: &Place<'_>, values: Vec<wit::Pair>) -> Result<Vec<Pair>, Objection> {
    list(place, values, LIST, |place, pair| {
        Ok((word(&place.field("name"), pair.name)?, line(&place.field("value"), pair.value)?))
    })
}

/// Refuses a value that comes twice.
pub(crate) fn distinct<'v>(place: &Place<'_>, values: impl Iterator<Item = &'v str>) -> Result<(), Objection> {
    let mut seen = std::collections::BTreeSet::new();
    for value in values {
        if !seen.insert(value) {
            return Err(place.object(Broken::Twice { value: cut(value) }));
        }
    }
    Ok(())
}

/// Text of elsewhere as it may be printed: what a terminal would obey is replaced.
pub(crate) fn printable(text: &str) -> String {
    text.chars().map(|c| if is_unprintable(c) { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

/// Control characters, and those that turn the direction of the text around them.
pub(crate) fn is_unprintable(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
