//! An answer in the form of earlier revisions. Clients of those refuse some members that they do not know.

use super::error_members::{names_a_resource, with_code};
use crate::gateway::error_codes::{INTERNAL_ERROR, INVALID_PARAMS, RESOURCE_NOT_FOUND};
use crate::gateway::message::{Fields, Message, MessageKind, fields, string};

const RESULT_TYPE: &str = "resultType";

/// A server's answer to a request of this method, for a client of an earlier revision. The hints about caching stay on
/// lists: the hub reads those itself.
pub(super) fn answer(method: &str, answer: Message) -> Message {
    let MessageKind::Response { id: Some(id) } = answer.kind().clone() else { return answer };
    if method == "resources/read" && answer.error_code() == Some(INVALID_PARAMS) && names_a_resource(&answer) {
        return with_code(answer, &id, RESOURCE_NOT_FOUND);
    }
    let is_changed = |result: &Fields| {
        result.contains_key(RESULT_TYPE) || method == "resources/read" && result.contains_key("ttlMs")
    };
    let mut result = fields(answer.result_raw());
    if !is_changed(&result) {
        return answer;
    }
    match string(&result, RESULT_TYPE).as_deref() {
        Some("complete") | None => {}
        Some(other) => {
            let sentence =
                format!("the server answered with a result of the type {other:?}, which the client does not know");
            return Message::error(Some(id), INTERNAL_ERROR, &sentence);
        }
    }
    result.shift_remove(RESULT_TYPE);
    if method == "resources/read" {
        result.shift_remove("ttlMs");
        result.shift_remove("cacheScope");
    }
    answer.with_result(&result)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::gateway::message::Id;

    fn result(method: &str, of: &Value) -> Value {
        let answer = answer(method, Message::result(Id::of("1"), of));
        serde_json::from_str(answer.result_raw().expect("a result").get()).expect("JSON")
    }

    #[test]
    fn members_of_this_revision_are_taken_away_and_all_others_stay() {
        let read = json!({ "resultType": "complete", "ttlMs": 1, "cacheScope": "public", "contents": [] });
        let call = json!({ "resultType": "complete", "content": [], "ttlMs": 1, "_meta": { "a": 1 } });

        assert_eq!(result("resources/read", &read), json!({ "contents": [] }));
        assert_eq!(result("tools/call", &call), json!({ "content": [], "ttlMs": 1, "_meta": { "a": 1 } }));
        assert_eq!(result("tools/call", &json!({ "content": [] })), json!({ "content": [] }));
    }

    #[test]
    fn a_result_of_an_unknown_type_is_an_error() {
        let task = answer("tools/call", Message::result(Id::of("1"), &json!({ "resultType": "task", "taskId": "t" })));

        assert!(task.error_text().is_some_and(|text| text.contains("task")));
    }

    #[test]
    fn a_resource_that_does_not_exist_has_the_code_of_earlier_revisions() {
        let error = r#"{"jsonrpc":"2.0","id":"1","error":{"code":-32602,"message":"no","data":{"uri":"x://y"}}}"#;
        let error = || Message::parse(error.as_bytes()).expect("message");

        assert_eq!(answer("resources/read", error()).error_code(), Some(RESOURCE_NOT_FOUND));
        assert_eq!(answer("tools/call", error()).error_code(), Some(INVALID_PARAMS));
    }
}
