//! Progress tokens: clients choose them, and two requests may carry the same. Each goes on under a token of the hub's,
//! and what the server says of it comes back under the client's.

use serde_json::value::RawValue;

use super::{Flight, Session};
use crate::gateway::lock::lock;
use crate::gateway::message::{Message, object, raw};
use crate::gateway::upstream::link::Link;

/// Bytes of a token: for a longer one there is no progress.
const MAX_TOKEN: usize = 1024;

/// The token of a request that is under way.
pub(super) struct Token {
    client: Box<RawValue>,
    /// The server that bears the request, once that is known.
    pub(super) server: Option<String>,
}

impl Flight {
    /// The request with a token of the hub's, if it has one.
    pub(super) fn with_own_token(&mut self, message: Message) -> Message {
        let mut params = message.params();
        let mut meta = object(&params, "_meta");
        let Some(client) = meta.shift_remove("progressToken") else { return message };
        if client.get().len() <= MAX_TOKEN {
            let token = self.session.shared.token();
            meta.insert("progressToken".into(), raw(&token));
            lock(&self.session.tokens).insert(token, Token { client, server: None });
            self.token = Some(token);
        }
        params.insert("_meta".into(), raw(&meta));
        message.with_params(&params)
    }
}

impl Session {
    /// A server's word on progress under the client's token; `None` where it is about no request of that server.
    pub(super) fn with_client_token(&self, link: &Link, message: Message) -> Option<Message> {
        let mut params = message.params();
        let own: u64 = params.get("progressToken")?.get().trim_matches('"').parse().ok()?;
        let client = {
            let tokens = lock(&self.tokens);
            let token = tokens.get(&own)?;
            let is_its_own = token.server.as_ref().is_none_or(|server| *server == link.server);
            is_its_own.then(|| token.client.clone())?
        };
        params.insert("progressToken".into(), client);
        Some(message.with_params(&params))
    }
}
