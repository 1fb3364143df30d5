//! Which clients share what is known of a server's lists.

use super::core::Session;
use crate::gateway::list_cache::class_of_headers;
use crate::gateway::upstream::Upstream;

impl Session {
    /// Tells apart the clients to which a server may show other lists: by their capabilities, and by those of their headers
    /// that the server gets.
    pub(super) fn list_class(&self, upstream: &Upstream) -> String {
        let headers = self.last_headers.of_names(&upstream.server.passthrough);
        if headers.is_empty() { self.class.clone() } else { class_of_headers(&self.class, &headers) }
    }
}
