//! A request that a hidden session works on: its messages as they come, whichever way they came.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use super::asides::{AsidePlace, Wants};
use super::hidden::HiddenUse;
use super::methods::{self, ModernMethod};
use crate::gateway::message::{Id, Message, MessageKind};
use crate::gateway::session::{ClientAnswer, Session};
use crate::telemetry::exchange;

/// Messages that wait for the client. Until there is room, nothing more is read from the server.
const WAITING: usize = 16;
/// How long an answer waits for log messages about it: some servers send them on another stream.
const LOG_LAG: Duration = Duration::from_millis(50);

/// A request in a hidden session. Dropping it before it is answered cancels it at the server.
pub(super) struct RunningCall {
    pub(super) hidden: HiddenUse,
    messages: mpsc::Receiver<Message>,
    _place: AsidePlace,
    is_answered: bool,
}

impl RunningCall {
    /// Starts a request. The client's id stays with the caller: two clients may use the same one.
    pub(super) fn start(hidden: HiddenUse, request: Message, wants_logs: bool) -> Self {
        let id = hidden.session.next_id();
        let (sender, messages) = mpsc::channel(WAITING);
        let may_ask = match methods::of(request.method().unwrap_or_default()) {
            ModernMethod::Read | ModernMethod::MayAsk => true,
            ModernMethod::Discover
            | ModernMethod::Listen
            | ModernMethod::List(_)
            | ModernMethod::Other
            | ModernMethod::Removed => false,
        };
        let place = hidden.asides.enter(id.clone(), sender.clone(), Wants { logs: wants_logs, questions: may_ask });
        // A task of its own: reading an answer must not be interrupted, and the call goes on while it waits for a retry.
        let request = request.with_id(id);
        let reading = read(hidden.session.clone(), request, sender, wants_logs);
        tokio::spawn(exchange::during(exchange::current(), reading));
        Self { hidden, messages, _place: place, is_answered: false }
    }

    /// The next message, the answer last; `None` after it. May be dropped while it waits: no message is lost.
    pub(super) async fn next(&mut self) -> Option<Message> {
        if self.is_answered {
            return None;
        }
        let message = self.messages.recv().await;
        self.note(message.as_ref());
        message
    }

    fn note(&mut self, message: Option<&Message>) {
        let is_answer = message.is_none_or(|message| matches!(message.kind(), MessageKind::Response { .. }));
        self.is_answered |= is_answer;
    }
}

async fn read(session: Arc<Session>, request: Message, sender: mpsc::Sender<Message>, wants_logs: bool) {
    let id = request.id().cloned();
    let reading = async {
        match session.request(request).await {
            ClientAnswer::Whole(answer) => {
                deliver(answer, &sender, wants_logs).await;
            }
            ClientAnswer::Stream(mut stream) => {
                while let Some(message) = stream.next().await
                    && deliver(message, &sender, wants_logs).await
                {}
            }
        }
    };
    tokio::pin!(reading);
    tokio::select! {
        () = &mut reading => {}
        // A client that closes the stream of its answer cancels the request (Cancellation, Streamable HTTP). The server
        // is told while the request still counts as in flight.
        () = sender.closed() => session.accept(cancellation(id.as_ref())).await,
    }
}

/// Whether the call still wants more.
async fn deliver(message: Message, sender: &mpsc::Sender<Message>, wants_logs: bool) -> bool {
    if wants_logs && matches!(message.kind(), MessageKind::Response { .. }) {
        tokio::time::sleep(LOG_LAG).await;
    }
    sender.send(message).await.is_ok()
}

fn cancellation(id: Option<&Id>) -> Message {
    let params = serde_json::json!({ "requestId": id.map(Id::to_raw), "reason": "the client has gone" });
    Message::notification("notifications/cancelled", Some(&params))
}
