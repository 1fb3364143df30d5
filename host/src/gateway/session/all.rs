//! Routing where every server is in scope: by the prefix of a name, by who listed a URI, or to all.

use std::sync::Arc;

use super::lists::Listing;
use super::{Answer, Flight, Session, lists};
use crate::gateway::lock::lock;
use crate::gateway::message::{Fields, Message, object, raw, string};
use crate::gateway::upstream::Upstream;
use crate::gateway::{names, speech};

impl Session {
    pub(super) async fn request_all(self: &Arc<Self>, message: Message, flight: Flight) -> Answer {
        if let Some(listing) = Listing::of(&flight.method) {
            return Answer::Whole(self.list_all(listing, flight.id.clone()).await);
        }
        match flight.method.as_str() {
            "tools/call" => self.call_by_name(message, flight, "tool").await,
            "prompts/get" => self.call_by_name(message, flight, "prompt").await,
            "resources/read" | "resources/subscribe" | "resources/unsubscribe" => {
                let uri = message.param("uri").unwrap_or_default();
                self.request_of_resource(&uri, message, flight).await
            }
            "completion/complete" => self.complete(message, flight).await,
            "logging/setLevel" => self.set_level(&message, &flight).await,
            method => {
                let sentence = format!("{method:?} cannot be asked of all servers at once; use /mcp/<server>");
                Answer::Whole(Message::error(Some(flight.id.clone()), speech::METHOD_NOT_FOUND, &sentence))
            }
        }
    }

    async fn call_by_name(self: &Arc<Self>, message: Message, flight: Flight, what: &str) -> Answer {
        let name = message.param("name").unwrap_or_default();
        let found = self.by_prefix(&name);
        let found = found.filter(|(upstream, own)| what != "tool" || lists::is_shown(&upstream.server, own));
        let Some((upstream, own)) = found else { return self.unknown_name(&flight, what, &name) };
        let mut params = message.params();
        params.insert("name".into(), raw(&own));
        self.forward(&upstream, message.with_params(&params), flight).await
    }

    /// The server that a prefixed name belongs to, and its own name for it.
    fn by_prefix(&self, name: &str) -> Option<(Arc<Upstream>, String)> {
        let roster = self.shared.roster();
        let (server, own) = names::split(roster.main().map(|upstream| upstream.name()), &roster.separator, name)?;
        Some((roster.servers.get(server)?.clone(), own.to_owned()))
    }

    fn unknown_name(&self, flight: &Flight, what: &str, name: &str) -> Answer {
        let roster = self.shared.roster();
        let servers: Vec<&str> = roster.main().map(|upstream| upstream.name()).collect();
        let separator = &roster.separator;
        let servers = servers.join(", ");
        let sentence = format!(
            "no {what} is called {name:?}; names are <server>{separator}<{what}>, and the servers are: {servers}"
        );
        Answer::Whole(Message::error(Some(flight.id.clone()), speech::INVALID_PARAMS, &sentence))
    }

    async fn complete(self: &Arc<Self>, message: Message, flight: Flight) -> Answer {
        let mut params = message.params();
        let mut reference: Fields = object(&params, "ref");
        if let Some(uri) = string(&reference, "uri") {
            return self.request_of_resource(&uri, message, flight).await;
        }
        let name = string(&reference, "name").unwrap_or_default();
        let Some((upstream, own)) = self.by_prefix(&name) else { return self.unknown_name(&flight, "prompt", &name) };
        reference.insert("name".into(), raw(&own));
        params.insert("ref".into(), raw(&reference));
        self.forward(&upstream, message.with_params(&params), flight).await
    }

    /// For the servers that are in use now, and remembered for those that come.
    async fn set_level(self: &Arc<Self>, message: &Message, flight: &Flight) -> Answer {
        let params = message.params();
        *lock(&self.level) = Some(params.clone());
        let links = self.live_links();
        let sent = links.iter().filter(|link| link.has("logging")).map(|link| {
            let request = Message::request(self.own_id(), "logging/setLevel", &params);
            async move {
                if let Ok(reply) = link.request(&request).await {
                    // The level is a wish.
                    drop(reply.answer(|_| {}).await);
                }
            }
        });
        futures::future::join_all(sent).await;
        Answer::Whole(Message::result(flight.id.clone(), &serde_json::json!({})))
    }
}
