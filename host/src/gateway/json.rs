//! JSON read one level deep. The values stay the text they came as.

use indexmap::IndexMap;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

/// A JSON object whose values are not parsed.
pub(crate) type Fields = IndexMap<String, Box<RawValue>>;

/// A value of the hub's own as unparsed JSON.
pub(crate) fn raw(value: &impl Serialize) -> Box<RawValue> {
    to_raw_value(value).unwrap_or_else(|_| RawValue::NULL.to_owned())
}

/// The members of a JSON object; empty for anything else.
pub(crate) fn fields(raw: Option<&RawValue>) -> Fields {
    raw.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default()
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
