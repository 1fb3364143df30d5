//! What servers with sessions ask their client, as `input_required` asks it (Multi Round-Trip Requests).

use serde_json::json;
use serde_json::value::RawValue;

use crate::gateway::error_codes::URL_ELICITATION_REQUIRED;
use crate::gateway::message::{Fields, Id, Message, MessageKind, fields, object, raw};

/// The result that asks the client these questions, each under its id.
pub(super) fn required<'a>(questions: impl Iterator<Item = &'a Message>, state: &str) -> Fields {
    let mut requests = Fields::new();
    for question in questions {
        if let MessageKind::Request { id, method } = question.kind() {
            requests.insert(key(id), request(method, question.params()));
        }
    }
    let mut result = Fields::new();
    result.insert("resultType".into(), raw(&"input_required"));
    result.insert("inputRequests".into(), raw(&requests));
    result.insert("requestState".into(), raw(&state));
    result
}

/// The key of a question in `inputRequests`.
pub(super) fn key(id: &Id) -> String {
    id.to_raw().get().trim_matches('"').to_owned()
}

fn request(method: &str, mut params: Fields) -> Box<RawValue> {
    // These exist between a client and a server with sessions only.
    for gone in ["elicitationId", "task", "_meta"] {
        params.shift_remove(gone);
    }
    let mut request = Fields::new();
    request.insert("method".into(), raw(&method));
    if !(params.is_empty() && method == "roots/list") {
        request.insert("params".into(), raw(&params));
    }
    raw(&request)
}

/// The `inputResponses` of a retry, each as it came. `None` if they are not an object, or one of them is not.
pub(super) fn responses(params: &Fields) -> Option<Fields> {
    let is_object = |value: &RawValue| value.get().starts_with('{');
    match params.get("inputResponses") {
        None => Some(Fields::new()),
        Some(all) if is_object(all) => {
            let all = fields(Some(all));
            all.values().all(|response| is_object(response)).then_some(all)
        }
        Some(_) => None,
    }
}

/// The answer to a question, for the session that it came from. `None` if the response is not an object.
pub(super) fn answer(question: &Message, response: &RawValue) -> Option<Message> {
    let MessageKind::Request { id, .. } = question.kind() else { return None };
    let is_object = response.get().starts_with('{');
    is_object.then(|| Message::result(id.clone(), &fields(Some(response))))
}

/// The result that asks for what an older server's error asks for: pages that the person has to open first.
pub(super) fn of_error(answer: &Message) -> Option<Fields> {
    if answer.error_code() != Some(URL_ELICITATION_REQUIRED) {
        return None;
    }
    let data = object(&answer.error_fields(), "data");
    let pages: Vec<Fields> = serde_json::from_str(data.get("elicitations")?.get()).ok()?;
    let mut requests = Fields::new();
    for (at, mut page) in pages.into_iter().enumerate() {
        page.shift_remove("elicitationId");
        requests.insert(format!("page-{at}"), raw(&json!({ "method": "elicitation/create", "params": page })));
    }
    let mut result = Fields::new();
    result.insert("resultType".into(), raw(&"input_required"));
    result.insert("inputRequests".into(), raw(&requests));
    (!requests.is_empty()).then_some(result)
}
