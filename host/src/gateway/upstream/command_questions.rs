//! Who answers a question of a command that client sessions share: the client that it is about, or the hub. Never a guess.

use std::sync::Arc;

use serde_json::json;

use super::command_client::CommandClient;
use super::command_turns::KnownQuestions;
use crate::gateway::local_replies::{INTERNAL_ERROR, METHOD_NOT_FOUND};
use crate::gateway::message::{Id, Message};

pub(super) enum Answerer {
    /// The only client that the question can be about.
    Client(Arc<CommandClient>),
    Nobody,
    /// Several clients can, and nothing says which of them is meant.
    Several,
}

/// Who answers a question that names no request. `in_flight` are the clients with a call in flight, each once.
pub(super) fn answerer(
    question: &Message,
    in_flight: &[Arc<CommandClient>],
    connected: &[Arc<CommandClient>],
    known: &KnownQuestions,
) -> Answerer {
    let method = question.method().unwrap_or_default();
    let is_roots = method == "roots/list";
    // It may be because of the call of one that cannot be asked, and then it is not for the one that can.
    let calling = of_only_one(question, in_flight);
    match calling {
        Answerer::Client(_) if is_roots => {}
        Answerer::Client(_) | Answerer::Several => known.note(),
        // Roots are about the client, not about a request. Servers ask for them as soon as they run.
        Answerer::Nobody if is_roots => return only_able(question, connected),
        // It may be about a call that has ended, of any client.
        Answerer::Nobody if in_flight.is_empty() => return of_only_one(question, connected),
        Answerer::Nobody => {}
    }
    calling
}

/// The client that is alone among these, if it can answer.
fn of_only_one(question: &Message, clients: &[Arc<CommandClient>]) -> Answerer {
    match clients {
        [] | [_] => only_able(question, clients),
        several if several.iter().any(|client| client.answers(question)) => Answerer::Several,
        _ => Answerer::Nobody,
    }
}

fn only_able(question: &Message, clients: &[Arc<CommandClient>]) -> Answerer {
    let mut able = clients.iter().filter(|client| client.answers(question));
    match (able.next(), able.next()) {
        (Some(client), None) => Answerer::Client(client.clone()),
        (None, _) => Answerer::Nobody,
        (Some(_), Some(_)) => Answerer::Several,
    }
}

/// The hub's answer to a question that no client can answer.
pub(super) fn unanswerable(id: Id, method: &str) -> Message {
    match method {
        "ping" => Message::result(id, &json!({})),
        // "Elicitation", "Response Actions".
        "elicitation/create" => Message::result(id, &json!({ "action": "decline" })),
        _ => {
            let sentence = format!("no client that waits for this server answers {method}");
            Message::error(Some(id), METHOD_NOT_FOUND, &sentence)
        }
    }
}

/// The hub's answer to a question that several clients could be meant by.
pub(super) fn ambiguous(id: Id, method: &str) -> Message {
    let sentence = format!(
        "several clients share this process and could answer {method}, and nothing says which of them is meant; \
         \"perSessionClient\": true in the server's entry gives each client a process of its own"
    );
    Message::error(Some(id), INTERNAL_ERROR, &sentence)
}
