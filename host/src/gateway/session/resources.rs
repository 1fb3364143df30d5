//! Requests about one resource where every server is in scope: to the server that has it, else to each that may have it in
//! turn.

use std::sync::Arc;

use super::lists::Listing;
use super::{Answer, Flight, Session};
use crate::gateway::error::UpstreamError;
use crate::gateway::lock::lock;
use crate::gateway::message::{Message, raw, text};
use crate::gateway::speech;
use crate::gateway::upstream::link::Link;
use crate::gateway::upstream::{Standing, Upstream};

/// Bytes of a URI that a subscription is remembered of.
const MAX_URI: usize = 1024;

/// What came of asking several servers.
enum Asked {
    /// This server answered, and did not refuse.
    Answered(Arc<Upstream>, Message),
    /// By all: the first refusal, and who was not asked for want of a login, for a sentence.
    Refused(Option<Message>, String),
}

impl Session {
    pub(super) async fn request_of_resource(self: &Arc<Self>, uri: &str, message: Message, flight: Flight) -> Answer {
        let subscribed = || {
            let server = lock(&self.subscribed).get(uri).cloned()?;
            Some((self.shared.upstream(&server)?, uri.to_owned()))
        };
        let before = if flight.method == "resources/unsubscribe" { subscribed() } else { None };
        let mut owners = match before {
            Some(owner) => vec![owner],
            None => self.by_uri(uri).await,
        };
        owners.retain(|(upstream, own)| self.shows_resource(upstream, own));
        if let [(upstream, own)] = owners.as_slice() {
            self.note_subscription(&flight.method, own, upstream);
            let (message, flight) = if own == uri { (message, flight) } else { under_own_uri(message, flight, own) };
            return self.forward(upstream, message, flight).await;
        }
        let is_known = !owners.is_empty();
        let may_have =
            if is_known { owners.into_iter().map(|(upstream, _)| upstream).collect() } else { self.all_that_show(uri) };
        match self.ask_each(&may_have, uri, &message, &flight).await {
            Asked::Answered(upstream, answer) => {
                if !is_known {
                    self.remember(uri, upstream.name());
                }
                Answer::Whole(answer)
            }
            // Of servers that were only guessed at, none can say that there is no such resource.
            Asked::Refused(Some(refusal), _) if is_known => Answer::Whole(refusal),
            Asked::Refused(_, needs) => {
                let sentence = format!("no server has the resource {uri:?}{needs}");
                Answer::Whole(Message::error(Some(flight.id.clone()), speech::RESOURCE_NOT_FOUND, &sentence))
            }
        }
    }

    /// Every server whose resource of this URI the settings would let be read.
    fn all_that_show(&self, uri: &str) -> Vec<Arc<Upstream>> {
        let seen = self.shared.roster().seen(&self.scope);
        let shown = seen.into_iter().filter(|seen| seen.shows(Listing::Resources, uri, None));
        shown.map(|seen| seen.upstream).collect()
    }

    /// Asks one after the other, except those that are down, until one does not refuse.
    async fn ask_each(
        self: &Arc<Self>,
        upstreams: &[Arc<Upstream>],
        uri: &str,
        message: &Message,
        flight: &Flight,
    ) -> Asked {
        let (mut refusal, mut blocked) = (None, None);
        for upstream in upstreams.iter().filter(|upstream| upstream.standing() != Standing::Down) {
            match self.ask(upstream, message).await {
                Ok(Some(answer)) if answer.error_text().is_some() => refusal = refusal.or(Some(answer)),
                Ok(Some(answer)) => {
                    self.note_subscription(&flight.method, uri, upstream);
                    return Asked::Answered(upstream.clone(), answer);
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
        Asked::Refused(refusal, blocked.map(|reason| format!(" (not asked: {reason})")).unwrap_or_default())
    }

    /// Whether the settings let a resource of a server be read.
    pub(super) fn shows_resource(&self, upstream: &Upstream, own: &str) -> bool {
        let seen = self.shared.roster().seen(&self.scope);
        let mut of_server = seen.iter().filter(|seen| seen.upstream.name() == upstream.name());
        of_server.all(|seen| seen.shows(Listing::Resources, own, None))
    }

    /// The answer, which may be a refusal; `None`: it has no resources.
    async fn ask(
        self: &Arc<Self>,
        upstream: &Arc<Upstream>,
        message: &Message,
    ) -> Result<Option<Message>, UpstreamError> {
        let wait = self.shared.limits.list.max(upstream.server.timeout.unwrap_or_default());
        let asked = async {
            if !self.link(upstream).await?.has("resources") {
                return Ok(None);
            }
            let (_, answer) = self.answer_of(upstream, message).await?;
            Ok(Some(upstream.without_secrets(answer)))
        };
        let timed_out = |_| UpstreamError::TimedOut { server: upstream.name().to_owned(), waited: wait };
        tokio::time::timeout(wait, asked).await.map_err(timed_out)?
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
