//! Requests about one resource where several servers are in scope: to the server that has it, else to each that may have
//! it.

use std::sync::Arc;
use std::time::Duration;

use super::answer_stream::ClientAnswer;
use super::ask_several::AskOutcome;
use super::core::Session;
use super::in_flight::{InFlight, UriAlias};
use crate::gateway::list_kind::ListKind;
use crate::gateway::local_replies::RESOURCE_NOT_FOUND;
use crate::gateway::lock::lock;
use crate::gateway::message::{Message, raw, text};
use crate::gateway::upstream::{Upstream, UpstreamSession};

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
        if owners.is_empty() && self.is_switched_off(uri) {
            let sentence = format!("the settings switch the resource {uri:?} off");
            let error = Message::error(Some(in_flight.id.clone()), RESOURCE_NOT_FOUND, &sentence);
            return ClientAnswer::Whole(error);
        }
        if let [(upstream, own)] = owners.as_slice() {
            let (message, mut in_flight) =
                if own == uri { (message, in_flight) } else { under_own_uri(message, in_flight, own) };
            let is_new = self.note_subscription(&in_flight.method, own, upstream);
            in_flight.subscribing = is_new.then(|| own.clone());
            return self.forward(upstream, message, in_flight).await;
        }
        let is_known = !owners.is_empty();
        let may_have =
            if is_known { owners.into_iter().map(|(upstream, _)| upstream).collect() } else { self.all_that_show(uri) };
        // Servers that were only guessed are asked at once, and not awaited longer than a moment.
        let patience = self.context.limits.patience;
        let (pause, wait) = if is_known { (patience, self.context.limits.list) } else { (Duration::ZERO, patience) };
        let outcome = match in_flight.method.as_str() {
            // Two servers must not both have the subscription.
            "resources/subscribe" => self.ask_in_turn(&may_have, &message, wait).await,
            _ => self.ask_staggered(&may_have, &message, pause, wait).await,
        };
        match outcome {
            AskOutcome::Answered(upstream, answer) => {
                in_flight.goes_to(&upstream);
                self.note_subscription(&in_flight.method, uri, &upstream);
                if !is_known {
                    self.remember_owner(uri, upstream.name());
                }
                ClientAnswer::Whole(answer)
            }
            AskOutcome::Refused { error: Some(error), .. } => ClientAnswer::Whole(error),
            AskOutcome::Refused { error: None, not_asked } => {
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
        let server = lock(&self.subscribed).server(uri)?.to_owned();
        self.context.upstream(&server)
    }

    /// Every server at which the settings allow a resource of this URI.
    fn all_that_show(&self, uri: &str) -> Vec<Arc<Upstream>> {
        let in_scope = self.context.roster().in_scope(&self.scope);
        let shown = in_scope.iter().filter(|scoped| scoped.shows(ListKind::Resources, uri, None));
        shown.map(|scoped| scoped.upstream.clone()).collect()
    }

    /// Whether a server lists a resource that the settings do not allow. Then no other server is asked for it.
    fn is_switched_off(&self, uri: &str) -> bool {
        let in_scope = self.context.roster().in_scope(&self.scope);
        let mut hiding = in_scope.iter().filter(|scoped| !scoped.shows(ListKind::Resources, uri, None));
        hiding.any(|scoped| self.lists(scoped.upstream.name(), uri))
    }

    /// Whether the settings allow a resource of a server.
    pub(super) fn shows_resource(&self, upstream: &Upstream, own: &str) -> bool {
        let in_scope = self.context.roster().in_scope(&self.scope);
        let mut of_server = in_scope.iter().filter(|scoped| scoped.upstream.name() == upstream.name());
        of_server.all(|scoped| scoped.shows(ListKind::Resources, own, None))
    }

    /// The same for a subscription from before: its server may not be in scope any more.
    pub(super) fn may_have_resource(&self, server: &str, own: &str) -> bool {
        let upstream = self.context.upstream(server).filter(|_| self.reaches(server));
        upstream.is_some_and(|upstream| self.shows_resource(&upstream, own))
    }

    /// Remembers or forgets a subscription: it must outlive the session with its server. Returns whether it is a new one.
    pub(super) fn note_subscription(&self, method: &str, uri: &str, upstream: &Upstream) -> bool {
        let most = self.context.limits.subscriptions;
        let is_new = match method {
            "resources/subscribe" => lock(&self.subscribed).begin(uri, upstream.name(), most),
            "resources/unsubscribe" => {
                lock(&self.subscribed).end(uri, most);
                false
            }
            _ => return false,
        };
        self.context.wishes_changed.notify_one();
        is_new
    }

    /// Forgets a subscription that no server accepted.
    pub(super) fn forget_subscription(&self, uri: &str) {
        lock(&self.subscribed).forget(uri);
        self.context.wishes_changed.notify_one();
    }

    /// Whether the client gets a server's `notifications/resources/updated`.
    pub(super) fn is_subscribed(&self, upstream_session: &UpstreamSession, updated: &Message) -> bool {
        let uri = updated.param("uri").unwrap_or_default();
        let server = &upstream_session.server;
        let (is_wanted, is_named) = {
            let subscribed = lock(&self.subscribed);
            (subscribed.wants(server, &uri), subscribed.server(&uri).is_some())
        };
        // The settings may have changed since. What is not named may be a part of what is.
        is_wanted && (!is_named || self.may_have_resource(server, &uri))
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
