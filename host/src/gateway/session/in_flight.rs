//! A client's request in flight: its id is taken, its progress token is the hub's, and its server is known once it is
//! forwarded.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::core::Session;
use super::progress::MAX_TOKEN;
use super::request_state::{Cancellation, RequestState};
use crate::gateway::lock::lock;
use crate::gateway::message::{Id, Members, Message, object, raw};
use crate::gateway::upstream::Upstream;

/// A request in flight. Dropping it frees the id and the progress token.
pub(super) struct InFlight {
    pub(super) session: Arc<Session>,
    pub(super) id: Id,
    pub(super) method: String,
    pub(super) cancellation: Arc<Cancellation>,
    /// The progress token that the server sees.
    token: Option<u64>,
    /// Set where the client knows the resource under another URI than the server.
    pub(super) alias: Option<UriAlias>,
    /// The resource that it subscribes to. The subscription is forgotten if this is dropped before a server accepted it.
    pub(super) subscribing: Option<String>,
    pub(super) is_accepted: AtomicBool,
    /// The server's own name of the tool or prompt that is asked for.
    pub(super) tool: Option<String>,
}

/// Two URIs of one resource.
pub(super) struct UriAlias {
    /// The URI that the server uses.
    pub(super) own: String,
    /// The one that the client asked with.
    pub(super) client: String,
}

impl Session {
    /// Takes the id of a request. `None` if a request with this id is in flight already.
    pub(super) fn begin_request(self: &Arc<Self>, id: &Id, method: &str) -> Option<InFlight> {
        let mut in_flight = lock(&self.in_flight);
        if in_flight.contains_key(id) {
            return None;
        }
        let state = RequestState::default();
        let cancellation = state.cancellation.clone();
        in_flight.insert(id.clone(), state);
        let (session, id, method) = (self.clone(), id.clone(), method.to_owned());
        let (subscribing, is_accepted) = (None, AtomicBool::new(false));
        let (token, alias, tool) = (None, None, None);
        Some(InFlight { session, id, method, cancellation, token, alias, subscribing, is_accepted, tool })
    }
}

impl InFlight {
    /// The request under a progress token of the hub's, if the client's request carries one.
    pub(super) fn with_own_token(&mut self, message: Message) -> Message {
        let meta = message.param_text("_meta").and_then(Members::of);
        if meta.is_none_or(|meta| meta.get("progressToken").is_none()) {
            return message;
        }
        let mut params = message.params();
        let mut meta = object(&params, "_meta");
        let Some(client) = meta.shift_remove("progressToken") else { return message };
        if client.get().len() <= MAX_TOKEN {
            let token = self.session.context.next_token();
            meta.insert("progressToken".into(), raw(&token));
            self.session.progress.add(token, client);
            self.token = Some(token);
        }
        params.insert("_meta".into(), raw(&meta));
        message.with_params(&params)
    }

    /// Records which server has the request: its cancellation goes there, and its progress comes from there.
    pub(super) fn goes_to(&self, upstream: &Upstream) {
        if let Some(token) = self.token {
            self.session.progress.set_server(token, upstream.name());
        }
        if let Some(state) = self.state(&mut lock(&self.session.in_flight)) {
            state.server = Some(upstream.name().to_owned());
        }
    }

    /// This request's place in the table. `None` once it was cancelled; then another request may have its id.
    fn state<'t>(&self, table: &'t mut HashMap<Id, RequestState>) -> Option<&'t mut RequestState> {
        table.get_mut(&self.id).filter(|state| Arc::ptr_eq(&state.cancellation, &self.cancellation))
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        let mut table = lock(&self.session.in_flight);
        if self.state(&mut table).is_some() {
            table.remove(&self.id);
        }
        drop(table);
        if let Some(token) = self.token {
            self.session.progress.remove(token);
        }
        if let Some(uri) = self.subscribing.as_ref().filter(|_| !self.is_accepted.load(Ordering::Relaxed)) {
            self.session.forget_subscription(uri);
        }
    }
}
