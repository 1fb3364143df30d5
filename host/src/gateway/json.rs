//! JSON read one level deep: the values stay the text they came as.

use indexmap::IndexMap;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

/// A JSON object whose values are not read.
pub(crate) type Fields = IndexMap<String, Box<RawValue>>;

/// Any of the hub's own values as unread JSON.
pub(crate) fn raw(value: &impl Serialize) -> Box<RawValue> {
    to_raw_value(value).unwrap_or_else(|_| RawValue::NULL.to_owned())
}

/// The fields of a JSON object; none for anything else.
pub(crate) fn fields(raw: Option<&RawValue>) -> Fields {
    raw.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default()
}

/// The text in a JSON string.
pub(crate) fn text(raw: Option<&RawValue>) -> Option<String> {
    serde_json::from_str(raw?.get()).ok()
}

/// A field that is an object; empty for anything else.
pub(crate) fn object(of: &Fields, key: &str) -> Fields {
    fields(of.get(key).map(|raw| &**raw))
}

/// A field that is a string.
pub(crate) fn string(of: &Fields, key: &str) -> Option<String> {
    text(of.get(key).map(|raw| &**raw))
}
