//! Progress tokens. Clients choose them, and two requests may carry the same one. Each request goes to its server under a
//! token of the hub's, and notifications about it come back under the client's.

use std::collections::HashMap;
use std::sync::Mutex;

use serde_json::value::RawValue;

use crate::gateway::lock::lock;
use crate::gateway::message::Message;

/// Bytes of a client's token. A request with a longer one gets no progress notifications.
pub(super) const MAX_TOKEN: usize = 1024;

/// The tokens of the requests in flight, by the hub's token.
#[derive(Default)]
pub(super) struct ProgressTokens(Mutex<HashMap<u64, ProgressToken>>);

struct ProgressToken {
    client: Box<RawValue>,
    /// The server that has the request, as soon as that is known.
    server: Option<String>,
}

impl ProgressTokens {
    /// Remembers the client's token of a request that goes out under `token`.
    pub(super) fn add(&self, token: u64, client: Box<RawValue>) {
        lock(&self.0).insert(token, ProgressToken { client, server: None });
    }

    /// Records which server has the request: only that one may report progress of it.
    pub(super) fn set_server(&self, token: u64, server: &str) {
        if let Some(token) = lock(&self.0).get_mut(&token) {
            token.server = Some(server.to_owned());
        }
    }

    /// Forgets a request that has ended.
    pub(super) fn remove(&self, token: u64) {
        lock(&self.0).remove(&token);
    }

    /// A server's progress notification under the client's token. `None` if that server has no such request.
    pub(super) fn with_client_token(&self, server: &str, message: Message) -> Option<Message> {
        let mut params = message.params();
        // Some servers send a number back as a string.
        let token: u64 = params.get("progressToken")?.get().trim_matches('"').parse().ok()?;
        let client = {
            let tokens = lock(&self.0);
            let token = tokens.get(&token)?;
            let is_its_own = token.server.as_ref().is_none_or(|other| other == server);
            is_its_own.then(|| token.client.clone())?
        };
        params.insert("progressToken".into(), client);
        Some(message.with_params(&params))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::gateway::message::raw;

    #[test]
    fn only_the_server_that_has_a_request_reports_its_progress_and_only_until_it_ends() {
        let tokens = ProgressTokens::default();
        tokens.add(7, raw(&"client's"));
        tokens.set_server(7, "a");
        let progress = || Message::notification("notifications/progress", Some(&json!({ "progressToken": "7" })));

        let seen = tokens.with_client_token("a", progress()).expect("the client's");
        let of_another = tokens.with_client_token("b", progress());
        tokens.remove(7);

        assert_eq!(seen.param("progressToken").as_deref(), Some("client's"));
        assert!(of_another.is_none());
        assert!(tokens.with_client_token("a", progress()).is_none());
    }
}
