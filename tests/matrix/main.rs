//! Clients of the official SDKs, old and new, in TypeScript and Python, with servers of all of them: each client tries the same
//! features at each server directly and then through the hub. What works directly works through the hub; and where the two have no
//! revision in common, everything works through the hub.
//!
//! Servers are reached over Streamable HTTP, standard input and output, and the transport of 2024-11-05. The clients use the hub at
//! `/mcp/{server}`, at `/mcp`, where all servers are, and at `/sse/{server}` and `/sse`.

#![expect(clippy::print_stdout, clippy::expect_used, clippy::panic, reason = "a test program that says what it saw")]

mod attempt;
mod cell;
mod peer;
mod report;

use std::process::ExitCode;
use std::time::Duration;

use futures::StreamExt;
use mcphub_tests::{Home, Hub, text};
use serde_json::{Map, Value};

use crate::attempt::attempt;
use crate::cell::{CLIENTS, Cell, Reach, Transport};
use crate::peer::{Sdks, Server};

/// How many clients run side by side, each at a server of its own.
const SIDE_BY_SIDE: usize = 4;
/// How long the servers may take to come up at the hub.
const PATIENCE: Duration = Duration::from_mins(1);
/// How often the hub is asked. It is another process: there is nothing to be woken by.
const PACE: Duration = Duration::from_millis(100);

#[tokio::main]
async fn main() -> ExitCode {
    let Some(sdks) = Sdks::installed() else { return ExitCode::SUCCESS };
    let mut cells = Vec::new();
    for transport in Transport::ALL {
        let begun = tokio::time::Instant::now();
        cells.extend(over(&sdks, transport).await);
        println!("{transport}: {} s", begun.elapsed().as_secs());
    }
    report::told(&cells)
}

/// All cells of one transport of the servers.
async fn over(sdks: &Sdks, transport: Transport) -> Vec<Cell> {
    let servers: Vec<Server> = transport.servers().iter().map(|name| Server::start(sdks, name, transport)).collect();
    let entries: Map<String, Value> = servers.iter().map(|server| (server.name.to_owned(), server.entry())).collect();
    let settings = serde_json::json!({ "mcpServers": entries }).to_string();
    // What the hub logs at the finest level takes longer than what it does.
    let hub = Hub::start_in(Home::new(&settings), 0, &[("RUST_LOG", "info")]);
    for server in &servers {
        come_up(&hub, server.name).await;
    }
    let rows = servers.iter().map(|server| row(sdks, server, &hub));
    futures::stream::iter(rows).buffer_unordered(SIDE_BY_SIDE).collect::<Vec<_>>().await.concat()
}

/// Waits until the hub has connected the server. One that does not come up fails in its cells, which say more.
async fn come_up(hub: &Hub, server: &str) {
    let mut pace = tokio::time::interval(PACE);
    let limit = tokio::time::Instant::now() + PATIENCE;
    while text(&hub.view(server).await, "/status") != "connected" {
        if pace.tick().await > limit {
            println!("{server} is not connected:\n{}", hub.log_lines());
            return;
        }
    }
}

/// All cells of one server, one after the other.
async fn row(sdks: &Sdks, server: &Server, hub: &Hub) -> Vec<Cell> {
    let mut cells = Vec::new();
    for client in CLIENTS {
        for reach in Reach::ALL.into_iter().filter(|reach| client.can(*reach, server.transport)) {
            let (target, prefix) = place(reach, server, hub);
            let outcome = attempt(sdks.client(client, &target, &prefix)).await;
            cells.push(Cell { client, server: server.name, transport: server.transport, reach, outcome });
        }
    }
    cells
}

/// Where the client finds the server, and what stands in front of its names there.
fn place(reach: Reach, server: &Server, hub: &Hub) -> (String, String) {
    let Server { name, target, .. } = server;
    match reach {
        Reach::Direct => (target.clone(), String::new()),
        Reach::One => (hub.mcp(name), String::new()),
        Reach::All => (format!("{}/mcp", hub.url), format!("{name}-")),
        Reach::SseOne => (format!("{}/sse/{name}", hub.url), String::new()),
        Reach::SseAll => (format!("{}/sse", hub.url), format!("{name}-")),
    }
}
