//! Requests about one resource where every server is in scope: to the server that listed it, else to each in turn.

use std::sync::Arc;

use super::{Answer, Flight, Session};
use crate::gateway::error::UpstreamError;
use crate::gateway::lock::lock;
use crate::gateway::message::Message;
use crate::gateway::speech;
use crate::gateway::upstream::{Standing, Upstream};

impl Session {
    pub(super) async fn request_of_resource(self: &Arc<Self>, uri: &str, message: Message, flight: Flight) -> Answer {
        let owner = lock(&self.listed).get(uri).cloned();
        if let Some(upstream) =
            owner.filter(|server| self.reaches(server)).and_then(|server| self.shared.upstream(&server))
        {
            self.note_subscription(&flight.method, uri, &upstream);
            return self.forward(&upstream, message, flight).await;
        }
        let mut blocked = None;
        let roster = self.shared.roster();
        let seen = roster.seen(&self.scope);
        for upstream in seen.iter().map(|seen| &seen.upstream).filter(|upstream| upstream.standing() != Standing::Down)
        {
            match self.ask(upstream, &message).await {
                Ok(Some(answer)) => {
                    self.remember(Some(uri.to_owned()), upstream.name());
                    self.note_subscription(&flight.method, uri, upstream);
                    return Answer::Whole(answer);
                }
                Ok(None) => {}
                Err(UpstreamError::Blocked(reason)) => blocked = blocked.or(Some(reason)),
                Err(error) => {
                    tracing::debug!(
                        server.name = upstream.name(),
                        "was asked for a resource: {}",
                        upstream.shown(&error)
                    );
                }
            }
        }
        let needs = blocked.map(|reason| format!(" (not asked: {reason})")).unwrap_or_default();
        let sentence = format!("no server has the resource {uri:?}{needs}");
        Answer::Whole(Message::error(Some(flight.id.clone()), speech::RESOURCE_NOT_FOUND, &sentence))
    }

    /// The answer, unless it is an error.
    async fn ask(
        self: &Arc<Self>,
        upstream: &Arc<Upstream>,
        message: &Message,
    ) -> Result<Option<Message>, UpstreamError> {
        let wait = self.shared.limits.list;
        let asked = async {
            if !self.link(upstream).await?.has("resources") {
                return Ok(None);
            }
            let (link, reply) = self.exchange(upstream, message).await?;
            let aside =
                |message| self.outward(&link, message).into_iter().for_each(|message| self.outbox.push(message));
            reply.answer(aside).await.map(Some)
        };
        let timed_out = |_| UpstreamError::TimedOut { server: upstream.name().to_owned(), waited: wait };
        let answer = tokio::time::timeout(wait, asked).await.map_err(timed_out)??;
        Ok(answer.filter(|answer| answer.error_text().is_none()))
    }

    /// Subscriptions outlive the session with a server.
    pub(super) fn note_subscription(&self, method: &str, uri: &str, upstream: &Upstream) {
        let mut subscribed = lock(&self.subscribed);
        match method {
            "resources/subscribe" if subscribed.len() < self.shared.limits.entries => {
                subscribed.insert(uri.to_owned(), upstream.name().to_owned());
            }
            "resources/unsubscribe" => {
                subscribed.remove(uri);
            }
            _ => {}
        }
    }
}
