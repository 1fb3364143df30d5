//! Request ids as a server sees them: whole numbers, one after the other.
//!
//! A client may use any string, and some servers know only whole numbers. The answer goes back under the client's id,
//! and a cancellation goes to the server with the number.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use crate::gateway::lock::lock;
use crate::gateway::message::{Id, Message, MessageKind, raw};

/// The id of `initialize`, the first request of a session.
pub(crate) const INITIALIZE_ID: u64 = 1;

/// The ids in flight of one session with a server.
#[derive(Clone)]
pub(crate) struct RequestIds(Arc<RequestIdTable>);

struct RequestIdTable {
    /// Other sessions with the same process may count here, too.
    last: Arc<AtomicU64>,
    in_flight: Mutex<HashMap<Id, u64>>,
}

/// The numbers of a session with a server that nothing else uses.
impl Default for RequestIds {
    fn default() -> Self {
        Self::after(Arc::new(AtomicU64::new(INITIALIZE_ID)))
    }
}

/// The ids of one request in flight. Dropping it ends the request.
pub(crate) struct IssuedId {
    request_ids: RequestIds,
    id: Id,
    number: u64,
}

impl RequestIds {
    /// Numbers that follow the last one of this counter.
    pub(crate) fn after(last: Arc<AtomicU64>) -> Self {
        Self(Arc::new(RequestIdTable { last, in_flight: Mutex::default() }))
    }

    /// A number that no other request of the session has.
    pub(super) fn next_number(&self) -> u64 {
        self.0.last.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// The request under a new number. `None` if the message is not a request.
    pub(crate) fn issue(&self, request: &Message) -> Option<(Message, IssuedId)> {
        let MessageKind::Request { id, .. } = request.kind() else { return None };
        let number = self.next_number();
        lock(&self.0.in_flight).insert(id.clone(), number);
        let issued_id = IssuedId { request_ids: self.clone(), id: id.clone(), number };
        Some((request.clone().with_id(Id::number(number)), issued_id))
    }

    /// A notification as the server is to see it: a cancellation names the request by its number, and ends the wait for
    /// its answer. `None` if that request is not in flight any more.
    pub(crate) fn translated(&self, message: &Message) -> Option<Message> {
        if message.method() != Some("notifications/cancelled") {
            return Some(message.clone());
        }
        let mut params = message.params();
        let id = Id::read(params.get("requestId")?)?;
        let number = *lock(&self.0.in_flight).get(&id)?;
        params.insert("requestId".into(), raw(&number));
        Some(message.clone().with_params(&params))
    }
}

impl IssuedId {
    /// Tells the server that nobody waits for the answer any more.
    pub(crate) fn cancellation(&self) -> Message {
        let params = serde_json::json!({ "requestId": self.number, "reason": "it took too long" });
        Message::notification("notifications/cancelled", Some(&params))
    }

    /// An answer under the client's id. Any other message stays as it is.
    pub(crate) fn restored(&self, message: Message) -> Message {
        match message.kind() {
            MessageKind::Response { .. } => message.with_id(self.id.clone()),
            MessageKind::Request { .. } | MessageKind::Notification { .. } => message,
        }
    }
}

impl Drop for IssuedId {
    fn drop(&mut self) {
        let mut in_flight = lock(&self.request_ids.0.in_flight);
        if in_flight.get(&self.id) == Some(&self.number) {
            in_flight.remove(&self.id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> Message {
        Message::parse(text.as_bytes()).expect("message")
    }

    #[test]
    fn a_request_goes_out_under_a_number_and_its_answer_comes_back_under_its_own_id() {
        let request_ids = RequestIds::default();
        let request = message(r#"{"jsonrpc":"2.0","id":"a-7","method":"ping"}"#);

        let (sent, issued_id) = request_ids.issue(&request).expect("a request");
        let answer = issued_id.restored(message(r#"{"jsonrpc":"2.0","id":2,"result":{}}"#));

        assert_eq!(sent.to_line(), r#"{"jsonrpc":"2.0","id":2,"method":"ping"}"#);
        assert_eq!(answer.to_line(), r#"{"jsonrpc":"2.0","id":"a-7","result":{}}"#);
    }

    #[test]
    fn a_cancellation_names_the_number_while_the_request_is_in_flight() {
        let request_ids = RequestIds::default();
        let (_, issued_id) =
            request_ids.issue(&message(r#"{"jsonrpc":"2.0","id":"a","method":"ping"}"#)).expect("a request");
        let cancellation =
            message(r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"a"}}"#);

        let sent = request_ids.translated(&cancellation).expect("sent");
        drop(issued_id);

        assert!(sent.to_line().ends_with(br#""params":{"requestId":2}}"#), "{:?}", sent.to_line());
        assert!(request_ids.translated(&cancellation).is_none());
    }
}
