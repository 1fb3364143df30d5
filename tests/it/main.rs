//! Whole-system tests: the built hub, real peers, one story a file.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a fixture that cannot be set up ends its test"
)]

mod accounts;
mod architecture;
mod asked_by_client;
mod authority;
mod authors;
mod belonging;
mod callback;
mod cases;
mod choosing;
mod chromium;
mod commands;
mod contract;
mod draining;
mod dropping;
mod echoes;
mod explicit;
mod faults;
mod first_login;
mod front_door;
mod garbage;
mod github;
mod groups;
mod harness;
mod headless;
mod healing;
mod keys;
mod kill;
mod lasting;
mod linear;
mod logout;
mod lossless;
mod machine;
mod masking;
mod measuring;
mod network;
mod odd_answers;
mod own_address;
mod pain;
mod pasted;
mod placeholders;
mod presence;
mod quarter;
mod quirks;
mod reach;
mod recording;
mod registration;
mod reload;
mod renewal;
mod sealed;
mod secrets;
mod sharing;
mod status;
mod storm;
mod terminal;
mod tools;
mod traces;
mod transports;
mod unwritable;
mod waiting;
mod written_secrets;

use mcphub_tests::{AuthorityPeer, Browser, Client, Hub, ServerPeer, Trip};
use serde_json::{Value, json};

/// A real authority, a real server that wants its tokens, and a hub whose entry names that server's URL.
struct World {
    authority: AuthorityPeer,
    server: ServerPeer,
    hub: Hub,
}

impl World {
    /// With nothing but the URL in the entry. None: the peers are not installed.
    fn start() -> Option<Self> {
        Self::with(&json!({}), json!({}), |_| json!({}))
    }

    /// With these options of authority and server, and what the entry says besides its URL.
    fn with(authority: &Value, server: Value, entry: impl Fn(&AuthorityPeer) -> Value) -> Option<Self> {
        let authority = AuthorityPeer::start(authority)?;
        let server = ServerPeer::start(&authority, server)?;
        let mut entry = entry(&authority);
        entry["url"] = json!(server.mcp());
        let hub = Hub::of_one(&entry);
        Some(Self { authority, server, hub })
    }

    /// With these options of the authority and this `systemConfig`.
    fn in_system(authority: &Value, system: &Value) -> Option<Self> {
        let authority = AuthorityPeer::start(authority)?;
        let server = ServerPeer::start(&authority, json!({}))?;
        let hub = Hub::start(&json!({"mcpServers": {"notes": {"url": server.mcp()}}, "systemConfig": system}));
        Some(Self { authority, server, hub })
    }

    /// A client at the server's own endpoint.
    async fn client(&self) -> Client {
        Client::connect(&self.hub.mcp("notes")).await
    }
}

/// Signs in once, in a browser of its own.
async fn sign_in(hub: &Hub, server: &str) -> Trip {
    let trip = Browser::new().follow(&hub.link(server).await).await;
    assert!(trip.page.contains(&format!("Signed in to {server}")), "{trip:#?}");
    hub.until(server, "connected").await;
    trip
}

/// Calls `echo` and expects its answer.
async fn expect_echo(client: &Client) {
    assert_eq!(client.call("echo", json!({"text": "hi"})).await, ("hi".to_owned(), false));
}
