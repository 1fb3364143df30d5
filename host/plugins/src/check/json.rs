//! JSON that a plugin writes: merge patches and documents.

use serde_json::{Map, Value};

use super::objection::{Broken, Objection};
use super::place::Place;
use super::references::References;
use super::{text, url};

/// Bytes of a patch.
const PATCH: usize = 64 * 1024;

/// A JSON object that leaves the members `untouchable` alone.
pub(crate) fn patch(place: &Place<'_>, source: &str, untouchable: &[&str]) -> Result<Map<String, Value>, Objection> {
    text::bounded(place, source, PATCH)?;
    let object = object(place, source)?;
    match untouchable.iter().find(|name| object.contains_key(**name)) {
        Some(name) => Err(place.object(Broken::HubsOwn { name: (*name).to_owned() })),
        None => Ok(object),
    }
}

/// A JSON object of bounded size.
pub(crate) fn object(place: &Place<'_>, source: &str) -> Result<Map<String, Value>, Objection> {
    text::bounded(place, source, text::DOCUMENT)?;
    match serde_json::from_str(source) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) | Err(_) => Err(place.object(Broken::NotObject)),
    }
}

/// Refuses addresses in authorization server metadata that requests may not go to. `known` is the document before the
/// plugin saw it: what it says already is not the plugin's.
pub(crate) fn addresses(
    place: &Place<'_>,
    object: &Map<String, Value>,
    known: &Map<String, Value>,
    references: &References,
) -> Result<(), Objection> {
    for (name, value) in object {
        if name != "issuer" && known.get(name) != Some(value) {
            address(place, name, value, references)?;
        }
    }
    Ok(())
}

fn address(place: &Place<'_>, name: &str, value: &Value, references: &References) -> Result<(), Objection> {
    match value {
        Value::String(text) if name.ends_with("_endpoint") || name == "jwks_uri" => {
            url::endpoint(place, text, references).map(|_| ())
        }
        Value::String(text) => text::bounded(place, text, text::LINE),
        Value::Object(inner) => inner.iter().try_for_each(|(name, value)| address(place, name, value, references)),
        Value::Array(items) => items.iter().try_for_each(|item| address(place, name, item, references)),
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
    }
}
