//! Requests about one resource where every server is in scope: to the server that listed it, else to each in turn.

use std::sync::Arc;

use super::{Answer, Flight, Session};
use crate::gateway::error::UpstreamError;
use crate::gateway::lock::lock;
use crate::gateway::message::{Message, raw, text};
use crate::gateway::speech;
use crate::gateway::upstream::link::Link;
use crate::gateway::upstream::{Standing, Upstream};

/// Bytes of a URI that a subscription is remembered of.
const MAX_URI: usize = 1024;

impl Session {
    pub(super) async fn request_of_resource(self: &Arc<Self>, uri: &str, message: Message, flight: Flight) -> Answer {
        let subscribed = || {
            let server = lock(&self.subscribed).get(uri).cloned()?;
            Some((self.shared.upstream(&server)?, uri.to_owned()))
        };
        let before = if flight.method == "resources/unsubscribe" { subscribed() } else { None };
        let owner = match before {
            Some(owner) => Some(owner),
            None => self.by_uri(uri).await,
        };
        if let Some((upstream, own)) = owner {
            self.note_subscription(&flight.method, &own, &upstream);
            let (message, flight) = if own == uri { (message, flight) } else { under_own_uri(message, flight, &own) };
            return self.forward(&upstream, message, flight).await;
        }
        let mut blocked = None;
        let roster = self.shared.roster();
        let seen = roster.seen(&self.scope);
        for upstream in seen.iter().map(|seen| &seen.upstream).filter(|upstream| upstream.standing() != Standing::Down)
        {
            match self.ask(upstream, &message).await {
                Ok(Some(answer)) => {
                    self.remember(uri, upstream.name());
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
            self.answer_of(upstream, message).await.map(|(_, answer)| Some(answer))
        };
        let timed_out = |_| UpstreamError::TimedOut { server: upstream.name().to_owned(), waited: wait };
        let answer = tokio::time::timeout(wait, asked).await.map_err(timed_out)??;
        Ok(answer.filter(|answer| answer.error_text().is_none()))
    }

    /// Subscriptions outlive the session with a server.
    pub(super) fn note_subscription(&self, method: &str, uri: &str, upstream: &Upstream) {
        let mut subscribed = lock(&self.subscribed);
        match method {
            "resources/subscribe" if subscribed.len() < self.shared.limits.subscriptions && uri.len() <= MAX_URI => {
                subscribed.insert(uri.to_owned(), upstream.name().to_owned());
            }
            "resources/unsubscribe" => {
                subscribed.remove(uri);
            }
            _ => {}
        }
    }

    /// Whether a change of a resource is the client's business: it may be subscribed to another server's of that URI.
    pub(super) fn is_subscribed(&self, link: &Link, updated: &Message) -> bool {
        let uri = updated.param("uri").unwrap_or_default();
        lock(&self.subscribed).get(&uri).is_none_or(|server| *server == link.server)
    }
}

/// A resource that the client knows by another URI than the server.
fn under_own_uri(message: Message, mut flight: Flight, own: &str) -> (Message, Flight) {
    let mut params = message.params();
    flight.alias = params.get("uri").and_then(|uri| text(Some(uri))).map(|alias| (own.to_owned(), alias));
    params.insert("uri".into(), raw(&own));
    (message.with_params(&params), flight)
}
