//! Parameters that mean the same to everybody who reads them.
//!
//! Of a key that stands twice, programs read the first or the last. What the hub checks, such as the name of a tool that
//! the settings switch off, must be what the server then reads.

use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, de};
use serde_json::value::RawValue;

use super::Message;

/// The parameters of a request are no object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the params of the request are not an object; send them by name")]
pub(crate) struct ParamsNotAnObject;

impl Message {
    /// The same request, in whose parameters each key stands once: the last one counts.
    pub(crate) fn with_clear_params(self) -> Result<Self, ParamsNotAnObject> {
        match self.fields.get("params").map(|params| count(params)) {
            None | Some(KeyCount::None) => Ok(self),
            Some(KeyCount::NotAnObject) => Err(ParamsNotAnObject),
            Some(KeyCount::Keys(count)) => {
                let params = self.params();
                Ok(if params.len() == count { self } else { self.with_params(&params) })
            }
        }
    }
}

/// How many members an object has, however often a key stands there.
enum KeyCount {
    Keys(usize),
    /// `null`: some clients write it where there are no parameters.
    None,
    NotAnObject,
}

fn count(params: &RawValue) -> KeyCount {
    match params.get() {
        "null" => KeyCount::None,
        text => serde_json::from_str(text).unwrap_or(KeyCount::NotAnObject),
    }
}

impl<'de> Deserialize<'de> for KeyCount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(CountVisitor)
    }
}

struct CountVisitor;

impl<'de> Visitor<'de> for CountVisitor {
    type Value = KeyCount;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<KeyCount, A::Error> {
        let mut count = 0_usize;
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {
            count = count.checked_add(1).ok_or_else(|| de::Error::custom("too many members"))?;
        }
        Ok(KeyCount::Keys(count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clear(params: &str) -> Result<String, ParamsNotAnObject> {
        let request = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"m","params":{params}}}"#);
        let message = Message::parse(request.as_bytes()).expect("a message").with_clear_params()?;
        Ok(message.fields.get("params").expect("params").get().to_owned())
    }

    #[test]
    fn of_a_key_that_stands_twice_the_last_one_stays() {
        assert_eq!(clear(r#"{"name":"a","x":1.0,"n\u0061me":"b"}"#).as_deref(), Ok(r#"{"name":"b","x":1.0}"#));
    }

    #[test]
    fn other_parameters_stay_as_they_were_written() {
        for params in [r#"{ "b" : 1.50, "a":{"c":1,"c":2}}"#, "{}", "null"] {
            assert_eq!(clear(params).as_deref(), Ok(params));
        }
    }

    #[test]
    fn parameters_that_are_no_object_are_refused() {
        for params in ["[]", r#"["a"]"#, "7", r#""a""#, "true"] {
            assert_eq!(clear(params), Err(ParamsNotAnObject), "{params}");
        }
    }
}
