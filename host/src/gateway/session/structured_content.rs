//! The structured content of a tool's result, in a form that the client can read.
//!
//! Clients of revision 2025-11-25 and earlier refuse the whole result if it is not an object ("Structured Content"). So what
//! a server of a later revision returns comes inside an object, as the client's list of tools says. A server of an earlier
//! revision breaks its own rules: what it returns is removed.

use super::in_flight::InFlight;
use crate::gateway::list_kind::ListKind;
use crate::gateway::message::{Message, fields};
use crate::gateway::repair;
use crate::gateway::revision::Structure;
use crate::gateway::upstream::Upstream;

const STRUCTURED: &str = "structuredContent";

impl InFlight {
    /// The answer of a tool as the client can read it.
    pub(super) fn with_readable_structure(&self, upstream: &Upstream, answer: Message) -> Message {
        match self.session.structure {
            Structure::Any => answer,
            Structure::Object => {
                // A session that has ended meanwhile says nothing more about its server. Then nothing is removed.
                let open = self.session.upstream_sessions.open(upstream.name());
                let said = open.map_or(Structure::Any, |upstream_session| upstream_session.structure());
                with_object(answer, said, || self.wraps_results(upstream))
            }
        }
    }

    /// Whether the client was told that each structured content of the tool comes inside an object.
    fn wraps_results(&self, upstream: &Upstream) -> bool {
        let class = self.session.list_class(upstream);
        let listed = self.session.context.lists.get(upstream.name(), ListKind::Tools, &class);
        let tool = self.tool.as_deref().unwrap_or_default();
        listed.is_some_and(|list| list.entries.iter().any(|entry| entry.own == tool && entry.wraps_results()))
    }
}

/// The answer of a server of this structure, for a client that reads objects alone.
fn with_object(answer: Message, said: Structure, is_wrapped: impl FnOnce() -> bool) -> Message {
    // Parsing every result would be expensive, so most are ruled out by a search first.
    if !answer.result_text().is_some_and(|result| result.contains(STRUCTURED)) {
        return answer;
    }
    let mut result = fields(answer.result_raw());
    let Some(content) = result.get(STRUCTURED) else { return answer };
    let is_object = content.get().starts_with('{');
    match said {
        Structure::Object if is_object => return answer,
        Structure::Any if is_object && !is_wrapped() => return answer,
        Structure::Object => {
            result.shift_remove(STRUCTURED);
        }
        Structure::Any => {
            let whole = repair::wrapped(content);
            result.insert(STRUCTURED.into(), whole);
        }
    }
    answer.with_result(&result)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::gateway::message::Id;

    fn readable(result: &Value, said: Structure, is_wrapped: bool) -> Value {
        let answer = with_object(Message::result(Id::of("1"), result), said, || is_wrapped);
        serde_json::from_str(answer.result_raw().expect("a result").get()).expect("JSON")
    }

    #[test]
    fn of_a_server_that_must_return_objects_anything_else_is_removed_and_the_rest_stays() {
        let wrong = json!({ "content": [], "structuredContent": [1] });
        let right = json!({ "content": [], "structuredContent": { "a": 1 } });

        assert_eq!(readable(&wrong, Structure::Object, false), json!({ "content": [] }));
        assert_eq!(readable(&right, Structure::Object, false), right);
    }

    #[test]
    fn of_a_server_that_may_return_anything_all_comes_in_the_form_that_was_listed() {
        let of = |content: Value| json!({ "structuredContent": content, "content": [] });

        for content in [json!([1]), json!("a"), json!(0), json!(false), Value::Null] {
            let wrapped = of(json!({ "result": content }));
            assert_eq!(readable(&of(content), Structure::Any, false), wrapped);
        }
        let object = json!({ "a": 1 });
        assert_eq!(readable(&of(object.clone()), Structure::Any, false), of(object.clone()));
        assert_eq!(readable(&of(object.clone()), Structure::Any, true), of(json!({ "result": object })));
    }
}
