//! Several messages in one POST. Only revision 2025-03-26 has them ("Sending Messages to the Server").

use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;
use serde_json::value::RawValue;

use super::inbound::InboundRequest;
use super::problem::Problem;
use super::{event_stream, observed, outbound};
use crate::gateway::ServerScope;
use crate::gateway::message::{BYTE_ORDER_MARK, Message, MessageError};

/// The revision with batches.
const REVISION: &str = "2025-03-26";
/// Messages of one batch.
const MAX_MESSAGES: usize = 100;

/// Answers a batch in a session of the revision that has them. Elsewhere it is refused.
pub(super) async fn post(reading: &InboundRequest<'_>, scope: &ServerScope, body: &Bytes) -> Result<Response, Problem> {
    let Ok(session) = reading.session(scope).await else { return Err(MessageError::Batch.into()) };
    if session.agreed_revision() != REVISION {
        return Err(MessageError::Batch.into());
    }
    let batch = messages(body)?.into_iter().map(|message| reading.carry(message)).collect();
    observed::batch(body);
    observed::accepted(StatusCode::OK);
    match session.answer_batch(batch).await {
        Some(reader) => Ok(event_stream::answering(reader, session.is_primed())),
        None => Ok(outbound::empty(StatusCode::ACCEPTED)),
    }
}

/// The messages of a batch. One that is invalid makes the whole batch so: nothing of it has been done yet.
fn messages(body: &Bytes) -> Result<Vec<Message>, Problem> {
    let bytes = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
    let parts: Vec<&RawValue> =
        serde_json::from_slice(bytes).map_err(|error| MessageError::NotJson(error.to_string()))?;
    if parts.is_empty() || parts.len() > MAX_MESSAGES {
        return Err(Problem::Batch(MAX_MESSAGES));
    }
    let parsed: Result<Vec<Message>, MessageError> =
        parts.into_iter().map(|part| Message::parse(part.get().as_bytes())).collect();
    let messages = parsed?;
    // "Initialization": it must not be part of a batch.
    if messages.iter().any(|message| message.method() == Some("initialize")) {
        return Err(Problem::Batch(MAX_MESSAGES));
    }
    Ok(messages)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        messages(&Bytes::from(text.to_owned())).expect_err(text).to_string()
    }

    #[test]
    fn the_messages_of_a_batch_are_read_in_order() {
        let batch = r#"[{"jsonrpc":"2.0","id":1,"method":"a"},{"jsonrpc":"2.0","method":"b"}]"#;

        let methods: Vec<_> = messages(&Bytes::from(format!("\u{feff}{batch}"))).expect("a batch");

        assert_eq!(methods.iter().filter_map(Message::method).collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn a_batch_that_is_empty_too_long_or_holds_initialize_is_refused() {
        let long = vec![r#"{"jsonrpc":"2.0","method":"a"}"#; MAX_MESSAGES + 1].join(",");
        for text in ["[]", &format!("[{long}]"), r#"[{"jsonrpc":"2.0","id":1,"method":"initialize"}]"#] {
            assert!(refusal(text).starts_with("the batch must hold between 1 and 100"), "{text}");
        }
    }

    #[test]
    fn one_invalid_message_makes_the_batch_invalid() {
        assert!(refusal(r#"[{"jsonrpc":"2.0","method":"a"},7]"#).contains("not JSON-RPC 2.0"));
        assert!(refusal("[[]]").contains("batch"));
        assert!(refusal("[{").contains("not JSON"));
    }
}
