//! Sending one request to one server. Where the server has forgotten the session, the request goes out once more in a new
//! one, and never a third time. A request that the server worked on is never sent again.

use std::sync::Arc;

use super::core::{Peer, Session};
use crate::gateway::error::UpstreamError;
use crate::gateway::message::Message;
use crate::gateway::upstream::{Reply, Upstream, UpstreamSession};
use crate::telemetry::exchange;

/// A request that was sent, and what comes back for it.
pub(crate) struct SentRequest {
    pub(crate) upstream_session: Arc<UpstreamSession>,
    pub(crate) reply: Reply,
    /// Whether it was sent for the second time.
    pub(crate) is_second: bool,
}

impl Session {
    /// Sends a request, once more in a new session if the server has ended the old one. A server may say so only on the
    /// reply's stream; then the reader of that stream calls [`Self::send_again`], unless `is_second`.
    pub(crate) async fn send(
        self: &Arc<Self>,
        upstream: &Upstream,
        message: &Message,
    ) -> Result<SentRequest, UpstreamError> {
        let _at_server = exchange::at_server();
        let upstream_session =
            self.upstream_session(upstream).await.inspect_err(|error| upstream.note_failure(error))?;
        // A server may put a question to the client on that stream as soon as it has this request.
        upstream_session.listening().await;
        match upstream_session.request(message).await {
            Ok(reply) => {
                // The hub's own session is the one that probes: its answers are judged by `watch`.
                if self.peer == Peer::Client {
                    upstream.note_answer();
                }
                Ok(SentRequest { upstream_session, reply, is_second: false })
            }
            // Boxed, as everything rare is: each call would have room for it.
            Err(UpstreamError::SessionEnded { .. }) => {
                Box::pin(self.send_again(upstream, &upstream_session, message)).await
            }
            Err(error) => {
                // A server that answers with something else than MCP may have forgotten the session without saying so.
                // The next request opens a new one.
                if let UpstreamError::NotMcp { .. } | UpstreamError::Moved { .. } = error {
                    self.upstream_sessions.forget(&upstream_session);
                }
                upstream.note_failure(&error);
                Err(error)
            }
        }
    }

    /// Sends a request for the second time, after the server has ended the session of the first.
    pub(crate) async fn send_again(
        self: &Arc<Self>,
        upstream: &Upstream,
        ended: &Arc<UpstreamSession>,
        message: &Message,
    ) -> Result<SentRequest, UpstreamError> {
        self.upstream_sessions.forget(ended);
        let upstream_session = self.upstream_session(upstream).await?;
        let reply = upstream_session.request(message).await?;
        Ok(SentRequest { upstream_session, reply, is_second: true })
    }

    /// Sends a request and waits for its answer. What the server says before the answer goes to the client's own stream.
    pub(crate) async fn answer_of(
        self: &Arc<Self>,
        upstream: &Upstream,
        message: &Message,
    ) -> Result<(Arc<UpstreamSession>, Message), UpstreamError> {
        let SentRequest { upstream_session, reply, is_second } = self.send(upstream, message).await?;
        match self.last_message(&upstream_session, reply).await {
            Err(UpstreamError::SessionEnded { .. }) if !is_second => {}
            answer => return Ok((upstream_session, answer?)),
        }
        let SentRequest { upstream_session, reply, .. } = self.send_again(upstream, &upstream_session, message).await?;
        let answer = self.last_message(&upstream_session, reply).await?;
        Ok((upstream_session, answer))
    }

    async fn last_message(
        self: &Arc<Self>,
        upstream_session: &Arc<UpstreamSession>,
        reply: Reply,
    ) -> Result<Message, UpstreamError> {
        let aside = |message| {
            if let Some(message) = self.pass_to_client(upstream_session, message) {
                self.queue_for_client(message);
            }
        };
        reply.answer(aside).await
    }
}
