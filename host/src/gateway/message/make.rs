//! Messages that the hub makes itself.

use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::{Envelope, Fields, Id, Message, MessageKind, raw};

impl Message {
    /// A request of the hub's own.
    pub(crate) fn request(id: Id, method: &str, params: &Fields) -> Self {
        let mut fields = envelope(Some(id.to_raw()));
        fields.insert("method".into(), raw(&method));
        fields.insert("params".into(), raw(params));
        Self::made(MessageKind::Request { id, method: method.to_owned() }, &fields)
    }

    /// A notification of the hub's own.
    pub(crate) fn notification(method: &str, params: Option<&Value>) -> Self {
        let mut fields = envelope(None);
        fields.insert("method".into(), raw(&method));
        if let Some(params) = params {
            fields.insert("params".into(), raw(params));
        }
        Self::made(MessageKind::Notification { method: method.to_owned() }, &fields)
    }

    /// An answer of the hub's own.
    pub(crate) fn result(id: Id, result: &impl Serialize) -> Self {
        let mut fields = envelope(Some(id.to_raw()));
        fields.insert("result".into(), raw(result));
        Self::made(MessageKind::Response { id: Some(id) }, &fields)
    }

    /// An error of the hub's own. Pass no id if the request could not be parsed.
    pub(crate) fn error(id: Option<Id>, code: i64, message: &str) -> Self {
        let mut fields = envelope(Some(id.as_ref().map_or_else(|| RawValue::NULL.to_owned(), Id::to_raw)));
        fields.insert("error".into(), raw(&serde_json::json!({ "code": code, "message": message })));
        Self::made(MessageKind::Response { id }, &fields)
    }

    fn made(kind: MessageKind, fields: &Fields) -> Self {
        Self::of_envelope(kind, Envelope::of(fields))
    }

    /// An error of the hub's own with `data` for programs.
    pub(crate) fn error_with_data(id: Id, code: i64, message: &str, data: &Value) -> Self {
        let error = [("code", raw(&code)), ("message", raw(&message)), ("data", raw(data))];
        Self::error_of(id, &error.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
    }

    /// An answer that is this error.
    pub(crate) fn error_of(id: Id, error: &Fields) -> Self {
        let mut fields = envelope(Some(id.to_raw()));
        fields.insert("error".into(), raw(error));
        Self::made(MessageKind::Response { id: Some(id) }, &fields)
    }
}

pub(super) fn envelope(id: Option<Box<RawValue>>) -> Fields {
    let mut fields = Fields::new();
    fields.insert("jsonrpc".into(), raw(&"2.0"));
    if let Some(id) = id {
        fields.insert("id".into(), id);
    }
    fields
}
