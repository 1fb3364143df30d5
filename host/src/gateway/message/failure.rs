//! The text of a message that tells of a failure.

use serde_json::value::RawValue;

use super::{Message, MessageKind, fields};

impl Message {
    /// The same message with its text changed by `change`, if it tells of a failure: an error, a result with `isError`,
    /// or a log line. Any other message stays as it is.
    pub(crate) fn with_failure(mut self, change: impl Fn(&str) -> String) -> Self {
        let is_failed = |result: &RawValue| {
            // Parsing every result would be expensive, so most are ruled out by a search first.
            let may_be = result.get().contains("isError") || result.get().contains("\\u00");
            may_be && fields(Some(result)).get("isError").is_some_and(|raw| raw.get() == "true")
        };
        let key = match &self.kind {
            MessageKind::Response { .. } if self.fields.contains_key("error") => "error",
            MessageKind::Response { .. } if self.result_raw().is_some_and(is_failed) => "result",
            MessageKind::Notification { method } if method == "notifications/message" => "params",
            MessageKind::Request { .. } | MessageKind::Notification { .. } | MessageKind::Response { .. } => {
                return self;
            }
        };
        let changed = self.fields.get(key).map(|raw| RawValue::from_string(change(raw.get())));
        if let Some(Ok(changed)) = changed {
            self.fields.insert(key.into(), changed);
        }
        self
    }
}
