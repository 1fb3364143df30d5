//! Reading JSON documents of servers: bounded, tolerant in shape, exact in meaning.

use http::Response;
use serde_json::{Map, Value};

/// Lists longer than this are cut.
pub(crate) const MAX_LIST: usize = 1000;

/// A JSON object, or none.
pub(crate) fn object(response: &Response<Vec<u8>>) -> Option<Map<String, Value>> {
    let body = response.body();
    // Some write a byte order mark, which JSON has none of (RFC 8259 §8.1).
    match serde_json::from_slice(body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body)) {
        Ok(Value::Object(object)) => Some(object),
        Ok(_) | Err(_) => None,
    }
}

/// The string member of this name; none where it is absent or no string.
pub(crate) fn text(object: &Map<String, Value>, name: &str) -> Option<String> {
    object.get(name)?.as_str().map(str::to_owned)
}

/// A list of strings; a lone string counts as a list of one.
pub(crate) fn texts(object: &Map<String, Value>, name: &str) -> Option<Vec<String>> {
    match object.get(name)? {
        Value::Array(items) => {
            Some(items.iter().take(MAX_LIST).filter_map(|item| item.as_str().map(str::to_owned)).collect())
        }
        Value::String(item) => Some(vec![item.clone()]),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
    }
}

/// Applies a JSON Merge Patch (RFC 7396).
pub(crate) fn merge(target: &mut Map<String, Value>, patch: &Map<String, Value>) {
    for (name, change) in patch {
        match change {
            Value::Null => {
                target.shift_remove(name);
            }
            Value::Object(inner) => {
                let slot = target.entry(name.clone()).or_insert_with(|| Value::Object(Map::new()));
                if !slot.is_object() {
                    *slot = Value::Object(Map::new());
                }
                if let Value::Object(object) = slot {
                    merge(object, inner);
                }
            }
            other => {
                target.insert(name.clone(), other.clone());
            }
        }
    }
}
