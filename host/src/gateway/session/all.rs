//! Routing where several servers are in scope, and of names wherever there are any.

use std::sync::Arc;

use super::lists::Listing;
use super::{Answer, Flight, Scope, Session};
use crate::gateway::lock::lock;
use crate::gateway::message::{Fields, Message, object, raw, string};
use crate::gateway::speech;

impl Session {
    pub(super) async fn request_all(self: &Arc<Self>, message: Message, flight: Flight) -> Answer {
        match flight.method.as_str() {
            "resources/read" | "resources/subscribe" | "resources/unsubscribe" => {
                let uri = message.param("uri").unwrap_or_default();
                self.request_of_resource(&uri, message, flight).await
            }
            "completion/complete" => {
                // Of a prompt, it was routed by its name.
                let uri = string(&object(&message.params(), "ref"), "uri").unwrap_or_default();
                self.request_of_resource(&uri, message, flight).await
            }
            "logging/setLevel" => self.set_level(&message, &flight).await,
            method => {
                let sentence = format!("{method:?} cannot be asked of all servers at once; use /mcp/<server>");
                Answer::Whole(Message::error(Some(flight.id.clone()), speech::METHOD_NOT_FOUND, &sentence))
            }
        }
    }

    /// Sends a request on to the server that its name belongs to.
    pub(super) async fn call_by_name(self: &Arc<Self>, message: Message, flight: Flight, listing: Listing) -> Answer {
        let name = message.param("name").unwrap_or_default();
        let found = self.by_name(listing, &name).await;
        let Some((upstream, own)) = found else { return self.unknown_name(&flight, listing, &name) };
        if own == name {
            return self.forward(&upstream, message, flight).await;
        }
        let mut params = message.params();
        params.insert("name".into(), raw(&own));
        self.forward(&upstream, message.with_params(&params), flight).await
    }

    fn unknown_name(&self, flight: &Flight, listing: Listing, name: &str) -> Answer {
        let what = listing.singular();
        let sentence = if let Scope::One(server) = &self.scope {
            format!("{server} has no {what} called {name:?}")
        } else {
            let seen = self.shared.roster().seen(&self.scope);
            let prefixes: Vec<&str> =
                seen.iter().map(|seen| seen.prefix.as_str()).filter(|prefix| !prefix.is_empty()).collect();
            format!("no {what} is called {name:?}; names begin with one of: {}", prefixes.join(", "))
        };
        Answer::Whole(Message::error(Some(flight.id.clone()), speech::INVALID_PARAMS, &sentence))
    }

    /// Completes an argument of a prompt.
    pub(super) async fn complete_prompt(self: &Arc<Self>, message: Message, flight: Flight) -> Answer {
        let mut params = message.params();
        let mut reference: Fields = object(&params, "ref");
        let name = string(&reference, "name").unwrap_or_default();
        let Some((upstream, own)) = self.by_name(Listing::Prompts, &name).await else {
            return self.unknown_name(&flight, Listing::Prompts, &name);
        };
        reference.insert("name".into(), raw(&own));
        params.insert("ref".into(), raw(&reference));
        self.forward(&upstream, message.with_params(&params), flight).await
    }

    /// For the servers that are in use now, and remembered for those that come.
    async fn set_level(self: &Arc<Self>, message: &Message, flight: &Flight) -> Answer {
        let params = self.note_level(message);
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

    /// Remembers the level for sessions with servers that begin later.
    pub(super) fn note_level(&self, message: &Message) -> Fields {
        let level = message.param("level").unwrap_or_default();
        let params: Fields = [("level".to_owned(), raw(&level))].into();
        if level.len() <= MAX_LEVEL {
            *lock(&self.level) = Some(params.clone());
        }
        params
    }
}

/// Bytes of a log level: "emergency" is the longest that there is.
const MAX_LEVEL: usize = 32;
