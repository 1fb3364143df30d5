//! Answers whose result the hub keeps ready. All who get it share its text, which is copied once, when it is sent.

use std::sync::{Arc, OnceLock};

use super::envelope::on_one_line;
use super::{Envelope, Fields, Id, Message, MessageKind, raw};

/// The members of a result on one line, as text that is shared. It has no closing brace: each answer may add some.
#[derive(Debug, Clone)]
pub(crate) struct OpenResult(Arc<str>);

/// The result of one answer.
#[derive(Debug, Clone)]
pub(crate) struct PreparedResult {
    opening: OpenResult,
    /// The rest of the text, with the closing brace.
    ending: String,
    /// The text as one, for the few who read it.
    whole: OnceLock<String>,
}

impl OpenResult {
    /// The text of these members.
    pub(crate) fn of(members: &Fields) -> Self {
        let text = raw(members);
        let text = text.get();
        Self(on_one_line(text.strip_suffix('}').unwrap_or(text)).into())
    }

    /// The result with these members, too. None of them may stand in it already.
    pub(crate) fn with(&self, more: &Fields) -> PreparedResult {
        let more = raw(more);
        let more = more.get().strip_prefix('{').unwrap_or("}");
        let comma = if more == "}" || &*self.0 == "{" { "" } else { "," };
        PreparedResult { opening: self.clone(), ending: format!("{comma}{more}"), whole: OnceLock::new() }
    }

    /// The size in bytes.
    pub(crate) fn size(&self) -> usize {
        self.0.len()
    }

    /// Whether both are the same text in memory.
    #[cfg(test)]
    pub(crate) fn is_shared_with(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl PreparedResult {
    pub(super) fn text(&self) -> &str {
        self.whole.get_or_init(|| [&*self.opening.0, &self.ending].concat())
    }

    /// The size of a message with this result in bytes, where the rest of it is this envelope.
    pub(super) fn size_in(&self, envelope: &Envelope) -> usize {
        self.parts(envelope).iter().map(|part| part.len()).sum()
    }

    /// The message with this result as one line, where the rest of it is this envelope.
    pub(super) fn line_in(&self, envelope: &Envelope) -> Vec<u8> {
        self.parts(envelope).concat().into_bytes()
    }

    fn parts<'a>(&'a self, envelope: &'a Envelope) -> [&'a str; 5] {
        // Made by the hub, the envelope is an object with members, and ends with its brace.
        let envelope = envelope.text();
        [envelope.strip_suffix('}').unwrap_or(envelope), ",\"result\":", &self.opening.0, &self.ending, "}"]
    }
}

impl Message {
    /// An answer of the hub's own with a result that is kept ready.
    pub(crate) fn prepared(id: Id, result: PreparedResult) -> Self {
        let envelope = Envelope::of(&super::make::envelope(Some(id.to_raw())));
        let mut message = Self::of_envelope(MessageKind::Response { id: Some(id) }, envelope);
        message.parts.prepared = Some(Box::new(result));
        message
    }

    /// Whether the hub made the result and keeps it ready: then it is complete, in the form that the client expects.
    pub(crate) const fn is_prepared(&self) -> bool {
        self.parts.prepared.is_some()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::gateway::message::fields;

    fn of(value: &Value) -> Fields {
        fields(Some(&raw(value)))
    }

    #[test]
    fn an_answer_is_its_envelope_around_the_shared_text() {
        let opening = OpenResult::of(&of(&json!({ "tools": [1] })));
        let answer =
            Message::prepared(Id::of("a"), opening.with(&of(&json!({ "ttlMs": 5 })))).with_id(Id::of("longer"));

        let line = answer.to_line();

        let expected = r#"{"jsonrpc":"2.0","id":"longer","result":{"tools":[1],"ttlMs":5}}"#;
        assert_eq!((&*line, answer.size()), (expected.as_bytes(), expected.len()));
        assert_eq!(answer.result_text(), Some(r#"{"tools":[1],"ttlMs":5}"#));
        assert_eq!(answer.result_raw().expect("a result").get(), r#"{"tools":[1],"ttlMs":5}"#);
    }

    #[test]
    fn nothing_may_be_added_and_nothing_may_be_there() {
        let (none, some) = (OpenResult::of(&Fields::new()), OpenResult::of(&of(&json!({ "a": 1 }))));

        assert_eq!(none.with(&Fields::new()).text(), "{}");
        assert_eq!(none.with(&of(&json!({ "b": 2 }))).text(), r#"{"b":2}"#);
        assert_eq!(some.with(&Fields::new()).text(), r#"{"a":1}"#);
    }

    #[test]
    fn another_result_takes_its_place() {
        let answer = Message::prepared(Id::of("a"), OpenResult::of(&Fields::new()).with(&Fields::new()));

        let answer = answer.with_result(&of(&json!({ "x": 1 })));

        assert_eq!(answer.to_line(), r#"{"jsonrpc":"2.0","id":"a","result":{"x":1}}"#);
    }

    #[test]
    fn the_text_is_one_line() {
        let entry = serde_json::value::RawValue::from_string("[\n1]".to_owned()).expect("JSON");
        let opening = OpenResult::of(&Fields::from([("a".to_owned(), entry)]));

        assert_eq!(opening.with(&Fields::new()).text(), r#"{"a":[ 1]}"#);
    }
}
