//! The messages with which a server answers one request, passed on as they come.

use std::sync::Arc;

use super::core::Session;
use super::in_flight::InFlight;
use super::results::finished;
use crate::gateway::error::UpstreamError;
use crate::gateway::local_replies;
use crate::gateway::message::{Id, Message, MessageKind};
use crate::gateway::upstream::{Reply, ReplyStream, Upstream, UpstreamSession};
use crate::telemetry::exchange;

/// The messages with which a server answers one request.
pub(super) struct ServerAnswer {
    pub(super) session: Arc<Session>,
    pub(super) upstream: Arc<Upstream>,
    pub(super) upstream_session: Arc<UpstreamSession>,
    pub(super) reply_stream: ReplyStream,
    pub(super) in_flight: InFlight,
    /// A message that was read ahead.
    pub(super) first: Option<Message>,
    /// The request, as long as it may be sent again.
    pub(super) again: Option<Message>,
    pub(super) is_done: bool,
}

async fn cancel(upstream_session: &UpstreamSession, id: &Id) {
    let params = serde_json::json!({ "requestId": id.to_raw(), "reason": "it took too long" });
    let message = Message::notification("notifications/cancelled", Some(&params));
    if let Some(notice) = upstream_session.translated(&message) {
        upstream_session.cancel(&notice).await;
    }
}

impl ServerAnswer {
    /// The next message; `None` after the answer, and once the client has cancelled the request.
    pub(super) async fn next(&mut self) -> Option<Message> {
        let cancellation = self.in_flight.cancellation.clone();
        tokio::select! {
            biased;
            () = cancellation.cancelled() => {}
            next = self.read() => return next,
        }
        self.finish();
        None
    }

    async fn read(&mut self) -> Option<Message> {
        if let Some(first) = self.first.take() {
            return Some(first);
        }
        while !self.is_done {
            let at_server = exchange::at_server();
            let next = self.reply_stream.next().await;
            drop(at_server);
            let message = match next {
                Some(Ok(message)) => message,
                Some(Err(UpstreamError::SessionEnded { .. })) if self.again.is_some() => {
                    match self.send_again().await {
                        Ok(None) => continue,
                        Ok(Some(answer)) => answer,
                        Err(error) => return self.fail(&error).await,
                    }
                }
                Some(Err(error)) => return self.fail(&error).await,
                None => {
                    let server = self.upstream_session.server.clone();
                    return self.fail(&UpstreamError::Closed { server }).await;
                }
            };
            if let MessageKind::Response { .. } = message.kind() {
                self.finish();
                return Some(finished(&self.upstream, &self.in_flight, message));
            }
            if let Some(message) = self.session.pass_to_client(&self.upstream_session, message) {
                return Some(self.upstream.without_secrets(message));
            }
        }
        None
    }

    /// Sends the request once more, in a new session: the server did nothing for it. Returns the answer if that comes
    /// alone.
    async fn send_again(&mut self) -> Result<Option<Message>, UpstreamError> {
        let Some(request) = self.again.take() else { return Ok(None) };
        let sent = self.session.send_again(&self.upstream, &self.upstream_session, &request).await?;
        self.upstream_session = sent.upstream_session;
        match sent.reply {
            Reply::Whole(answer) => Ok(Some(answer)),
            Reply::Stream(reply_stream) => {
                self.reply_stream = reply_stream;
                Ok(None)
            }
        }
    }

    async fn fail(&mut self, error: &UpstreamError) -> Option<Message> {
        self.finish();
        if let UpstreamError::TimedOut { .. } = error {
            exchange::timed_out();
            cancel(&self.upstream_session, &self.in_flight.id).await;
        }
        let shown = self.upstream.redacted(error);
        Some(local_replies::failure(self.in_flight.id.clone(), &self.in_flight.method, error, &shown))
    }

    fn finish(&mut self) {
        self.is_done = true;
        self.session.touch();
    }
}
