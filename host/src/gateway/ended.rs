//! How a request ended, read from its answer: an error, a tool's result that says `isError`, or a result.

use std::sync::Arc;

use super::message::{Message, MessageKind};
use crate::telemetry::{Ended, Exchange};

const IS_ERROR: &str = "\"isError\"";

/// How a request ended that got this answer with this status.
pub(crate) fn with(answer: &Message, status: Option<u16>) -> Ended {
    let code = answer.error_code();
    // What the hub prepared is no tool's result, and often long.
    let is_error = code.is_none() && !answer.is_prepared() && answer.result_text().is_some_and(says_is_error);
    Ended { status, code, is_error, is_refused: false, bytes: answer.size() }
}

/// A message passes on the stream that answers a request. The answer ends it; the end of the stream without one means that
/// it was given up.
pub(crate) fn on_stream(exchange: &Arc<Exchange>, message: Option<&Message>) {
    if let Some(answer) = message.filter(|message| matches!(message.kind(), MessageKind::Response { .. })) {
        exchange.end(with(answer, Some(200)));
    }
}

/// Whether the result itself says so. Most results are large and say nothing of it, so it is looked for before any is parsed.
fn says_is_error(result: &str) -> bool {
    #[derive(serde::Deserialize)]
    struct Result {
        #[serde(rename = "isError")]
        is_error: Option<bool>,
    }
    let is_true = |(at, _): (usize, &str)| {
        let after = result.get(at + IS_ERROR.len()..).map(str::trim_start).and_then(|after| after.strip_prefix(':'));
        after.is_some_and(|after| after.trim_start().starts_with("true"))
    };
    result.match_indices(IS_ERROR).any(is_true)
        && serde_json::from_str::<Result>(result).is_ok_and(|result| result.is_error == Some(true))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::gateway::message::Id;

    fn of(result: &serde_json::Value) -> Ended {
        with(&Message::result(Id::of("1"), result), Some(200))
    }

    #[test]
    fn only_the_result_itself_says_that_a_tool_failed() {
        assert!(of(&json!({ "content": [], "isError": true, "_meta": {} })).is_error);
        for fine in [
            json!({ "content": [], "isError": false }),
            json!({ "content": [{ "type": "text", "text": "{\"isError\": true}" }] }),
            json!({ "content": [], "structuredContent": { "isError": true } }),
            json!({}),
        ] {
            assert!(!of(&fine).is_error, "{fine}");
        }
    }

    #[test]
    fn an_error_has_its_code() {
        let ended = with(&Message::error(Some(Id::of("1")), -32602, "no"), Some(200));

        assert_eq!((ended.code, ended.is_error), (Some(-32602), false));
    }
}
