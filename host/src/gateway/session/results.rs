//! The last touches on a server's answer before a client gets it.

use std::sync::atomic::Ordering;

use super::in_flight::{InFlight, UriAlias};
use crate::gateway::error::UpstreamError;
use crate::gateway::local_replies;
use crate::gateway::message::{Fields, Message, fields, raw, string};
use crate::gateway::roster::ScopeKind;
use crate::gateway::upstream::Upstream;

/// Methods whose result says nothing. Servers write `null` for it.
const EMPTY: [&str; 3] = ["logging/setLevel", "resources/subscribe", "resources/unsubscribe"];

/// A server's answer in the form that clients accept, without secrets where it tells of a failure.
pub(super) fn finished(upstream: &Upstream, in_flight: &InFlight, answer: Message) -> Message {
    let answer = with_object(upstream, in_flight, upstream.without_secrets(answer));
    let answer = in_flight.session.with_own_tasks(upstream, &in_flight.method, answer);
    in_flight.is_accepted.store(answer.error_text().is_none(), Ordering::Relaxed);
    match (in_flight.method.as_str(), &in_flight.alias) {
        ("tools/call", _) => {
            // With one server in scope, every link leads to it anyway.
            if !matches!(in_flight.session.scope.kind, ScopeKind::One(_)) {
                in_flight.session.resource_links.note(upstream.name(), &answer);
                in_flight.session.tasks.note(upstream.name(), &answer);
            }
            in_flight.with_readable_structure(upstream, answer)
        }
        ("resources/read", Some(alias)) => under_client_uri(answer, alias),
        _ => answer,
    }
}

/// The answer, unless its result is no object: clients cannot read such an answer, and would wait on.
fn with_object(upstream: &Upstream, in_flight: &InFlight, answer: Message) -> Message {
    let Some(result) = answer.result_text().filter(|result| !result.starts_with('{')) else { return answer };
    let (server, method) = (upstream.name().to_owned(), in_flight.method.clone());
    if result == "null" && EMPTY.contains(&method.as_str()) {
        return answer.with_result(&Fields::new());
    }
    let error = UpstreamError::OddResult { server, method };
    local_replies::failure(in_flight.id.clone(), &in_flight.method, &error, &error.to_string())
}

/// Puts the URI that the client asked with in place of the server's own.
fn under_client_uri(answer: Message, alias: &UriAlias) -> Message {
    let mut result = fields(answer.result_raw());
    let contents = result.get("contents").and_then(|contents| serde_json::from_str::<Vec<Fields>>(contents.get()).ok());
    let Some(mut contents) = contents else { return answer };
    for content in contents.iter_mut().filter(|content| string(content, "uri").as_deref() == Some(alias.own.as_str())) {
        content.insert("uri".into(), raw(&alias.client));
    }
    result.insert("contents".into(), raw(&contents));
    answer.with_result(&result)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::gateway::message::Id;

    fn answer(result: &Value) -> Message {
        Message::result(Id::of("1"), result)
    }

    fn result(answer: &Message) -> Value {
        serde_json::from_str(answer.result_raw().expect("a result").get()).expect("JSON")
    }

    #[test]
    fn a_resource_comes_back_under_the_uri_that_the_client_asked_with() {
        let alias = UriAlias { own: "ui://a".into(), client: "ui://a?server=x-".into() };
        let read = json!({ "contents": [{ "uri": "ui://a", "text": "t" }, { "uri": "ui://other" }] });

        let contents = &result(&under_client_uri(answer(&read), &alias))["contents"];

        assert_eq!((&contents[0]["uri"], &contents[1]["uri"]), (&json!("ui://a?server=x-"), &json!("ui://other")));
    }
}
