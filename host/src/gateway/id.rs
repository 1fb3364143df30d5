//! The id of a request: a string or a number. It is the same id however it is written.

use std::hash::{Hash, Hasher};

use serde_json::value::RawValue;
use serde_json::{Number, Value};

/// Bytes of an id; a longer one is refused.
const MAX_ID: usize = 1024;

/// Up to here a floating-point number holds every whole number exactly (2^53).
const EXACT: f64 = 9_007_199_254_740_992.0;

/// The `id` of a request. Ids are equal if they mean the same; each is sent back as it was written.
#[derive(Debug, Clone)]
pub(crate) struct Id {
    /// The id as canonical JSON text.
    meaning: String,
    /// The text as it was written, where that differs.
    written: Option<Box<RawValue>>,
}

impl PartialEq for Id {
    fn eq(&self, other: &Self) -> bool {
        self.meaning == other.meaning
    }
}

impl Eq for Id {}

impl Hash for Id {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.meaning.hash(state);
    }
}

impl Id {
    /// A string id of the hub's own.
    pub(crate) fn of(text: &str) -> Self {
        Self { meaning: Value::from(text).to_string(), written: None }
    }

    /// A numeric id of the hub's own: every server can hold a whole number and send it back.
    pub(crate) fn number(number: u64) -> Self {
        Self { meaning: number.to_string(), written: None }
    }

    /// The whole number that the id stands for, written as `7`, `7.0` or `"7"`.
    pub(crate) fn as_number(&self) -> Option<u64> {
        let text = match serde_json::from_str(&self.meaning).ok()? {
            Value::String(text) => text.trim().to_owned(),
            Value::Number(number) => number.to_string(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
        };
        text.strip_suffix(".0").unwrap_or(&text).parse().ok()
    }

    /// Reads an id. `None` if it is neither a string nor a number, or too long to be remembered.
    pub(crate) fn read(raw: &RawValue) -> Option<Self> {
        Self::of_json(raw.get())
    }

    /// Reads an id from JSON text. `None` if it is neither a string nor a number, or too long to be remembered.
    pub(crate) fn of_json(text: &str) -> Option<Self> {
        if text.len() > MAX_ID { None } else { Self::read_refused(text) }
    }

    /// The same of a request that is refused, however long its id is: it goes back at once and is not remembered.
    pub(crate) fn read_refused(text: &str) -> Option<Self> {
        if is_canonical(text) {
            return Some(Self { meaning: text.to_owned(), written: None });
        }
        let meaning = match serde_json::from_str(text).ok()? {
            Value::Number(number) => meaning(&number, text),
            text @ Value::String(_) => text.to_string(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
        };
        let written = (meaning != text).then(|| RawValue::from_string(text.to_owned()).ok()).flatten();
        Some(Self { meaning, written })
    }

    /// The id as JSON text, written as it came.
    pub(crate) fn as_written(&self) -> &str {
        self.written.as_ref().map_or(&self.meaning, |written| written.get())
    }

    /// The id as JSON, written as it came.
    pub(crate) fn to_raw(&self) -> Box<RawValue> {
        let meant = || RawValue::from_string(self.meaning.clone()).unwrap_or_else(|_| RawValue::NULL.to_owned());
        self.written.clone().unwrap_or_else(meant)
    }
}

/// Whether JSON text is written in the canonical way: a short number without sign, or a string without escapes.
fn is_canonical(text: &str) -> bool {
    let is_plain = |byte: u8| (b' '..0x7f).contains(&byte) && !matches!(byte, b'"' | b'\\');
    match text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(content) => content.bytes().all(is_plain),
        None => text == "0" || text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0'),
    }
}

/// A whole number keeps its digits, however many they are. Any other number is written in one canonical way.
fn meaning(number: &Number, written: &str) -> String {
    let is_whole = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if is_whole(written.strip_prefix('-').unwrap_or(written)) {
        return written.to_owned();
    }
    match number.as_f64() {
        Some(value) if value.fract() == 0.0 && value.abs() < EXACT => format!("{value:.0}"),
        Some(_) | None => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> Id {
        Id::read(&RawValue::from_string(text.into()).expect("JSON")).expect("an id")
    }

    #[test]
    fn an_id_goes_back_as_it_was_written() {
        for text in ["123456789012345678901234567890", "1e3", "7.0", "-1", "0.5", r#""a\u00e9""#, r#""a""#] {
            assert_eq!(id(text).to_raw().get(), text);
        }
    }

    #[test]
    fn ids_that_mean_the_same_are_equal() {
        assert_eq!(id("1e3"), id("1000"));
        assert_eq!(id("7.0"), id("7"));
        assert_eq!(id(r#""\u00e9""#), id(r#""é""#));
        assert_ne!(id("123456789012345678901234567890"), id("123456789012345678901234567891"));
        assert_ne!(id("7"), id(r#""7""#));
        assert_eq!(id("7.0").as_number(), Some(7));
    }
}
