//! What a session is opened with: the client's parameters, and the `initialize` made of them.

use super::request_ids::INITIALIZE_ID;
use crate::gateway::message::{Fields, Id, Message, raw, string};
use crate::gateway::revision;
use crate::gateway::revision::ClientGeneration;

/// The parameters of one opening.
pub(super) struct OpeningRequest {
    pub(super) params: Fields,
    pub(super) generation: ClientGeneration,
    /// For a server with sessions. It names the newest revision that has them, if the client speaks a later one.
    pub(super) initialize: Message,
}

impl OpeningRequest {
    pub(super) fn new(params: &Fields) -> Self {
        let generation = ClientGeneration::of(string(params, "protocolVersion").as_deref());
        let mut of_sessions = params.clone();
        if generation == ClientGeneration::Stateless {
            of_sessions.insert("protocolVersion".into(), raw(&revision::LATEST));
        }
        let initialize = Message::request(Id::number(INITIALIZE_ID), "initialize", &of_sessions);
        Self { params: params.clone(), generation, initialize }
    }

    /// The revision that the client asked for.
    pub(super) fn revision(&self) -> Option<String> {
        string(&self.params, "protocolVersion")
    }

    /// A greeting as the answer to `initialize`.
    pub(super) fn answer(greeting: &Fields) -> Message {
        Message::result(Id::number(INITIALIZE_ID), greeting)
    }
}
