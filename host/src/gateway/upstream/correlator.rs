//! Answers on a stream that all requests share: which message belongs to which request.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use indexmap::IndexMap;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot, watch};

use super::notification::{LISTEN, SUBSCRIPTION_ID, is_about_server};
use super::shared_stream::SharedStream;
use crate::gateway::budget::{Budget, Reservation};
use crate::gateway::error::UpstreamError;
use crate::gateway::lock::lock;
use crate::gateway::message::{Id, Message, MessageKind, object};

/// Messages that wait for the reader of one request.
const QUEUED: usize = 256;
/// Requests in flight at once.
const MAX_WAITING: usize = 1000;

/// Sorts the messages of one shared stream.
pub(crate) struct Correlator {
    server: String,
    waiting: Mutex<Option<IndexMap<Id, PendingRequest>>>,
    /// Bytes of the messages that wait for their readers.
    room: Arc<Budget>,
    /// Where messages go that belong to no request.
    inbound: mpsc::Sender<Message>,
    /// Why the stream ended, if it ended by itself.
    ending: watch::Sender<Option<UpstreamError>>,
}

struct PendingRequest {
    before: mpsc::Sender<(Message, Reservation)>,
    answer: oneshot::Sender<Result<Message, UpstreamError>>,
    progress: Option<String>,
    /// Whether it asks for a stream of changes, which has no end of its own.
    is_subscription: bool,
}

impl Correlator {
    /// Messages that belong to no request, or that exceed `room`, go to `inbound`.
    pub(crate) fn new(server: &str, inbound: mpsc::Sender<Message>, room: Budget) -> Self {
        let waiting = Mutex::new(Some(IndexMap::new()));
        let (ending, room) = (watch::Sender::new(None), Arc::new(room));
        Self { server: server.to_owned(), waiting, room, inbound, ending }
    }

    /// Registers a request that is about to be sent. Refuses an id that is in flight, and too many requests at once.
    pub(crate) fn expect(&self, request: &Message, wait: Duration) -> Result<SharedStream, UpstreamError> {
        let MessageKind::Request { id, .. } = request.kind() else { return Err(UpstreamError::DuplicateId) };
        let (before, before_receiver) = mpsc::channel(QUEUED);
        let (answer, answer_receiver) = oneshot::channel();
        let meta = object(&request.params(), "_meta");
        let progress = meta.get("progressToken").map(|token| token.get().to_owned());
        let mut waiting = lock(&self.waiting);
        let ended = || UpstreamError::SessionEnded { server: self.server.clone() };
        let waiting = waiting.as_mut().ok_or_else(ended)?;
        waiting.retain(|_, other| !other.answer.is_closed());
        if waiting.contains_key(id) || waiting.len() >= MAX_WAITING {
            return Err(UpstreamError::DuplicateId);
        }
        let is_subscription = request.method() == Some(LISTEN);
        waiting.insert(id.clone(), PendingRequest { before, answer, progress, is_subscription });
        let server = self.server.clone();
        Ok(SharedStream { server, before: before_receiver, answer: Some(answer_receiver), wait, last: None })
    }

    /// Passes a message to the request that it belongs to, or to `inbound`.
    pub(crate) async fn deliver(&self, message: Message) {
        let Some(message) = self.deliver_to_request(message) else { return };
        if self.inbound.send(message).await.is_err() {
            tracing::debug!(server.name = self.server, "a message came after the end of the session");
        }
    }

    /// Whether the stream has ended.
    pub(crate) fn is_ended(&self) -> bool {
        lock(&self.waiting).is_none()
    }

    /// Set once the stream has ended by itself, with the reason.
    pub(crate) fn ending(&self) -> watch::Receiver<Option<UpstreamError>> {
        self.ending.subscribe()
    }

    /// Ends the stream: every request in flight fails, with `why` if that is known.
    pub(crate) fn end(&self, why: Option<UpstreamError>) {
        let waiting = lock(&self.waiting).take().unwrap_or_default();
        let Some(why) = why else { return };
        self.ending.send_replace(Some(why.clone()));
        for (_, waiting) in waiting {
            waiting.tell(Err(why.clone()));
        }
    }

    /// Fails the request whose answer was too large: the one of this id, or the only one in flight.
    pub(crate) fn too_large(&self, id: Option<u64>, limit: usize) {
        let mut waiting = lock(&self.waiting);
        let found = waiting.as_mut().and_then(|waiting| match id {
            Some(id) => waiting.shift_remove(&Id::number(id)),
            None => only(waiting),
        });
        drop(waiting);
        let error = UpstreamError::TooLarge { server: self.server.clone(), limit };
        match found {
            Some(found) => found.tell(Err(error)),
            None => tracing::warn!(server.name = self.server, "{error}; the message was dropped"),
        }
    }

    /// Returns the message if it belongs to no request in flight.
    fn deliver_to_request(&self, message: Message) -> Option<Message> {
        let mut waiting = lock(&self.waiting);
        let waiting = waiting.as_mut()?;
        match message.kind() {
            MessageKind::Response { id: Some(id) } => {
                let number = id.as_number().map(Id::number);
                let found = waiting.shift_remove(id).or_else(|| waiting.shift_remove(&number?))?;
                found.tell(Ok(message));
                None
            }
            // The server could not parse a request. If several are in flight, nothing says which.
            MessageKind::Response { id: None } => {
                only(waiting)?.tell(Ok(message));
                None
            }
            MessageKind::Notification { method } if waiting.values().any(|other| other.is_subscription) => {
                match subscription(method, &message).and_then(|id| waiting.get(&id)) {
                    Some(found) if found.is_subscription && method == "notifications/cancelled" => {
                        let id = subscription(method, &message)?;
                        let closed = UpstreamError::Closed { server: self.server.clone() };
                        waiting.shift_remove(&id)?.tell(Err(closed));
                        None
                    }
                    Some(found) if found.is_subscription => self.pass(Some(found), message),
                    Some(_) | None => self.of_request(waiting, message),
                }
            }
            MessageKind::Notification { .. } | MessageKind::Request { .. } => self.of_request(waiting, message),
        }
    }

    /// Passes a message to the request that it most likely belongs to.
    fn of_request(&self, waiting: &IndexMap<Id, PendingRequest>, message: Message) -> Option<Message> {
        match message.kind() {
            MessageKind::Notification { method } if is_about_server(method) => Some(message),
            MessageKind::Notification { method } if method == "notifications/progress" => {
                let token = message.params().get("progressToken").map(|token| token.get().to_owned());
                let found = waiting.values().find(|other| other.progress.is_some() && other.progress == token);
                self.pass(found, message)
            }
            MessageKind::Notification { .. } | MessageKind::Request { .. } | MessageKind::Response { .. } => {
                self.pass(waiting.values().rev().find(|other| !other.is_subscription), message)
            }
        }
    }

    /// Passes a message to a request's reader. Returns it if there is no reader, or no room with it.
    fn pass(&self, to: Option<&PendingRequest>, message: Message) -> Option<Message> {
        let Some(to) = to else { return Some(message) };
        let Some(reservation) = self.room.reserve(message.size()) else { return Some(message) };
        match to.before.try_send((message, reservation)) {
            Ok(()) => None,
            Err(TrySendError::Full((message, _)) | TrySendError::Closed((message, _))) => Some(message),
        }
    }
}

impl PendingRequest {
    fn tell(self, answer: Result<Message, UpstreamError>) {
        // If the reader is gone, nobody wants the answer.
        drop(self.answer.send(answer));
    }
}

/// The request in flight, if there is exactly one.
fn only(waiting: &mut IndexMap<Id, PendingRequest>) -> Option<PendingRequest> {
    waiting.retain(|_, other| !other.answer.is_closed());
    let mut others = waiting.iter().filter(|(_, other)| !other.is_subscription).map(|(id, _)| id.clone());
    let (first, second) = (others.next(), others.next());
    drop(others);
    waiting.shift_remove(&first.filter(|_| second.is_none())?)
}

/// The request for a stream of changes that a notification names.
fn subscription(method: &str, message: &Message) -> Option<Id> {
    let params = message.params();
    if method == "notifications/cancelled" {
        return Id::read(params.get("requestId")?);
    }
    Id::read(object(&params, "_meta").get(SUBSCRIPTION_ID)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAIT: Duration = Duration::from_secs(5);

    fn message(text: &str) -> Message {
        Message::parse(text.as_bytes()).expect("message")
    }

    fn call(id: u8) -> Message {
        message(&format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"m","params":{{"_meta":{{"progressToken":{id}}}}}}}"#))
    }

    #[tokio::test]
    async fn each_request_gets_its_own_progress_and_answer_in_order() {
        let (inbound, mut rest) = mpsc::channel(8);
        let correlator = Correlator::new("a", inbound, Budget::new(1000));
        let mut first = correlator.expect(&call(1), WAIT).expect("first");
        let mut second = correlator.expect(&call(2), WAIT).expect("second");

        let progress =
            r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":1}}"#;
        correlator.deliver(message(progress)).await;
        correlator.deliver(message(r#"{"jsonrpc":"2.0","id":1,"result":{}}"#)).await;
        correlator.deliver(message(r#"{"jsonrpc":"2.0","id":2,"result":{}}"#)).await;
        correlator.deliver(message(r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#)).await;

        assert_eq!(first.next().await.expect("progress").expect("ok").method(), Some("notifications/progress"));
        assert!(matches!(first.next().await.expect("answer").expect("ok").kind(), MessageKind::Response { .. }));
        assert!(first.next().await.is_none());
        assert!(matches!(second.next().await.expect("answer").expect("ok").kind(), MessageKind::Response { .. }));
        assert_eq!(rest.recv().await.expect("rest").method(), Some("notifications/tools/list_changed"));
    }

    #[tokio::test]
    async fn messages_beyond_the_bytes_for_one_reader_go_to_the_client_session() {
        let progress = |pad: usize| {
            message(&format!(r#"{{"jsonrpc":"2.0","method":"notifications/x","params":"{}"}}"#, "x".repeat(pad)))
        };
        let (inbound, mut rest) = mpsc::channel(8);
        let correlator = Correlator::new("a", inbound, Budget::new(2 * progress(100).size()));
        let mut waiting = correlator.expect(&call(1), WAIT).expect("waiting");

        for pad in [100, 100, 101] {
            correlator.deliver(progress(pad)).await;
        }
        let too_much = rest.try_recv().expect("the third");
        for _ in 0..2 {
            assert_eq!(waiting.next().await.expect("progress").expect("ok").size(), progress(100).size());
        }
        correlator.deliver(progress(102)).await;

        assert_eq!(too_much.size(), progress(101).size());
        assert_eq!(waiting.next().await.expect("progress").expect("there is room again").size(), progress(102).size());
    }

    #[tokio::test]
    async fn the_end_of_the_stream_fails_the_requests_in_flight() {
        let correlator = Correlator::new("a", mpsc::channel(8).0, Budget::new(1000));
        let mut waiting = correlator.expect(&call(1), WAIT).expect("waiting");

        correlator.end(None);

        assert!(matches!(waiting.next().await, Some(Err(UpstreamError::Closed { .. }))));
        assert!(matches!(correlator.expect(&call(2), WAIT), Err(UpstreamError::SessionEnded { .. })));
    }

    #[tokio::test]
    async fn an_id_that_comes_back_as_a_string_is_the_same_id() {
        let correlator = Correlator::new("a", mpsc::channel(8).0, Budget::new(1000));
        let mut waiting = correlator.expect(&call(1), WAIT).expect("waiting");

        correlator.deliver(message(r#"{"jsonrpc":"2.0","id":"1","result":{}}"#)).await;

        assert!(matches!(waiting.next().await, Some(Ok(_))));
    }

    #[tokio::test]
    async fn an_answer_that_is_too_large_fails_its_own_request_only() {
        let correlator = Correlator::new("a", mpsc::channel(8).0, Budget::new(1000));
        let mut first = correlator.expect(&call(1), WAIT).expect("first");
        let mut second = correlator.expect(&call(2), WAIT).expect("second");

        correlator.too_large(Some(1), 9);
        correlator.deliver(message(r#"{"jsonrpc":"2.0","id":2,"result":{}}"#)).await;

        assert!(matches!(first.next().await, Some(Err(UpstreamError::TooLarge { limit: 9, .. }))));
        assert!(matches!(second.next().await, Some(Ok(_))));
    }

    #[tokio::test]
    async fn an_error_without_an_id_goes_to_the_only_request_in_flight() {
        let correlator = Correlator::new("a", mpsc::channel(8).0, Budget::new(1000));
        let mut waiting = correlator.expect(&call(1), WAIT).expect("waiting");

        let error = r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"Parse error"}}"#;
        correlator.deliver(message(error)).await;

        assert!(waiting.next().await.is_some_and(|answer| answer.expect("answer").error_text().is_some()));
    }

    #[tokio::test]
    async fn an_id_that_is_in_flight_is_refused() {
        let correlator = Correlator::new("a", mpsc::channel(8).0, Budget::new(1000));
        let _waiting = correlator.expect(&call(1), WAIT).expect("waiting");

        assert!(matches!(correlator.expect(&call(1), WAIT), Err(UpstreamError::DuplicateId)));
    }
}
