//! The members of an answer as JSON-RPC 2.0 has them (§5): a result or an error, and an error with a code and a sentence.
//!
//! Programs write both, `null` for what there is not, or a bare sentence. The libraries at the other end refuse such an
//! answer as a whole, and whoever asked waits for ever.

use serde_json::Value;
use serde_json::value::RawValue;

use super::envelope::{Envelope, Member};
use crate::gateway::error_codes::INTERNAL_ERROR;
use crate::gateway::json::{Fields, fields, raw, text};

const NULL: &str = "null";

/// A message. Only the members of an answer are changed, and only where they break the rule.
pub(super) fn straightened(envelope: Envelope) -> Envelope {
    let has = |member| envelope.get(member).is_some();
    match (has(Member::Result), has(Member::Error)) {
        (false, false) => envelope,
        (true, false) if !has(Member::Method) => envelope,
        (true | false, _) => Envelope::of(&straightened_members(envelope.members())),
    }
}

fn straightened_members(mut members: Fields) -> Fields {
    if is_null(&members, "method") {
        members.shift_remove("method");
    }
    if members.contains_key("result") && is_null(&members, "error") {
        members.shift_remove("error");
    }
    if members.contains_key("error") && is_null(&members, "result") {
        members.shift_remove("result");
    }
    if members.contains_key("method") {
        return members;
    }
    if let (Some(_), Some(error)) = (members.get("result"), members.get("error")) {
        let of_both = if is_error(error) { "result" } else { "error" };
        members.shift_remove(of_both);
    }
    if let Some(error) = members.get("error").and_then(|error| completed(error)) {
        members.insert("error".into(), error);
    }
    members
}

fn is_null(members: &Fields, key: &str) -> bool {
    members.get(key).is_some_and(|raw| raw.get() == NULL)
}

/// Whether this says that something failed, where a result stands beside it.
fn is_error(error: &RawValue) -> bool {
    let members = fields(Some(error));
    members.contains_key("code") || members.contains_key("message")
}

/// The error with a code and a message. `None` if it has both.
fn completed(error: &RawValue) -> Option<Box<RawValue>> {
    let mut members = fields(Some(error));
    let code = members.get("code").map(|code| code.get());
    let message = text(members.get("message").map(|message| &**message));
    if code.is_some_and(|code| code.parse::<i64>().is_ok()) && message.is_some() {
        return None;
    }
    // An error without a code says that something failed at the other end.
    let code = code.and_then(whole_number).unwrap_or(INTERNAL_ERROR);
    let message = message.or_else(|| text(Some(error))).unwrap_or_else(|| "an error without a message".to_owned());
    members.insert("code".into(), raw(&code));
    members.insert("message".into(), raw(&message));
    Some(raw(&members))
}

/// A whole number, also where it is written as a string or with a point.
fn whole_number(written: &str) -> Option<i64> {
    let text = match serde_json::from_str(written).ok()? {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    text.strip_suffix(".0").unwrap_or(&text).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> String {
        straightened(Envelope::read(text).expect("members")).text().to_owned()
    }

    #[test]
    fn a_good_answer_stays_as_it_is() {
        for text in [
            r#"{"id":1,"result":{"a":1.0}}"#,
            r#"{"id":1,"result":null}"#,
            r#"{"id":1,"error":{"message":"m","x":1,"code":-5}}"#,
            r#"{"id":1,"method":"m","error":"x"}"#,
        ] {
            assert_eq!(of(text), text);
        }
    }

    #[test]
    fn of_a_result_and_an_error_the_error_stays_if_it_is_one() {
        assert_eq!(of(r#"{"result":{},"error":{"code":1,"message":"m"}}"#), r#"{"error":{"code":1,"message":"m"}}"#);
        for none in ["null", "{}", r#""""#, "false", "[]"] {
            assert_eq!(of(&format!(r#"{{"result":{{}},"error":{none}}}"#)), r#"{"result":{}}"#, "{none}");
        }
        assert_eq!(of(r#"{"result":null,"error":null,"method":null}"#), r#"{"result":null}"#);
    }

    #[test]
    fn an_error_gets_the_code_and_the_message_that_it_lacks() {
        for (written, error) in [
            (r#""boom""#, r#"{"code":-32603,"message":"boom"}"#),
            (r#"{"message":"boom","data":1}"#, r#"{"message":"boom","data":1,"code":-32603}"#),
            (r#"{"code":"-7","message":"boom"}"#, r#"{"code":-7,"message":"boom"}"#),
            (r#"{"code":-7.0,"message":"boom"}"#, r#"{"code":-7,"message":"boom"}"#),
            (r#"{"code":1.5,"message":{}}"#, r#"{"code":-32603,"message":"an error without a message"}"#),
            ("null", r#"{"code":-32603,"message":"an error without a message"}"#),
        ] {
            assert_eq!(of(&format!(r#"{{"error":{written}}}"#)), format!(r#"{{"error":{error}}}"#));
        }
    }
}
