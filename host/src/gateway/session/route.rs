//! Where a client's request goes: answered here, to one server, or to several.

use std::sync::Arc;

use serde_json::json;

use super::answer_stream::ClientAnswer;
use super::core::Session;
use super::in_flight::InFlight;
use crate::gateway::list_kind::ListKind;
use crate::gateway::local_replies;
use crate::gateway::local_replies::{INVALID_PARAMS, INVALID_REQUEST, RESOURCE_NOT_FOUND};
use crate::gateway::lock::lock;
use crate::gateway::message::{Fields, Id, Message, MessageKind, object, raw, string};
use crate::gateway::roster::ScopeKind;
use crate::gateway::upstream::Upstream;
use crate::telemetry::exchange;

/// Bytes of a log level: "emergency" is the longest that exists.
const MAX_LEVEL: usize = 32;

/// Who deals with a request.
#[derive(Debug, PartialEq, Eq)]
enum Destination {
    /// The hub, from the servers' lists.
    List(ListKind),
    /// The server that a tool or prompt belongs to.
    OwnerOf(ListKind),
    /// The server whose prompt is to be completed.
    PromptCompletion,
    /// The one server in scope.
    OneServer,
    /// Several servers, or the one that has a resource.
    Servers,
}

impl Session {
    /// Answers a request of the client.
    pub(crate) async fn request(self: &Arc<Self>, message: Message) -> ClientAnswer {
        self.touch();
        exchange::is_in(&self.id);
        self.last_headers.note(&message);
        let MessageKind::Request { id, method } = message.kind().clone() else {
            return ClientAnswer::Whole(Message::error(None, INVALID_REQUEST, "this is not a request"));
        };
        if let Some(answer) = answered_here(&id, &method) {
            return ClientAnswer::Whole(answer);
        }
        let message = match message.with_clear_params() {
            Ok(message) => message,
            Err(error) => return ClientAnswer::Whole(Message::error(Some(id), INVALID_PARAMS, &error.to_string())),
        };
        let Some(mut in_flight) = self.begin_request(&id, &method) else {
            let sentence = "a request with this id is in flight already; use another id";
            return ClientAnswer::Whole(Message::error(Some(id), INVALID_REQUEST, sentence));
        };
        let message = in_flight.with_own_token(message);
        if let ScopeKind::One(server) = &self.scope.kind {
            let Some(upstream) = self.context.upstream(server) else {
                let sentence = format!("{server} is not in the settings any more, or switched off");
                return ClientAnswer::Whole(Message::error(Some(id), INVALID_REQUEST, &sentence));
            };
            exchange::goes_to(&upstream.traffic);
        }
        let cancellation = in_flight.cancellation.clone();
        let answer = tokio::select! {
            biased;
            () = cancellation.cancelled() => {
                exchange::was_cancelled();
                ClientAnswer::Whole(local_replies::cancelled(id.clone()))
            }
            answer = self.route(message, in_flight) => answer,
        };
        match answer {
            ClientAnswer::Whole(answer) => ClientAnswer::Whole(self.within_budget(answer, id, &method)),
            stream @ ClientAnswer::Stream(_) => stream,
        }
    }

    /// The answer, counted against what the client may leave unread. Without room, a sentence that says so.
    fn within_budget(&self, answer: Message, id: Id, method: &str) -> Message {
        match self.answered.reserve(answer.size()) {
            Some(reservation) => answer.holding(reservation),
            None => local_replies::no_room(id, method),
        }
    }

    async fn route(self: &Arc<Self>, message: Message, in_flight: InFlight) -> ClientAnswer {
        // Boxed, but for calls: each of them would have room for all the others.
        match destination(&in_flight.method, &message, &self.scope.kind) {
            Destination::List(kind) => Box::pin(self.answer_list(kind, &message, &in_flight)).await,
            Destination::OwnerOf(kind) => self.call_by_name(message, in_flight, kind).await,
            Destination::PromptCompletion => Box::pin(self.complete_prompt(message, in_flight)).await,
            Destination::OneServer => match self.only_server() {
                Some(upstream) => Box::pin(self.route_to_one(&upstream, message, in_flight)).await,
                // It was removed just now.
                None => Box::pin(self.route_to_several(message, in_flight)).await,
            },
            Destination::Servers => Box::pin(self.route_to_several(message, in_flight)).await,
        }
    }

    fn only_server(&self) -> Option<Arc<Upstream>> {
        match &self.scope.kind {
            ScopeKind::One(server) => self.context.upstream(server),
            ScopeKind::All | ScopeKind::Group(_) => None,
        }
    }

    async fn route_to_one(
        self: &Arc<Self>,
        upstream: &Arc<Upstream>,
        message: Message,
        mut in_flight: InFlight,
    ) -> ClientAnswer {
        let uri = || match in_flight.method.as_str() {
            "completion/complete" => string(&object(&message.params(), "ref"), "uri").unwrap_or_default(),
            _ => message.param("uri").unwrap_or_default(),
        };
        match in_flight.method.as_str() {
            "resources/read" | "resources/subscribe" | "completion/complete"
                if !self.shows_resource(upstream, &uri()) =>
            {
                let sentence = format!("the settings switch the resource {:?} off", uri());
                let error = Message::error(Some(in_flight.id.clone()), RESOURCE_NOT_FOUND, &sentence);
                return ClientAnswer::Whole(error);
            }
            "logging/setLevel" => drop(self.note_level(&message)),
            "resources/subscribe" | "resources/unsubscribe" => {
                let is_new = self.note_subscription(&in_flight.method, &uri(), upstream);
                in_flight.subscribing = is_new.then(uri);
            }
            _ => {}
        }
        self.forward(upstream, message, in_flight).await
    }

    async fn route_to_several(self: &Arc<Self>, message: Message, in_flight: InFlight) -> ClientAnswer {
        match in_flight.method.as_str() {
            "resources/read" | "resources/subscribe" | "resources/unsubscribe" => {
                let uri = message.param("uri").unwrap_or_default();
                self.request_resource(&uri, message, in_flight).await
            }
            "completion/complete" => {
                // Completions for prompts have gone to the prompt's server already.
                let uri = string(&object(&message.params(), "ref"), "uri").unwrap_or_default();
                self.request_resource(&uri, message, in_flight).await
            }
            "logging/setLevel" => self.set_level(&message, &in_flight).await,
            _ => self.other_method(message, in_flight).await,
        }
    }

    /// Forwards a request to the server that has the tool or prompt it names.
    async fn call_by_name(self: &Arc<Self>, message: Message, in_flight: InFlight, kind: ListKind) -> ClientAnswer {
        let name = message.param("name").unwrap_or_default();
        exchange::calls(&name);
        let found = self.resolve_name(kind, &name).await;
        let Some((upstream, own)) = found else { return self.unknown_name(&in_flight, kind, &name) };
        if own == name {
            return self.forward(&upstream, message, in_flight).await;
        }
        let mut params = message.params();
        params.insert("name".into(), raw(&own));
        self.forward(&upstream, message.with_params(&params), in_flight).await
    }

    fn unknown_name(&self, in_flight: &InFlight, kind: ListKind, name: &str) -> ClientAnswer {
        let what = kind.singular();
        let sentence = if let ScopeKind::One(server) = &self.scope.kind {
            format!("{server} has no {what} called {name:?}")
        } else {
            let in_scope = self.context.roster().in_scope(&self.scope);
            let prefixes = in_scope.iter().map(|scoped| scoped.prefix.as_str()).filter(|prefix| !prefix.is_empty());
            let prefixes: Vec<&str> = prefixes.collect();
            format!("no {what} is called {name:?}; names begin with one of: {}", prefixes.join(", "))
        };
        ClientAnswer::Whole(Message::error(Some(in_flight.id.clone()), INVALID_PARAMS, &sentence))
    }

    async fn complete_prompt(self: &Arc<Self>, message: Message, in_flight: InFlight) -> ClientAnswer {
        let mut params = message.params();
        let mut reference: Fields = object(&params, "ref");
        let name = string(&reference, "name").unwrap_or_default();
        let Some((upstream, own)) = self.resolve_name(ListKind::Prompts, &name).await else {
            return self.unknown_name(&in_flight, ListKind::Prompts, &name);
        };
        reference.insert("name".into(), raw(&own));
        params.insert("ref".into(), raw(&reference));
        self.forward(&upstream, message.with_params(&params), in_flight).await
    }

    /// Sets the log level at all servers with an open session, and remembers it for the others.
    async fn set_level(self: &Arc<Self>, message: &Message, in_flight: &InFlight) -> ClientAnswer {
        let params = self.note_level(message);
        let open = self.upstream_sessions.all_open();
        let sent = open.iter().filter(|upstream_session| upstream_session.has("logging")).map(|upstream_session| {
            let request = Message::request(self.next_id(), "logging/setLevel", &params);
            async move {
                if let Ok(reply) = upstream_session.request(&request).await {
                    // A server may refuse: the level is only a wish.
                    drop(reply.answer(|_| {}).await);
                }
            }
        });
        futures::future::join_all(sent).await;
        ClientAnswer::Whole(Message::result(in_flight.id.clone(), &json!({})))
    }

    /// Remembers the log level for sessions that are opened later.
    fn note_level(&self, message: &Message) -> Fields {
        let level = message.param("level").unwrap_or_default();
        let params: Fields = [("level".to_owned(), raw(&level))].into();
        if level.len() <= MAX_LEVEL {
            *lock(&self.level) = Some(params.clone());
            self.context.wishes_changed.notify_one();
        }
        params
    }
}

/// The answer to a request that no server sees.
fn answered_here(id: &Id, method: &str) -> Option<Message> {
    match method {
        "ping" => Some(Message::result(id.clone(), &json!({}))),
        "initialize" => {
            let sentence = "the session is initialised already; begin a new one without an Mcp-Session-Id header";
            Some(Message::error(Some(id.clone()), INVALID_REQUEST, sentence))
        }
        _ => None,
    }
}

fn destination(method: &str, message: &Message, scope: &ScopeKind) -> Destination {
    if let Some(kind) = ListKind::of(method) {
        return Destination::List(kind);
    }
    match (method, scope) {
        ("tools/call", _) => Destination::OwnerOf(ListKind::Tools),
        ("prompts/get", _) => Destination::OwnerOf(ListKind::Prompts),
        ("completion/complete", _) if object(&message.params(), "ref").contains_key("name") => {
            Destination::PromptCompletion
        }
        (_, ScopeKind::One(_)) => Destination::OneServer,
        (_, ScopeKind::All | ScopeKind::Group(_)) => Destination::Servers,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(method: &str, params: &serde_json::Value, scope: &ScopeKind) -> Destination {
        let params = serde_json::from_value(params.clone()).expect("parameters");
        destination(method, &Message::request(Id::of("1"), method, &params), scope)
    }

    #[test]
    fn names_are_resolved_in_every_scope() {
        for scope in [ScopeKind::All, ScopeKind::Group("g".into()), ScopeKind::One("s".into())] {
            let tool = of("tools/call", &json!({ "name": "t" }), &scope);
            let completion = of("completion/complete", &json!({ "ref": { "name": "p" } }), &scope);

            assert_eq!(tool, Destination::OwnerOf(ListKind::Tools));
            assert_eq!(of("prompts/list", &json!({}), &scope), Destination::List(ListKind::Prompts));
            assert_eq!(completion, Destination::PromptCompletion);
        }
    }

    #[test]
    fn everything_else_goes_to_the_one_server_in_scope_or_to_several() {
        let template = json!({ "ref": { "uri": "x://{a}" } });
        for method in ["resources/read", "logging/setLevel", "completion/complete", "x/unknown"] {
            assert_eq!(of(method, &template, &ScopeKind::One("s".into())), Destination::OneServer, "{method}");
            assert_eq!(of(method, &template, &ScopeKind::All), Destination::Servers, "{method}");
        }
    }

    #[test]
    fn a_ping_and_a_second_initialize_reach_no_server() {
        let id = Id::of("1");

        assert!(answered_here(&id, "ping").is_some_and(|answer| answer.error_text().is_none()));
        assert!(answered_here(&id, "initialize").is_some_and(|answer| answer.error_text().is_some()));
        assert!(answered_here(&id, "tools/list").is_none());
    }
}
