//! What a server needs from the client to go on, as requests that the client knows, and the client's answers.

use std::collections::HashMap;
use std::sync::Mutex;

use serde_json::json;
use serde_json::value::RawValue;
use tokio::sync::oneshot;

use crate::gateway::error::UpstreamError;
use crate::gateway::lock::lock;
use crate::gateway::message::{Fields, Id, Message, fields, object, raw, string};

/// Questions that one result may hold.
const MOST_AT_ONCE: usize = 32;
/// Questions that wait for the client, over all calls of a session.
const MOST_OPEN: usize = 1000;

/// The questions that wait for the client.
#[derive(Default)]
pub(super) struct Questions(Mutex<HashMap<Id, oneshot::Sender<Message>>>);

/// What a server needs before it goes on.
pub(super) struct NeededInput {
    /// By the server's key.
    asked: Vec<(String, Fields)>,
    /// What the server wants back as it is.
    pub(super) state: Option<Box<RawValue>>,
}

/// A question, and the place where its answer comes.
pub(super) struct OpenQuestion {
    key: String,
    method: String,
    answer: oneshot::Receiver<Message>,
}

impl NeededInput {
    /// What an answer says is needed. `None` if the answer is complete.
    pub(super) fn of(answer: &Message) -> Option<Self> {
        let result = answer.result_raw().filter(|result| result.get().contains("input_required"))?;
        let mut result = fields(Some(result));
        if string(&result, "resultType").as_deref() != Some("input_required") {
            return None;
        }
        let asked = object(&result, "inputRequests");
        let asked = asked.into_iter().map(|(key, request)| (key, fields(Some(&request)))).collect();
        Some(Self { asked, state: result.shift_remove("requestState") })
    }

    /// Whether the server only wants to be asked again.
    pub(super) const fn is_empty(&self) -> bool {
        self.asked.is_empty()
    }
}

impl Questions {
    /// Opens the questions of a server as requests under ids from `next`. A client may be asked only what it knows, which
    /// the client itself decides: it refuses other requests. Err: there are too many.
    pub(super) fn open(
        &self,
        server: &str,
        input: &NeededInput,
        next: impl Fn() -> u64,
    ) -> Result<(Vec<Message>, Vec<OpenQuestion>), UpstreamError> {
        let mut waiting = lock(&self.0);
        waiting.retain(|_, sender| !sender.is_closed());
        if input.asked.len() > MOST_AT_ONCE || waiting.len() + input.asked.len() > MOST_OPEN {
            return Err(missing(server, "input", "it asked for too much at once"));
        }
        let (mut requests, mut questions) = (Vec::new(), Vec::new());
        for (key, asked) in &input.asked {
            let method = string(asked, "method").unwrap_or_default();
            let mark = format!("input-{}", next());
            let (id, (sender, answer)) = (Id::of(&mark), oneshot::channel());
            let mut params = object(asked, "params");
            if string(&params, "mode").as_deref() == Some("url") && !params.contains_key("elicitationId") {
                params.insert("elicitationId".into(), raw(&format!("{server}-{mark}")));
            }
            requests.push(Message::request(id.clone(), &method, &params));
            waiting.insert(id, sender);
            questions.push(OpenQuestion { key: key.clone(), method, answer });
        }
        drop(waiting);
        Ok((requests, questions))
    }

    /// Passes an answer of the client to the call that waits for it.
    pub(super) fn answer(&self, id: &Id, answer: Message) {
        if let Some(sender) = lock(&self.0).remove(id) {
            // If the call has ended, nobody wants the answer.
            drop(sender.send(answer));
        }
    }
}

/// The answers to all questions, by the server's keys. An elicitation that the client refuses counts as cancelled by the
/// person; for anything else an answer cannot be made up.
pub(super) async fn answers(server: &str, questions: &mut Vec<OpenQuestion>) -> Result<Fields, UpstreamError> {
    let mut all = Fields::new();
    while let Some(question) = questions.first_mut() {
        let answer = (&mut question.answer).await;
        let answer = answer.map_err(|_| missing(server, &question.method, "the client did not answer"))?;
        let given = match (answer.result_raw(), answer.error_text()) {
            (Some(result), _) => result.to_owned(),
            (None, _) if question.method == "elicitation/create" => raw(&json!({ "action": "cancel" })),
            (None, problem) => {
                let problem = format!("the client answered: {}", problem.unwrap_or_default());
                return Err(missing(server, &question.method, &problem));
            }
        };
        all.insert(question.key.clone(), given);
        questions.remove(0);
    }
    Ok(all)
}

/// The error for a call that ends without what its server needs.
pub(super) fn missing(server: &str, method: &str, problem: &str) -> UpstreamError {
    UpstreamError::InputMissing { server: server.to_owned(), method: method.to_owned(), problem: problem.to_owned() }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn needed(result: &Value) -> Option<NeededInput> {
        NeededInput::of(&Message::result(Id::of("1"), result))
    }

    fn elicitation(params: &Value) -> NeededInput {
        let request = json!({ "method": "elicitation/create", "params": params });
        needed(&json!({ "resultType": "input_required", "inputRequests": { "who": request } })).expect("input")
    }

    fn open(questions: &Questions, input: &NeededInput) -> (Vec<Message>, Vec<OpenQuestion>) {
        questions.open("s", input, || 7).expect("open")
    }

    #[tokio::test]
    async fn a_question_becomes_a_request_and_its_answer_goes_back_under_the_servers_key() {
        let questions = Questions::default();

        let (requests, mut open) = open(&questions, &elicitation(&json!({ "mode": "form", "message": "m" })));
        questions.answer(&Id::of("input-7"), Message::result(Id::of("input-7"), &json!({ "action": "accept" })));
        let answers = answers("s", &mut open).await.expect("answers");

        let expected =
            r#"{"jsonrpc":"2.0","id":"input-7","method":"elicitation/create","params":{"mode":"form","message":"m"}}"#;
        assert_eq!(requests[0].to_line(), expected);
        assert_eq!(answers["who"].get(), r#"{"action":"accept"}"#);
    }

    #[tokio::test]
    async fn a_refused_elicitation_is_cancelled_and_anything_else_that_is_refused_ends_the_call() {
        let questions = Questions::default();
        let refusal = || Message::error(Some(Id::of("input-7")), -1, "User rejected");
        let roots = json!({ "resultType": "input_required", "inputRequests": { "r": { "method": "roots/list" } } });

        let (_, mut elicited) = open(&questions, &elicitation(&json!({})));
        questions.answer(&Id::of("input-7"), refusal());
        let (_, mut listed) = open(&questions, &needed(&roots).expect("input"));
        questions.answer(&Id::of("input-7"), refusal());

        assert_eq!(answers("s", &mut elicited).await.expect("answers")["who"].get(), r#"{"action":"cancel"}"#);
        let error = answers("s", &mut listed).await.expect_err("no roots").to_string();
        assert_eq!(error, "s asked for roots/list and cannot go on: the client answered: User rejected");
    }

    #[test]
    fn an_elicitation_by_url_gets_an_id() {
        let questions = Questions::default();

        let (requests, _open) = open(&questions, &elicitation(&json!({ "mode": "url", "url": "https://x.example" })));

        assert_eq!(requests[0].param("elicitationId").as_deref(), Some("s-input-7"));
    }

    #[test]
    fn too_many_questions_are_refused() {
        let asked: serde_json::Map<String, Value> =
            (0..33).map(|number| (number.to_string(), json!({ "method": "roots/list" }))).collect();
        let input = needed(&json!({ "resultType": "input_required", "inputRequests": asked })).expect("input");

        assert!(Questions::default().open("s", &input, || 1).is_err());
    }

    #[test]
    fn a_complete_result_needs_nothing() {
        assert!(needed(&json!({ "resultType": "complete", "content": "input_required" })).is_none());
        assert!(needed(&json!({ "content": [] })).is_none());
        let state = needed(&json!({ "resultType": "input_required", "requestState": "\u{e9}" })).expect("input");
        assert!(state.is_empty() && state.state.is_some_and(|state| state.get() == "\"\u{e9}\""));
    }
}
