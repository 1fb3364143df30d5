//! How long the hub takes from its start to its first answers, with compiled plugins in the cache.

use std::time::Duration;

use crate::answers::SIZES;
use crate::choice::Choice;
use crate::connection::{Connection, Target};
use crate::hub::{Hub, servers};
use crate::sample::median;
use crate::table::{self, Goal, milliseconds};
use crate::world::World;

/// Runs what was chosen.
pub(crate) async fn run(world: &World, choice: &Choice) {
    for (name, count, limit) in [("start/1", 1, 60.0), ("start/1000", 1000, 1000.0)] {
        if !choice.has(name) {
            continue;
        }
        // The first one fills the cache.
        started(world, count).await;
        let mut starts = Vec::new();
        for _ in 0..choice.rounds.count {
            starts.push(started(world, count).await);
        }
        let ready = median(starts.iter().map(|(ready, _)| milliseconds(*ready)));
        let called = median(starts.iter().map(|(_, called)| milliseconds(*called)));
        table::figure(&format!("{name}: until ready"), ready, "ms", None);
        table::figure(&format!("{name}: until a call is answered"), called, "ms", Some(&Goal::AtMost(limit)));
    }
}

/// After which time a hub with so many servers is ready, and has answered a call of the last one.
async fn started(world: &World, count: usize) -> (Duration, Duration) {
    let hub = Hub::start(&servers(world.fast, "plain", count)).await;
    let target = Target::new(hub.proxy.address, &format!("/mcp/s{}", count - 1));
    let mut client = Connection::open(&target).await;
    let [(small, length), _] = SIZES;
    client.prepare_call(small, length);
    client.exchange().await;
    (hub.proxy.ready_after, hub.proxy.begun.elapsed())
}
