//! The id of a request: a text or a number, and one id however it is written.

use serde_json::Value;
use serde_json::value::RawValue;

/// Bytes of an id.
const MAX_ID: usize = 1024;

/// The `id` of a request, as canonical JSON text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Id(String);

impl Id {
    /// An id of the hub's own making.
    pub(crate) fn of(text: &str) -> Self {
        Self(Value::from(text).to_string())
    }

    /// A whole number: every server can hold it and send it back.
    pub(crate) fn number(number: u64) -> Self {
        Self(number.to_string())
    }

    /// The whole number that it stands for, however it is written: `7`, `7.0` or `"7"`.
    pub(crate) fn as_number(&self) -> Option<u64> {
        let text = match serde_json::from_str(&self.0).ok()? {
            Value::String(text) => text.trim().to_owned(),
            Value::Number(number) => number.to_string(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
        };
        text.strip_suffix(".0").unwrap_or(&text).parse().ok()
    }

    /// From JSON text; `None` unless it is a string or a number, and short enough to be remembered.
    pub(crate) fn read(raw: &RawValue) -> Option<Self> {
        if raw.get().len() > MAX_ID {
            return None;
        }
        match serde_json::from_str(raw.get()).ok()? {
            value @ (Value::String(_) | Value::Number(_)) => Some(Self(value.to_string())),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        }
    }

    /// The id as JSON.
    pub(crate) fn to_raw(&self) -> Box<RawValue> {
        RawValue::from_string(self.0.clone()).unwrap_or_else(|_| RawValue::NULL.to_owned())
    }
}
