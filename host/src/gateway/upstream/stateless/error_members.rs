//! Members of a JSON-RPC error that only this revision needs.

use crate::gateway::error_codes::UNSUPPORTED_VERSION;
use crate::gateway::message::{Fields, Id, Message, object, raw, string};

/// The members of an answer's error; empty if it is none.
fn members(answer: &Message) -> Fields {
    let whole: Fields = serde_json::from_slice(&answer.to_line()).unwrap_or_default();
    object(&whole, "error")
}

/// Whether the server refuses a revision and says that it speaks this one.
pub(super) fn offers(answer: &Message, revision: &str) -> bool {
    if answer.error_code() != Some(UNSUPPORTED_VERSION) {
        return false;
    }
    let data = object(&members(answer), "data");
    let supported = data.get("supported").and_then(|raw| serde_json::from_str::<Vec<String>>(raw.get()).ok());
    supported.unwrap_or_default().iter().any(|other| other == revision)
}

/// Whether the data of an error names the resource that it is about.
pub(super) fn names_a_resource(answer: &Message) -> bool {
    string(&object(&members(answer), "data"), "uri").is_some()
}

/// The same error with another code.
pub(super) fn with_code(answer: Message, id: &Id, code: i64) -> Message {
    let mut error = members(&answer);
    error.insert("code".into(), raw(&code));
    let whole = serde_json::json!({ "jsonrpc": "2.0", "id": id.to_raw(), "error": error });
    Message::parse(whole.to_string().as_bytes()).unwrap_or(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> Message {
        Message::parse(text.as_bytes()).expect("message")
    }

    #[test]
    fn a_refused_revision_comes_with_those_that_are_spoken() {
        let refused = message(
            r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32022,"message":"no","data":{"supported":["2026-07-28"],"requested":"x"}}}"#,
        );

        assert!(offers(&refused, "2026-07-28") && !offers(&refused, "2025-11-25"));
        assert!(!offers(&message(r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"no"}}"#), "2026-07-28"));
    }

    #[test]
    fn an_error_under_another_code_keeps_its_text_and_data() {
        let error =
            message(r#"{"jsonrpc":"2.0","id":"a","error":{"code":-32602,"message":"gone","data":{"uri":"x://y"}}}"#);

        let changed = with_code(error, &Id::of("a"), -32002);

        assert_eq!((changed.error_code(), changed.error_text().as_deref()), (Some(-32002), Some("gone")));
        assert!(names_a_resource(&changed) && changed.answers(&Id::of("a")));
    }
}
