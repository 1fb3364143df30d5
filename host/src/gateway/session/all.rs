//! Routing where every server is in scope: by the prefix of a name, by who listed a URI, or to all.

use std::sync::Arc;

use super::lists::Listing;
use super::{Answer, Flight, Session};
use crate::gateway::layout::Seen;
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
            "tools/call" => self.call_by_name(message, flight, Listing::Tools).await,
            "prompts/get" => self.call_by_name(message, flight, Listing::Prompts).await,
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

    async fn call_by_name(self: &Arc<Self>, message: Message, flight: Flight, listing: Listing) -> Answer {
        let name = message.param("name").unwrap_or_default();
        let found = self.by_name(listing, &name).await;
        let Some((upstream, own)) = found else { return self.unknown_name(&flight, listing, &name) };
        let mut params = message.params();
        params.insert("name".into(), raw(&own));
        self.forward(&upstream, message.with_params(&params), flight).await
    }

    /// The server that a name belongs to, and its own name for it.
    async fn by_name(self: &Arc<Self>, listing: Listing, name: &str) -> Option<(Arc<Upstream>, String)> {
        let seen = self.shared.roster().seen(&self.scope);
        let found = match names::split(seen.iter().filter(|seen| !seen.prefix.is_empty()), name) {
            Some((seen, own)) => Some((seen, own.to_owned())),
            None if seen.iter().all(|seen| !seen.prefix.is_empty()) => None,
            None => self.by_bare_name(&seen, listing, name).await,
        };
        let (seen, own) = found.filter(|(seen, own)| listing != Listing::Tools || seen.shows(own))?;
        Some((seen.upstream.clone(), own))
    }

    /// Which server listed a name that has no prefix; the lists are asked for where nobody asked before.
    async fn by_bare_name<'s>(
        self: &Arc<Self>,
        seen: &'s [Seen],
        listing: Listing,
        name: &str,
    ) -> Option<(&'s Seen, String)> {
        let key = (listing, name.to_owned());
        if !lock(&self.bare).contains_key(&key) {
            self.collect(listing).await;
        }
        let (server, own) = lock(&self.bare).get(&key).cloned()?;
        seen.iter().find(|seen| seen.upstream.name() == server).map(|seen| (seen, own))
    }

    fn unknown_name(&self, flight: &Flight, listing: Listing, name: &str) -> Answer {
        let seen = self.shared.roster().seen(&self.scope);
        let prefixes: Vec<&str> =
            seen.iter().map(|seen| seen.prefix.as_str()).filter(|prefix| !prefix.is_empty()).collect();
        let (what, prefixes) = (listing.singular(), prefixes.join(", "));
        let sentence = format!("no {what} is called {name:?}; names begin with one of: {prefixes}");
        Answer::Whole(Message::error(Some(flight.id.clone()), speech::INVALID_PARAMS, &sentence))
    }

    async fn complete(self: &Arc<Self>, message: Message, flight: Flight) -> Answer {
        let mut params = message.params();
        let mut reference: Fields = object(&params, "ref");
        if let Some(uri) = string(&reference, "uri") {
            return self.request_of_resource(&uri, message, flight).await;
        }
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
