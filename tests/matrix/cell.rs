//! What is tried: a client, a server, the server's transport, and the way between them.

use std::fmt;

use serde_json::{Value, json};

use crate::attempt::Outcome;

/// A client, by its SDK and what it offers at first.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Client {
    /// `ts-old`, `ts-new`, `py-old` or `py-new`.
    pub(crate) sdk: &'static str,
    /// `legacy`: the handshake. `auto`: what the new SDKs do by themselves. A revision: nothing else will do.
    pub(crate) mode: &'static str,
}

const LEGACY: &str = "legacy";
const AUTO: &str = "auto";
const PINNED: &str = "2026-07-28";

/// The clients. The transport of 2024-11-05 has the handshake only: there the last one stands for its SDK.
pub(crate) const CLIENTS: [Client; 7] = [
    Client { sdk: "ts-old", mode: LEGACY },
    Client { sdk: "py-old", mode: LEGACY },
    Client { sdk: "ts-new", mode: AUTO },
    Client { sdk: "py-new", mode: AUTO },
    Client { sdk: "ts-new", mode: PINNED },
    Client { sdk: "py-new", mode: PINNED },
    Client { sdk: "py-new", mode: LEGACY },
];

impl Client {
    /// Whether it is tried if the client goes this way to a server with this transport.
    pub(crate) fn can(self, reach: Reach, server: Transport) -> bool {
        let is_old = self.sdk.ends_with("old");
        // The new TypeScript SDK no longer has the old transport.
        let has_sse = self.mode == LEGACY;
        // How the hub reaches a server changes nothing for what a client finds out at first: once is enough.
        let is_tried = match self.mode {
            AUTO => server == Transport::Http,
            PINNED => true,
            _ => is_old,
        };
        match reach {
            Reach::Direct if server == Transport::Sse => has_sse,
            Reach::Direct | Reach::One | Reach::All => is_tried,
            Reach::SseOne | Reach::SseAll => server == Transport::Http && has_sse,
        }
    }
}

impl fmt::Display for Client {
    fn fmt(&self, text: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.sdk.ends_with("-new"), self.mode) {
            (true, mode) => write!(text, "{} {mode}", self.sdk),
            (false, _) => text.write_str(self.sdk),
        }
    }
}

/// How a server is reached, directly and by the hub.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transport {
    Http,
    Stdio,
    /// The transport of 2024-11-05.
    Sse,
}

impl Transport {
    pub(crate) const ALL: [Self; 3] = [Self::Http, Self::Stdio, Self::Sse];

    /// The servers that have it. The new ones accept nothing but 2026-07-28, and over the old transport nothing but the handshake.
    pub(crate) fn servers(self) -> &'static [&'static str] {
        match self {
            Self::Http | Self::Stdio => &["ts-old", "py-old", "ts-new", "py-new"],
            Self::Sse => &["ts-old", "py-old", "py-new"],
        }
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, text: &mut fmt::Formatter<'_>) -> fmt::Result {
        text.write_str(match self {
            Self::Http => "http",
            Self::Stdio => "stdio",
            Self::Sse => "sse",
        })
    }
}

/// The way from the client to the server.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// At the server itself, without the hub.
    Direct,
    /// Through the hub, at `/mcp/{server}`.
    One,
    /// Through the hub, at `/mcp`.
    All,
    /// Through the hub, at `/sse/{server}`.
    SseOne,
    /// Through the hub, at `/sse`.
    SseAll,
}

impl Reach {
    pub(crate) const ALL: [Self; 5] = [Self::Direct, Self::One, Self::All, Self::SseOne, Self::SseAll];
}

impl fmt::Display for Reach {
    fn fmt(&self, text: &mut fmt::Formatter<'_>) -> fmt::Result {
        text.write_str(match self {
            Self::Direct => "direct",
            Self::One => "/mcp/{server}",
            Self::All => "/mcp",
            Self::SseOne => "/sse/{server}",
            Self::SseAll => "/sse",
        })
    }
}

/// One of them all, and what came of it.
#[derive(Clone)]
pub(crate) struct Cell {
    pub(crate) client: Client,
    pub(crate) server: &'static str,
    pub(crate) transport: Transport,
    pub(crate) reach: Reach,
    pub(crate) outcome: Outcome,
}

impl Cell {
    /// A failure as the entries of the known gaps describe it.
    pub(crate) fn failure(&self, feature: &str) -> Value {
        let Self { client, server, transport, reach, .. } = self;
        let [transport, reach] = [transport.to_string(), reach.to_string()];
        json!({
            "client": client.sdk, "mode": client.mode, "server": server, "transport": transport, "reach": reach, "feature": feature,
        })
    }
}
