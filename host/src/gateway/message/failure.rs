//! The text of a message that tells of a failure.

use serde_json::value::RawValue;

use super::{Member, Message, MessageKind, fields_of};

impl Message {
    /// The same message with its text changed by `change`, if it tells of a failure: an error, a result with `isError`,
    /// or a log line. Any other message stays as it is.
    pub(crate) fn with_failure(mut self, change: impl Fn(&str) -> String) -> Self {
        let is_failed = |result: &str| {
            // Parsing every result would be expensive, so most are ruled out by a search first.
            let may_be = result.contains("isError") || result.contains("\\u00");
            may_be && fields_of(Some(result)).get("isError").is_some_and(|raw| raw.get() == "true")
        };
        let member = match &self.parts.kind {
            MessageKind::Response { .. } if self.parts.envelope.get(Member::Error).is_some() => Member::Error,
            MessageKind::Response { .. } if self.result_text().is_some_and(is_failed) => Member::Result,
            MessageKind::Notification { method } if method == "notifications/message" => Member::Params,
            MessageKind::Request { .. } | MessageKind::Notification { .. } | MessageKind::Response { .. } => {
                return self;
            }
        };
        let changed = self.parts.envelope.get(member).map(|text| RawValue::from_string(change(text)));
        if let Some(Ok(changed)) = changed {
            self.parts.envelope.set(member, changed.get());
        }
        self
    }
}
