//! Clients that call as soon as they are answered, all at once.

use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::connection::{Connection, Target};
use crate::process::Cpu;
use crate::sample::Sample;

/// Clients with their connections and sessions.
pub(crate) struct Fleet {
    clients: Vec<Connection>,
    /// The processes of the proxy.
    proxy: Vec<u32>,
}

/// What a client calls.
pub(crate) struct Calls<'a> {
    /// Each client calls one of these.
    pub(crate) tools: &'a [String],
    /// How long an answer is at least.
    pub(crate) expected: usize,
}

impl Fleet {
    /// So many clients of a proxy that is these processes.
    pub(crate) async fn open(target: &Target, count: usize, proxy: &[u32]) -> Self {
        let mut clients = Vec::new();
        for _ in 0..count {
            clients.push(Connection::open(target).await);
        }
        Self { clients, proxy: proxy.to_vec() }
    }

    /// Makes their calls ready.
    pub(crate) fn prepare(&mut self, calls: &Calls<'_>) {
        for (client, tool) in self.clients.iter_mut().zip(calls.tools.iter().cycle()) {
            client.prepare_call(tool, calls.expected);
        }
    }

    /// Makes them ask for the list of tools, of which there are so many.
    pub(crate) fn prepare_lists(&mut self, tools: usize) {
        for client in &mut self.clients {
            client.prepare_list(tools);
        }
    }

    /// Calls for this long.
    pub(crate) async fn run(&mut self, time: Duration) -> Sample {
        let before = Cpu::of(&self.proxy);
        let begun = Instant::now();
        let end = begun + time;
        let mut running = JoinSet::new();
        for client in self.clients.drain(..) {
            running.spawn(call_until(client, end));
        }
        let mut latencies = Vec::new();
        for (client, measured) in running.join_all().await {
            self.clients.push(client);
            latencies.extend(measured);
        }
        Sample::of(latencies, begun.elapsed(), Cpu::of(&self.proxy).since(&before))
    }

    pub(crate) async fn close(self) {
        for client in self.clients {
            client.close().await;
        }
    }
}

async fn call_until(mut client: Connection, end: Instant) -> (Connection, Vec<Duration>) {
    let mut latencies = Vec::new();
    let mut now = Instant::now();
    while now < end {
        client.exchange().await;
        let answered = Instant::now();
        latencies.push(answered - now);
        now = answered;
    }
    (client, latencies)
}
