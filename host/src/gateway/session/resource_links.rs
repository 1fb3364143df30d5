//! Links to resources in the results of tools. A client that follows one means the server whose tool returned it, also
//! where that server does not list the resource, or another server lists it as well.

use std::sync::Mutex;

use indexmap::IndexMap;
use serde_json::value::RawValue;

use crate::gateway::lock::lock;
use crate::gateway::message::{Fields, Message, fields, object, string};

/// Links that a session remembers. Beyond that, the oldest are forgotten.
const MAX_LINKS: usize = 1000;
/// Bytes of a URI; a longer one is not remembered.
const MAX_URI: usize = 1024;

/// The links of one session, each with the server that returned it last.
#[derive(Default)]
pub(super) struct ResourceLinks(Mutex<IndexMap<String, String>>);

impl ResourceLinks {
    /// Remembers the links in a tool's result.
    pub(super) fn note(&self, server: &str, answer: &Message) {
        // Parsing every result would be expensive, so most are ruled out by a search first.
        let is_worth_it = answer.result_text().is_some_and(|result| result.contains("\"uri\""));
        let Some(result) = answer.result_raw().filter(|_| is_worth_it) else { return };
        let links = links(result);
        let mut remembered = lock(&self.0);
        for uri in links {
            remembered.shift_remove(&uri);
            if remembered.len() >= MAX_LINKS {
                remembered.shift_remove_index(0);
            }
            remembered.insert(uri, server.to_owned());
        }
    }

    /// The server that last returned a link to this URI.
    pub(super) fn server(&self, uri: &str) -> Option<String> {
        lock(&self.0).get(uri).cloned()
    }
}

/// The URIs in a result: MCP, "Resource Links" and "Embedded Resources".
fn links(result: &RawValue) -> Vec<String> {
    let content = fields(Some(result)).shift_remove("content");
    let content = content.and_then(|content| serde_json::from_str::<Vec<&RawValue>>(content.get()).ok().map(owned));
    let link = |block: Fields| match string(&block, "type").as_deref() {
        Some("resource_link") => string(&block, "uri"),
        Some("resource") => string(&object(&block, "resource"), "uri"),
        Some(_) | None => None,
    };
    content.into_iter().flatten().filter_map(link).filter(|uri| uri.len() <= MAX_URI).take(MAX_LINKS).collect()
}

fn owned(blocks: Vec<&RawValue>) -> Vec<Fields> {
    blocks.into_iter().map(|block| fields(Some(block))).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::gateway::message::Id;

    fn result(content: &Value) -> Message {
        Message::result(Id::of("a"), &json!({ "content": content }))
    }

    #[test]
    fn links_and_embedded_resources_lead_to_the_server_that_returned_them_last() {
        let remembered = ResourceLinks::default();
        let link = json!({ "type": "resource_link", "uri": "x://1", "name": "n" });
        let embedded = json!({ "type": "resource", "resource": { "uri": "x://2", "text": "t" } });
        let others = json!([{ "type": "text", "text": "\"uri\"", "uri": "x://3" }, 7, null]);

        remembered.note("a", &result(&json!([link, embedded])));
        remembered.note("a", &result(&others));
        remembered.note("b", &result(&json!([link])));

        let of = |uri: &str| remembered.server(uri);
        assert_eq!((of("x://1").as_deref(), of("x://2").as_deref(), of("x://3")), (Some("b"), Some("a"), None));
    }

    #[test]
    fn the_oldest_links_are_forgotten_and_long_ones_are_not_kept() {
        let remembered = ResourceLinks::default();
        let link = |uri: String| json!({ "type": "resource_link", "uri": uri });

        for number in 0..=MAX_LINKS {
            remembered.note("a", &result(&json!([link(format!("x://{number}"))])));
        }
        remembered.note("a", &result(&json!([link("x".repeat(MAX_URI + 1))])));

        assert_eq!((remembered.server("x://0"), lock(&remembered.0).len()), (None, MAX_LINKS));
        assert!(remembered.server("x://1000").is_some());
    }
}
