//! Answers in the form of revision 2026-07-28: each result says of which type it is, and those that may be kept say how
//! long and for whom.

use serde_json::json;

use super::methods::ModernMethod;
use crate::gateway::error_codes::{MISSING_CAPABILITY, URL_ELICITATION_REQUIRED};
use crate::gateway::local_replies;
use crate::gateway::message::{Fields, Id, Message, fields, raw};

/// An answer as a client of this revision expects it. What a server of this revision said stays as it is.
pub(super) fn modern(method: ModernMethod, answer: Message, id: Id) -> Message {
    if answer.result_text().is_none() {
        return error(answer, id);
    }
    let is_complete = answer.is_prepared();
    let answer = answer.with_id(id);
    if is_complete {
        return answer;
    }
    let result = fields(answer.result_raw());
    answer.with_result(&completed(method, result))
}

/// A complete result with the members that this revision requires.
pub(super) fn completed(method: ModernMethod, mut result: Fields) -> Fields {
    result.entry("resultType".into()).or_insert_with(|| raw(&"complete"));
    let is_complete = result.get("resultType").is_some_and(|kind| kind.get() == "\"complete\"");
    if is_complete && is_kept(method) {
        // A server with sessions says neither: then nothing may be kept, and nothing be shown to others.
        result.entry("ttlMs".into()).or_insert_with(|| raw(&0));
        result.entry("cacheScope".into()).or_insert_with(|| raw(&"private"));
    }
    result
}

/// Whether clients may keep the result (Caching).
const fn is_kept(method: ModernMethod) -> bool {
    match method {
        ModernMethod::Discover | ModernMethod::List(_) | ModernMethod::Read => true,
        ModernMethod::Listen | ModernMethod::MayAsk | ModernMethod::Other | ModernMethod::Removed => false,
    }
}

/// The codes that this revision replaced.
fn error(answer: Message, id: Id) -> Message {
    if answer.error_code() == Some(URL_ELICITATION_REQUIRED) {
        let sentence = "the server needs the person to open a page, and the client did not declare elicitation of URLs";
        let needed = json!({ "requiredCapabilities": { "elicitation": { "url": {} } } });
        return Message::error_with_data(id, MISSING_CAPABILITY, sentence, &needed);
    }
    if answer.error_code() != Some(local_replies::RESOURCE_NOT_FOUND) {
        return answer.with_id(id);
    }
    let mut error = answer.error_fields();
    error.insert("code".into(), raw(&local_replies::INVALID_PARAMS));
    Message::error_of(id, &error)
}

/// The error for a method that this revision does not have, or that needs a capability which is not there.
pub(super) fn no_method(id: Id, method: &str) -> Message {
    let sentence = format!("there is no method {method:?} here");
    Message::error(Some(id), local_replies::METHOD_NOT_FOUND, &sentence)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::gateway::modern::methods;

    fn of(method: &str, answer: &Value) -> Value {
        let answer = Message::parse(answer.to_string().as_bytes()).expect("an answer");
        serde_json::from_slice(&modern(methods::of(method), answer, Id::of("c")).to_line()).expect("JSON")
    }

    #[test]
    fn a_result_of_an_older_server_becomes_complete() {
        let answer = of("tools/call", &json!({ "jsonrpc": "2.0", "id": 1, "result": { "content": [] } }));

        assert_eq!(
            answer,
            json!({ "jsonrpc": "2.0", "id": "c", "result": { "content": [], "resultType": "complete" } })
        );
    }

    #[test]
    fn what_a_server_of_this_revision_says_stays() {
        let result = json!({ "tools": [], "resultType": "complete", "ttlMs": 5, "cacheScope": "public" });
        let asked = json!({ "resultType": "input_required", "requestState": "s" });

        assert_eq!(of("tools/list", &json!({ "jsonrpc": "2.0", "id": 1, "result": result }))["result"], result);
        assert_eq!(of("resources/read", &json!({ "jsonrpc": "2.0", "id": 1, "result": asked }))["result"], asked);
    }

    #[test]
    fn an_unknown_resource_is_an_invalid_parameter() {
        let error = json!({ "code": -32002, "message": "none", "data": { "uri": "x:y" } });

        let answer = of("resources/read", &json!({ "jsonrpc": "2.0", "id": 1, "error": error }));

        assert_eq!(answer["error"], json!({ "code": -32602, "message": "none", "data": { "uri": "x:y" } }));
    }
}
