//! A JSON-RPC message, read no deeper than its envelope.
//!
//! The hub routes on `id`, `method` and a parameter or two; everything else passes through as the text it came as, so
//! that unknown fields, their order and big numbers survive both ways.

use bytes::Bytes;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

pub(crate) use super::json::{Fields, fields, object, raw, string, text};

/// UTF-8 has no byte order, but some programs write its mark.
pub(crate) const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Bytes of an id.
const MAX_ID: usize = 1024;

/// The `id` of a request, as canonical JSON text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Id(String);

/// What a message is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Wants an answer.
    Request { id: Id, method: String },
    /// Wants none.
    Notification { method: String },
    /// Answers; without an id only where the request could not be read.
    Response { id: Option<Id> },
}

/// One message.
#[derive(Clone)]
pub(crate) struct Message {
    kind: Kind,
    fields: Fields,
}

/// Why bytes are no message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum MessageError {
    /// Not JSON.
    #[error("the message is not JSON: {0}")]
    NotJson(String),
    /// Several at once: revision 2025-06-18 took batches away.
    #[error("the message is a batch, and a request carries one message: send each one by itself")]
    Batch,
    /// Not an object, or one that is no JSON-RPC 2.0.
    #[error("the message is not JSON-RPC 2.0: {0}")]
    NotJsonRpc(&'static str),
}

impl MessageError {
    /// The JSON-RPC error code.
    pub(crate) const fn code(&self) -> i64 {
        match self {
            Self::NotJson(_) => -32700,
            Self::Batch | Self::NotJsonRpc(_) => -32600,
        }
    }
}

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

impl Message {
    /// Reads the envelope of one message. A byte order mark before it is ignored.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, MessageError> {
        let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
        match bytes.trim_ascii_start().first() {
            Some(b'[') => return Err(MessageError::Batch),
            Some(b'{') | None => {}
            Some(_) => match serde_json::from_slice::<&RawValue>(bytes) {
                Ok(_) => return Err(MessageError::NotJsonRpc("it is not an object")),
                Err(error) => return Err(MessageError::NotJson(error.to_string())),
            },
        }
        let fields: Fields = serde_json::from_slice(bytes).map_err(|error| MessageError::NotJson(error.to_string()))?;
        if string(&fields, "jsonrpc").as_deref() != Some("2.0") {
            return Err(MessageError::NotJsonRpc("its jsonrpc is not \"2.0\""));
        }
        let kind = kind(&fields).map_err(MessageError::NotJsonRpc)?;
        Ok(Self { kind, fields })
    }

    /// A request of the hub's own.
    pub(crate) fn request(id: Id, method: &str, params: &Fields) -> Self {
        let mut fields = envelope(Some(id.to_raw()));
        fields.insert("method".into(), raw(&method));
        fields.insert("params".into(), raw(params));
        Self { kind: Kind::Request { id, method: method.to_owned() }, fields }
    }

    /// A notification of the hub's own.
    pub(crate) fn notification(method: &str, params: Option<&Value>) -> Self {
        let mut fields = envelope(None);
        fields.insert("method".into(), raw(&method));
        if let Some(params) = params {
            fields.insert("params".into(), raw(params));
        }
        Self { kind: Kind::Notification { method: method.to_owned() }, fields }
    }

    /// An answer of the hub's own.
    pub(crate) fn result(id: Id, result: &impl Serialize) -> Self {
        let mut fields = envelope(Some(id.to_raw()));
        fields.insert("result".into(), raw(result));
        Self { kind: Kind::Response { id: Some(id) }, fields }
    }

    /// An error of the hub's own; without an id where the request could not be read.
    pub(crate) fn error(id: Option<Id>, code: i64, message: &str) -> Self {
        let mut fields = envelope(Some(id.as_ref().map_or_else(|| RawValue::NULL.to_owned(), Id::to_raw)));
        fields.insert("error".into(), raw(&serde_json::json!({ "code": code, "message": message })));
        Self { kind: Kind::Response { id }, fields }
    }

    /// What it is.
    pub(crate) const fn kind(&self) -> &Kind {
        &self.kind
    }

    /// The method of a request or notification.
    pub(crate) fn method(&self) -> Option<&str> {
        match &self.kind {
            Kind::Request { method, .. } | Kind::Notification { method } => Some(method),
            Kind::Response { .. } => None,
        }
    }

    /// Whether it answers the request of this id. An answer without an id is to what could not be read.
    pub(crate) fn answers(&self, asked: &Id) -> bool {
        match &self.kind {
            Kind::Response { id: None } => true,
            Kind::Response { id: Some(id) } => {
                id == asked || id.as_number().is_some_and(|id| Some(id) == asked.as_number())
            }
            Kind::Request { .. } | Kind::Notification { .. } => false,
        }
    }

    /// The same message under another id.
    pub(crate) fn with_id(mut self, id: Id) -> Self {
        self.fields.insert("id".into(), id.to_raw());
        match &mut self.kind {
            Kind::Request { id: own, .. } => *own = id,
            Kind::Response { id: own } => *own = Some(id),
            Kind::Notification { .. } => {}
        }
        self
    }

    /// The parameters, one level deep.
    pub(crate) fn params(&self) -> Fields {
        object(&self.fields, "params")
    }

    /// A parameter that is a string.
    pub(crate) fn param(&self, key: &str) -> Option<String> {
        string(&self.params(), key)
    }

    /// The same message with other parameters.
    pub(crate) fn with_params(mut self, params: &Fields) -> Self {
        self.fields.insert("params".into(), raw(params));
        self
    }

    /// The result, unread.
    pub(crate) fn result_raw(&self) -> Option<&RawValue> {
        self.fields.get("result").map(|raw| &**raw)
    }

    /// The same answer with another result.
    pub(crate) fn with_result(mut self, result: &Fields) -> Self {
        self.fields.insert("result".into(), raw(result));
        self
    }

    /// The sentence of an error answer.
    pub(crate) fn error_text(&self) -> Option<String> {
        let error = self.fields.get("error")?;
        Some(string(&fields(Some(error)), "message").unwrap_or_else(|| "an error without a message".into()))
    }

    /// An error, a result that says that it is one, or a line of a log, in other words; any other message as it is.
    pub(crate) fn with_failure(mut self, words: impl Fn(&str) -> String) -> Self {
        let is_failed = |result: &RawValue| {
            // Only few results are looked into.
            let may_be = result.get().contains("isError") || result.get().contains("\\u00");
            may_be && fields(Some(result)).get("isError").is_some_and(|raw| raw.get() == "true")
        };
        let key = match &self.kind {
            Kind::Response { .. } if self.fields.contains_key("error") => "error",
            Kind::Response { .. } if self.result_raw().is_some_and(is_failed) => "result",
            Kind::Notification { method } if method == "notifications/message" => "params",
            Kind::Request { .. } | Kind::Notification { .. } | Kind::Response { .. } => return self,
        };
        let changed = self.fields.get(key).map(|raw| RawValue::from_string(words(raw.get())));
        if let Some(Ok(changed)) = changed {
            self.fields.insert(key.into(), changed);
        }
        self
    }

    /// The code of an error answer.
    pub(crate) fn error_code(&self) -> Option<i64> {
        serde_json::from_str(fields(self.fields.get("error").map(|error| &**error)).get("code")?.get()).ok()
    }

    /// About how many bytes it has.
    pub(crate) fn size(&self) -> usize {
        self.fields.iter().map(|(key, value)| key.len() + value.get().len() + 4).sum()
    }

    /// As one line of JSON: line breaks can only stand between values, where a blank does as well.
    pub(crate) fn to_line(&self) -> Bytes {
        let mut bytes = serde_json::to_vec(&self.fields).unwrap_or_default();
        for byte in &mut bytes {
            if matches!(*byte, b'\n' | b'\r') {
                *byte = b' ';
            }
        }
        bytes.into()
    }
}

/// Shows the kind only: what a message carries is the business of its two ends.
impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Message").field("kind", &self.kind).finish_non_exhaustive()
    }
}

fn envelope(id: Option<Box<RawValue>>) -> Fields {
    let mut fields = Fields::new();
    fields.insert("jsonrpc".into(), raw(&"2.0"));
    if let Some(id) = id {
        fields.insert("id".into(), id);
    }
    fields
}

fn kind(fields: &Fields) -> Result<Kind, &'static str> {
    let id = fields.get("id").map(|raw| Id::read(raw));
    match (fields.get("method"), id) {
        (Some(method), id) => {
            let method = text(Some(method)).ok_or("its method is not a string")?;
            match id {
                None => Ok(Kind::Notification { method }),
                Some(Some(id)) => Ok(Kind::Request { id, method }),
                Some(None) => Err("its id is neither a short string nor a number"),
            }
        }
        (None, id) if fields.contains_key("result") || fields.contains_key("error") => {
            Ok(Kind::Response { id: id.flatten() })
        }
        (None, _) => Err("it has neither a method nor a result nor an error"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Message {
        Message::parse(text.as_bytes()).expect("message")
    }

    #[test]
    fn what_the_hub_does_not_know_survives_in_its_order() {
        let text =
            r#"{"later":[1.0,12345678901234567890123],"jsonrpc":"2.0","id":"a","method":"m","params":{"z":1,"a":{}}}"#;

        assert_eq!(parse(text).to_line(), text);
    }

    #[test]
    fn a_message_with_line_breaks_becomes_one_line() {
        let message = parse("{\"jsonrpc\":\"2.0\",\n\"method\":\"m\",\"params\":{\r\n \"a\":\"x\\ny\"}}");

        assert_eq!(message.to_line(), r#"{"jsonrpc":"2.0","method":"m","params":{   "a":"x\ny"}}"#);
    }

    #[test]
    fn only_what_tells_of_a_failure_is_put_in_other_words() {
        let changed = |text: &str| {
            String::from_utf8(parse(text).with_failure(|text| text.replace("tok", "***")).to_line().to_vec())
                .expect("text")
        };
        let failures = [
            r#"{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"tok","data":{"a":"tok"}}}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":{"isError":true,"content":[{"text":"tok"}]}}"#,
            r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"data":"tok"}}"#,
        ];
        let others = [
            r#"{"jsonrpc":"2.0","id":1,"result":{"isError":false,"content":[{"text":"tok"}]}}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":{"content":[{"text":"isError tok"}]}}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"elicitation/create","params":{"message":"tok"}}"#,
        ];

        for text in failures {
            assert_eq!(changed(text), text.replace("tok", "***"));
        }
        for text in others {
            assert_eq!(changed(text), text);
        }
    }

    #[test]
    fn an_id_is_one_id_however_it_is_written() {
        let message = parse(r#"{"jsonrpc":"2.0","id":"\u0061","result":{}}"#);

        assert_eq!(message.kind(), &Kind::Response { id: Some(Id::of("a")) });
    }

    #[test]
    fn a_number_that_comes_back_as_text_is_the_same_number() {
        let numbers = |text: &str| match parse(text).kind() {
            Kind::Response { id } => id.as_ref().and_then(Id::as_number),
            Kind::Request { .. } | Kind::Notification { .. } => None,
        };

        for id in ["7", "\"7\"", "7.0", "\" 7 \""] {
            assert_eq!(numbers(&format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{}}}}"#)), Some(7), "{id}");
        }
        for id in ["\"a\"", "-7", "7.5", "\"\"", "null"] {
            assert_eq!(numbers(&format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{}}}}"#)), None, "{id}");
        }
    }

    #[test]
    fn a_byte_order_mark_before_a_message_is_ignored() {
        let message = parse("\u{feff}{\"jsonrpc\":\"2.0\",\"method\":\"m\"}");

        assert_eq!(message.method(), Some("m"));
    }

    #[test]
    fn what_is_no_message_is_refused_with_its_code() {
        let cases = [
            ("{", -32700),
            ("nothing", -32700),
            ("", -32700),
            ("[]", -32600),
            ("7", -32600),
            (r#"{"id":1,"method":"m"}"#, -32600),
            (r#"{"jsonrpc":"2.0","id":null,"method":"m"}"#, -32600),
            (r#"{"jsonrpc":"2.0","id":1}"#, -32600),
            (r#"{"jsonrpc":"2.0","method":1}"#, -32600),
        ];

        for (text, code) in cases {
            assert_eq!(Message::parse(text.as_bytes()).expect_err(text).code(), code, "{text}");
        }
    }
}
