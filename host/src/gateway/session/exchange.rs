//! One request and what comes back for it. Where the server has forgotten the session, the request goes out once more in a
//! new one, and never a third time. A request that the server worked on is not sent again.

use std::sync::Arc;

use super::{Party, Session};
use crate::gateway::error::UpstreamError;
use crate::gateway::message::Message;
use crate::gateway::upstream::Upstream;
use crate::gateway::upstream::link::Link;
use crate::gateway::upstream::reply::Reply;

/// What came of sending a request.
pub(crate) struct Exchange {
    pub(crate) link: Arc<Link>,
    pub(crate) reply: Reply,
    /// It was sent again already.
    pub(crate) is_second: bool,
}

impl Session {
    /// Sends a request; where the server has ended the session, once more in a new one. A server may say that on the stream
    /// of the reply only: then it is for the reader of the stream to send it again, unless it was.
    pub(crate) async fn exchange(
        self: &Arc<Self>,
        upstream: &Upstream,
        message: &Message,
    ) -> Result<Exchange, UpstreamError> {
        let link = self.link(upstream).await.inspect_err(|error| upstream.failed(error))?;
        match link.request(message).await {
            Ok(reply) => {
                // Who watches the servers asks in the hub's own session, and judges the answer itself.
                if self.party == Party::Client {
                    upstream.answered();
                }
                Ok(Exchange { link, reply, is_second: false })
            }
            Err(UpstreamError::SessionEnded { .. }) => self.exchange_again(upstream, &link, message).await,
            Err(error) => {
                // What answers in a session with something else than the protocol may know the session no more, without a
                // word of it: the next request has a new one.
                if let UpstreamError::NotMcp { .. } | UpstreamError::Moved { .. } = error {
                    self.forget(&link);
                }
                upstream.failed(&error);
                Err(error)
            }
        }
    }

    /// Sends a request once more that was sent in a session which the server has ended.
    pub(crate) async fn exchange_again(
        self: &Arc<Self>,
        upstream: &Upstream,
        ended: &Arc<Link>,
        message: &Message,
    ) -> Result<Exchange, UpstreamError> {
        self.forget(ended);
        let link = self.link(upstream).await?;
        let reply = link.request(message).await?;
        Ok(Exchange { link, reply, is_second: true })
    }

    /// Sends a request and waits for its answer. What the server says before it comes on the client's own stream.
    pub(crate) async fn answer_of(
        self: &Arc<Self>,
        upstream: &Upstream,
        message: &Message,
    ) -> Result<(Arc<Link>, Message), UpstreamError> {
        let Exchange { link, reply, is_second } = self.exchange(upstream, message).await?;
        match self.last_of(&link, reply).await {
            Err(UpstreamError::SessionEnded { .. }) if !is_second => {}
            answer => return Ok((link, answer?)),
        }
        let Exchange { link, reply, .. } = self.exchange_again(upstream, &link, message).await?;
        let answer = self.last_of(&link, reply).await?;
        Ok((link, answer))
    }

    async fn last_of(&self, link: &Arc<Link>, reply: Reply) -> Result<Message, UpstreamError> {
        reply.answer(|message| self.outward(link, message).into_iter().for_each(|message| self.queue(message))).await
    }
}
