//! The resources that a client is subscribed to, and those that it was.

use std::collections::{BTreeMap, BTreeSet};

/// Bytes of a URI; a subscription to a longer one is not remembered.
const MAX_URI: usize = 1024;

/// The subscriptions of one client. They outlive the sessions with its servers.
#[derive(Default)]
pub(super) struct SubscribedResources {
    /// The server of each resource, by the server's URI.
    servers: BTreeMap<String, String>,
    /// Resources whose subscription the client has ended. An update of one may still be on its way.
    ended: BTreeSet<String>,
}

impl SubscribedResources {
    /// Remembers a subscription, unless there are `most` already. Returns whether it is a new one.
    pub(super) fn begin(&mut self, uri: &str, server: &str, most: usize) -> bool {
        self.ended.remove(uri);
        let has_room = self.servers.len() < most && uri.len() <= MAX_URI;
        has_room && self.servers.insert(uri.to_owned(), server.to_owned()).is_none()
    }

    /// Forgets a subscription that no server accepted.
    pub(super) fn forget(&mut self, uri: &str) {
        self.servers.remove(uri);
    }

    /// Ends a subscription: later updates of this resource are not wanted.
    pub(super) fn end(&mut self, uri: &str, most: usize) {
        self.servers.remove(uri);
        if self.ended.len() < most && uri.len() <= MAX_URI {
            self.ended.insert(uri.to_owned());
        }
    }

    /// The server at which the client is subscribed to this resource.
    pub(super) fn server(&self, uri: &str) -> Option<&str> {
        self.servers.get(uri).map(String::as_str)
    }

    /// The server of each resource that the client is subscribed to, by the server's URI.
    pub(super) fn all(&self) -> BTreeMap<String, String> {
        self.servers.clone()
    }

    /// The resources of a server that the client is subscribed to.
    pub(super) fn at(&self, server: &str) -> Vec<String> {
        self.servers.iter().filter(|(_, at)| *at == server).map(|(uri, _)| uri.clone()).collect()
    }

    /// Whether the client gets a server's update of this resource. Not after the end of its subscription, and not if it is
    /// subscribed to another server's resource of that URI.
    pub(super) fn wants(&self, server: &str, uri: &str) -> bool {
        self.server(uri).map_or_else(|| !self.ended.contains(uri), |at| at == server)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_update_after_the_end_of_a_subscription_is_not_wanted() {
        let mut subscribed = SubscribedResources::default();

        subscribed.begin("x://1", "a", 10);
        assert!(subscribed.wants("a", "x://1") && !subscribed.wants("b", "x://1"));
        assert!(subscribed.wants("a", "x://1/part"));
        subscribed.end("x://1", 10);
        assert!(!subscribed.wants("a", "x://1"));
        subscribed.begin("x://1", "a", 10);
        assert!(subscribed.wants("a", "x://1"));
        assert_eq!(subscribed.at("a"), ["x://1"]);
    }

    #[test]
    fn subscriptions_beyond_the_limit_are_not_remembered() {
        let mut subscribed = SubscribedResources::default();

        subscribed.begin("x://1", "a", 1);
        subscribed.begin("x://2", "a", 1);

        assert_eq!(subscribed.at("a"), ["x://1"]);
    }
}
