//! Requests about one resource where several servers are in scope: to the server that has it, else to each that may have
//! it, one after the other.

use std::sync::Arc;

use super::answer_stream::ClientAnswer;
use super::core::Session;
use super::in_flight::{InFlight, UriAlias};
use crate::gateway::error::UpstreamError;
use crate::gateway::list_kind::ListKind;
use crate::gateway::local_replies::RESOURCE_NOT_FOUND;
use crate::gateway::lock::lock;
use crate::gateway::message::{Message, raw, text};
use crate::gateway::upstream::{Health, Upstream, UpstreamSession};

/// Bytes of a URI; a subscription to a longer one is not remembered.
const MAX_URI: usize = 1024;

/// What came of asking several servers.
enum AskOutcome {
    /// This server gave an answer that is no error.
    Answered(Arc<Upstream>, Message),
    /// No server gave such an answer.
    Refused {
        /// The first error that a server answered with.
        error: Option<Message>,
        /// Why a server was not asked, as the end of a sentence.
        not_asked: String,
    },
}

impl Session {
    /// Answers a request about the resource of this URI.
    pub(super) async fn request_resource(
        self: &Arc<Self>,
        uri: &str,
        message: Message,
        in_flight: InFlight,
    ) -> ClientAnswer {
        let mut owners = match self.subscribed_at(uri, &in_flight) {
            Some(upstream) => vec![(upstream, uri.to_owned())],
            None => self.resolve_uri(uri).await,
        };
        owners.retain(|(upstream, own)| self.shows_resource(upstream, own));
        if let [(upstream, own)] = owners.as_slice() {
            self.note_subscription(&in_flight.method, own, upstream);
            let (message, in_flight) =
                if own == uri { (message, in_flight) } else { under_own_uri(message, in_flight, own) };
            return self.forward(upstream, message, in_flight).await;
        }
        let is_known = !owners.is_empty();
        let may_have =
            if is_known { owners.into_iter().map(|(upstream, _)| upstream).collect() } else { self.all_that_show(uri) };
        match self.ask_each(&may_have, uri, &message, &in_flight).await {
            AskOutcome::Answered(upstream, answer) => {
                if !is_known {
                    self.remember_owner(uri, upstream.name());
                }
                ClientAnswer::Whole(answer)
            }
            // Servers that were only guessed cannot say that there is no such resource anywhere.
            AskOutcome::Refused { error: Some(error), .. } if is_known => ClientAnswer::Whole(error),
            AskOutcome::Refused { not_asked, .. } => {
                let sentence = format!("no server has the resource {uri:?}{not_asked}");
                ClientAnswer::Whole(Message::error(Some(in_flight.id.clone()), RESOURCE_NOT_FOUND, &sentence))
            }
        }
    }

    /// The server at which a client unsubscribes.
    fn subscribed_at(&self, uri: &str, in_flight: &InFlight) -> Option<Arc<Upstream>> {
        if in_flight.method != "resources/unsubscribe" {
            return None;
        }
        let server = lock(&self.subscribed).get(uri).cloned()?;
        self.context.upstream(&server)
    }

    /// Every server at which the settings allow a resource of this URI.
    fn all_that_show(&self, uri: &str) -> Vec<Arc<Upstream>> {
        let in_scope = self.context.roster().in_scope(&self.scope);
        let shown = in_scope.into_iter().filter(|scoped| scoped.shows(ListKind::Resources, uri, None));
        shown.map(|scoped| scoped.upstream).collect()
    }

    /// Asks one server after the other, except those that are down, until one answers without an error.
    async fn ask_each(
        self: &Arc<Self>,
        upstreams: &[Arc<Upstream>],
        uri: &str,
        message: &Message,
        in_flight: &InFlight,
    ) -> AskOutcome {
        let (mut first_error, mut blocked) = (None, None);
        for upstream in upstreams.iter().filter(|upstream| upstream.health() != Health::Down) {
            in_flight.goes_to(upstream);
            match self.ask(upstream, message).await {
                Ok(Some(answer)) if answer.error_text().is_some() => first_error = first_error.or(Some(answer)),
                Ok(Some(answer)) => {
                    self.note_subscription(&in_flight.method, uri, upstream);
                    return AskOutcome::Answered(upstream.clone(), answer);
                }
                Ok(None) => {}
                Err(UpstreamError::Blocked(reason)) => blocked = blocked.or(Some(reason)),
                Err(error) => {
                    let (server, shown) = (upstream.name(), upstream.redacted(&error));
                    tracing::debug!(server.name = server, "{server} was asked for a resource and failed: {shown}");
                }
            }
        }
        let not_asked = blocked.map(|reason| format!(" (not asked: {reason})")).unwrap_or_default();
        AskOutcome::Refused { error: first_error, not_asked }
    }

    /// Whether the settings allow a resource of a server.
    pub(super) fn shows_resource(&self, upstream: &Upstream, own: &str) -> bool {
        let in_scope = self.context.roster().in_scope(&self.scope);
        let mut of_server = in_scope.iter().filter(|scoped| scoped.upstream.name() == upstream.name());
        of_server.all(|scoped| scoped.shows(ListKind::Resources, own, None))
    }

    /// A server's answer, which may be an error. `None` if the server has no resources.
    async fn ask(
        self: &Arc<Self>,
        upstream: &Arc<Upstream>,
        message: &Message,
    ) -> Result<Option<Message>, UpstreamError> {
        let wait = self.context.limits.list.max(upstream.server.timeout.unwrap_or_default());
        let asked = async {
            if !self.upstream_session(upstream).await?.has("resources") {
                return Ok(None);
            }
            let (_, answer) = self.answer_of(upstream, message).await?;
            Ok(Some(upstream.without_secrets(answer)))
        };
        let timed_out = |_| UpstreamError::TimedOut { server: upstream.name().to_owned(), waited: wait };
        tokio::time::timeout(wait, asked).await.map_err(timed_out)?
    }

    /// Remembers or forgets a subscription: it must outlive the session with its server.
    pub(super) fn note_subscription(&self, method: &str, uri: &str, upstream: &Upstream) {
        let mut subscribed = lock(&self.subscribed);
        match method {
            "resources/subscribe" if subscribed.len() < self.context.limits.subscriptions && uri.len() <= MAX_URI => {
                subscribed.insert(uri.to_owned(), upstream.name().to_owned());
            }
            "resources/unsubscribe" => {
                subscribed.remove(uri);
            }
            _ => {}
        }
    }

    /// Whether the client gets a server's `notifications/resources/updated`. Not if it is subscribed to another server's
    /// resource of that URI.
    pub(super) fn is_subscribed(&self, upstream_session: &UpstreamSession, updated: &Message) -> bool {
        let uri = updated.param("uri").unwrap_or_default();
        lock(&self.subscribed).get(&uri).is_none_or(|server| *server == upstream_session.server)
    }
}

/// The request with the server's own URI. The client's is kept for the answer.
fn under_own_uri(message: Message, mut in_flight: InFlight, own: &str) -> (Message, InFlight) {
    let mut params = message.params();
    let asked = params.get("uri").and_then(|uri| text(Some(uri)));
    in_flight.alias = asked.map(|client| UriAlias { own: own.to_owned(), client });
    params.insert("uri".into(), raw(&own));
    (message.with_params(&params), in_flight)
}
