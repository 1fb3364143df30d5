//! The stream on which a server tells of changes (`subscriptions/listen`). What it tells of cannot be changed, so a new
//! stream is opened for every change, and the old one is closed after that.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use serde_json::json;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

use super::exchange::Exchange;
use super::wanted::{OutcomeKind, StreamOutcome, Wanted};
use crate::gateway::background::BackgroundTask;
use crate::gateway::error::UpstreamError;
use crate::gateway::local_replies::{INVALID_PARAMS, METHOD_NOT_FOUND};
use crate::gateway::message::{Fields, Id, Message, MessageKind, raw};
use crate::gateway::request_meta::{SUBSCRIPTION_ID, without_meta};
use crate::gateway::upstream::deadline::AnswerLimit;
use crate::gateway::upstream::listen::{LASTED, MAX_DOUBLINGS, pause};
use crate::gateway::upstream::notification::{LISTEN, is_about_server};
use crate::gateway::upstream::reply::{Reply, ReplyStream};
use crate::gateway::upstream::stream_state::StreamState;

/// Messages that may come before the acknowledgement.
const BEFORE: usize = 16;
/// A stream is opened anew after this time.
const LONGEST: Duration = Duration::from_hours(24);
/// The shortest pause between two attempts.
const PAUSE: Duration = Duration::from_secs(1);

/// What came of one attempt to open the stream.
enum ListenReply {
    Open {
        stream: ReplyStream,
        acknowledged: Fields,
    },
    /// The credential was refused.
    Unauthorized,
    /// The server offers no such stream, for this reason.
    Refused(String),
    Failed,
}

/// An open stream. Dropping it closes it.
struct OpenStream {
    _relay: BackgroundTask,
    /// Whether the stream did any good, once it has ended.
    ended: oneshot::Receiver<bool>,
}

/// What keeps the stream open.
pub(super) struct SubscriptionTask {
    pub(super) exchange: Arc<Exchange>,
    pub(super) wanted: watch::Receiver<Wanted>,
    pub(super) outcome: watch::Sender<StreamOutcome>,
    pub(super) inbound: mpsc::Sender<Message>,
    pub(super) stream: StreamState,
}

/// Why an open stream is no longer what is wanted.
enum StreamEnd {
    /// Something else is wanted.
    Changed,
    /// It ended. Whether it did any good before.
    Ended(bool),
}

impl SubscriptionTask {
    /// Keeps a stream for what is wanted open, for as long as this runs. A failure of the stream alone says nothing about
    /// the server or the login.
    pub(super) async fn keep(mut self) {
        let (mut failures, mut current, mut is_reopened) = (0_u32, None::<OpenStream>, false);
        while !self.inbound.is_closed() {
            let wanted = self.wanted.borrow_and_update().clone();
            let Some(filter) = wanted.filter() else {
                current = None;
                self.tell(&wanted, OutcomeKind::NotNow);
                self.changed().await;
                continue;
            };
            match open(&self.exchange, &filter).await {
                ListenReply::Open { stream, acknowledged } => {
                    if is_reopened {
                        self.tell_what_may_be_missed(&wanted).await;
                    }
                    let open = OpenStream::of(stream, self.wanted.clone(), self.inbound.clone());
                    // The stream before, if there is one, is closed by this.
                    let open = current.insert(open);
                    self.tell(&wanted, OutcomeKind::Acknowledged(acknowledged));
                    match self.end_of(open).await {
                        StreamEnd::Changed => {
                            (failures, is_reopened) = (0, false);
                            continue;
                        }
                        StreamEnd::Ended(did_good) => {
                            failures = if did_good { 0 } else { failures.saturating_add(1) };
                            (current, is_reopened) = (None, true);
                        }
                    }
                }
                // The stream before, if there is one, goes on. A server that offers none is not asked again.
                ListenReply::Refused(problem) => {
                    self.tell(&wanted, OutcomeKind::Refused(problem));
                    self.changed().await;
                    continue;
                }
                ListenReply::Unauthorized => failures = MAX_DOUBLINGS,
                ListenReply::Failed => failures = failures.saturating_add(1),
            }
            self.tell(&wanted, OutcomeKind::NotNow);
            // A change of what is wanted may be what the server waits for.
            drop(tokio::time::timeout(pause(PAUSE, failures), self.changed()).await);
        }
    }

    fn tell(&self, wanted: &Wanted, kind: OutcomeKind) {
        self.outcome.send_replace(StreamOutcome { version: wanted.version, kind });
        if self.wanted.has_changed().is_ok_and(|has_changed| !has_changed) {
            self.stream.settle();
        }
    }

    /// Waits until something else is wanted. The session drops this task when it ends.
    async fn changed(&mut self) {
        if self.wanted.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    async fn end_of(&mut self, open: &mut OpenStream) -> StreamEnd {
        tokio::select! {
            () = self.changed() => StreamEnd::Changed,
            did_good = &mut open.ended => StreamEnd::Ended(did_good.unwrap_or(false)),
        }
    }

    /// Nothing is told again, so clients ask for their lists and resources once more.
    async fn tell_what_may_be_missed(&self, wanted: &Wanted) {
        for (flag, method) in [
            ("toolsListChanged", "notifications/tools/list_changed"),
            ("promptsListChanged", "notifications/prompts/list_changed"),
            ("resourcesListChanged", "notifications/resources/list_changed"),
        ] {
            if wanted.lists.contains_key(flag) {
                // If nobody reads any more, this task ends soon.
                drop(self.inbound.send(Message::notification(method, None)).await);
            }
        }
        for uri in &wanted.uris {
            let params = json!({ "uri": uri });
            drop(self.inbound.send(Message::notification("notifications/resources/updated", Some(&params))).await);
        }
    }
}

async fn open(exchange: &Exchange, filter: &Fields) -> ListenReply {
    let params: Fields = [("notifications".to_owned(), raw(filter))].into();
    let request = Message::request(Id::number(exchange.request_ids.next_number()), LISTEN, &params);
    let request = exchange.client.complete(&request);
    let mut stream = match exchange.wire.send_endless(&request, AnswerLimit::fixed(LONGEST)).await {
        Ok(Some(Reply::Stream(stream))) => stream,
        Ok(Some(Reply::Whole(answer))) => return ended(&answer),
        Ok(None) => return ListenReply::Unauthorized,
        Err(error @ UpstreamError::Status { status, .. }) if is_final(status) => {
            return ListenReply::Refused(error.to_string());
        }
        Err(error) => {
            tracing::debug!(server.name = exchange.server, "{} opens no stream: {error}", exchange.server);
            return ListenReply::Failed;
        }
    };
    match tokio::time::timeout(exchange.limit.wait(), acknowledgement(&mut stream)).await {
        Ok(Ok(acknowledged)) => ListenReply::Open { stream, acknowledged },
        Ok(Err(refused)) => refused,
        Err(_) => ListenReply::Failed,
    }
}

/// Waits until the server says what it tells of.
async fn acknowledgement(stream: &mut ReplyStream) -> Result<Fields, ListenReply> {
    for _ in 0..BEFORE {
        let Some(Ok(message)) = stream.next().await else { return Err(ListenReply::Failed) };
        match message.kind() {
            MessageKind::Notification { method } if method == "notifications/subscriptions/acknowledged" => {
                return Ok(message.params());
            }
            MessageKind::Response { .. } => return Err(ended(&message)),
            MessageKind::Notification { .. } | MessageKind::Request { .. } => {}
        }
    }
    Err(ListenReply::Failed)
}

/// What an answer in place of a stream means: the server offers none, or has none to give now.
fn ended(answer: &Message) -> ListenReply {
    match (answer.error_code(), answer.error_text()) {
        (Some(METHOD_NOT_FOUND | INVALID_PARAMS), Some(reason)) => ListenReply::Refused(reason),
        (Some(_) | None, _) => ListenReply::Failed,
    }
}

/// Whether a status says that there is no such stream. Others may be about this moment.
fn is_final(status: StatusCode) -> bool {
    status.is_client_error() && !matches!(status.as_u16(), 408 | 425 | 429)
}

impl OpenStream {
    fn of(stream: ReplyStream, wanted: watch::Receiver<Wanted>, inbound: mpsc::Sender<Message>) -> Self {
        let (sender, ended) = oneshot::channel();
        let relay = BackgroundTask::spawn(async move {
            let begun = Instant::now();
            let came = relay(stream, &wanted, &inbound).await;
            if sender.send(came || begun.elapsed() >= LASTED).is_err() {
                tracing::trace!("a stream ended that was replaced already");
            }
        });
        Self { _relay: relay, ended }
    }
}

/// Passes messages on until the stream ends, and returns whether one came.
async fn relay(mut stream: ReplyStream, wanted: &watch::Receiver<Wanted>, inbound: &mpsc::Sender<Message>) -> bool {
    let mut came = false;
    while let Some(Ok(message)) = stream.next().await {
        let MessageKind::Notification { method } = message.kind() else { continue };
        let is_wanted = if method == "notifications/resources/updated" {
            message.param("uri").is_some_and(|uri| wanted.borrow().includes(&uri))
        } else {
            is_about_server(method)
        };
        if !is_wanted {
            continue;
        }
        came = true;
        if inbound.send(without_subscription(message)).await.is_err() {
            return came;
        }
    }
    came
}

/// The notification without the id of the stream, which only the hub knows.
fn without_subscription(message: Message) -> Message {
    without_meta(message, &[SUBSCRIPTION_ID])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::message::object;

    #[test]
    fn a_notification_is_passed_on_without_the_id_of_its_stream() {
        let params = json!({ "uri": "x://y", "_meta": { SUBSCRIPTION_ID: 7 } });
        let both = json!({ "_meta": { SUBSCRIPTION_ID: 7, "a": 1 } });

        let plain = without_subscription(Message::notification("m", Some(&params)));
        let other = without_subscription(Message::notification("m", Some(&both)));

        assert_eq!(plain.to_line(), r#"{"jsonrpc":"2.0","method":"m","params":{"uri":"x://y"}}"#);
        assert_eq!(object(&other.params(), "_meta").len(), 1);
    }
}
