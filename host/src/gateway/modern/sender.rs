//! Who sends a request: all that a hidden session depends on.

use http::HeaderMap;
use sha2::{Digest, Sha256};

use crate::gateway::client_headers;
use crate::gateway::message::{Fields, Message};
use crate::gateway::principal::Principal;
use crate::gateway::roster::ServerScope;

/// The sender of a request, as far as servers can tell.
pub(super) struct Sender {
    pub(super) scope: ServerScope,
    /// The parameters with which sessions with servers are opened for it.
    pub(super) client: Fields,
    pub(super) principal: Principal,
    /// Those of its headers that servers get.
    headers: HeaderMap,
}

/// What requests must have in common to share a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Fingerprint([u8; 32]);

impl Sender {
    pub(super) fn of(scope: ServerScope, client: Fields, principal: Principal, request: &Message) -> Self {
        let headers = request.headers().map(|headers| client_headers::without_trace(headers)).unwrap_or_default();
        Self { scope, client, principal, headers }
    }

    pub(super) fn fingerprint(&self) -> Fingerprint {
        let mut hash = Sha256::new();
        let mut take = |part: &[u8]| {
            hash.update(part.len().to_be_bytes());
            hash.update(part);
        };
        take(format!("{:?}", self.scope).as_bytes());
        take(self.principal.name().as_bytes());
        for (name, value) in &self.headers {
            take(name.as_str().as_bytes());
            take(value.as_bytes());
        }
        for (key, value) in &self.client {
            take(key.as_bytes());
            take(value.get().as_bytes());
        }
        Fingerprint(hash.finalize().into())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::gateway::message::{Id, raw};

    fn print(principal: &str, headers: &[(&'static str, &str)], capability: &str) -> Fingerprint {
        let headers = headers.iter().map(|(name, value)| (name.parse().expect("name"), value.parse().expect("value")));
        let request = Message::request(Id::number(1), "ping", &Fields::new());
        let request = request.with_headers(Some(Arc::new(headers.collect())));
        let client = [("capabilities".to_owned(), raw(&capability))].into();
        Sender::of(ServerScope::ALL, client, Principal::named(principal), &request).fingerprint()
    }

    #[test]
    fn senders_are_told_apart_by_all_that_servers_see_but_not_by_traces() {
        let one = print("a", &[("x-key", "1")], "c");

        for other in [
            print("b", &[("x-key", "1")], "c"),
            print("a", &[("x-key", "2")], "c"),
            print("a", &[], "c"),
            print("a", &[("x-key", "1")], "d"),
        ] {
            assert_ne!(other, one);
        }
        assert_eq!(print("a", &[("x-key", "1"), ("traceparent", "00-1")], "c"), one);
    }
}
