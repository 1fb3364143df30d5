//! `tools/list` of a thousand tools: ten servers with a hundred each, over `/mcp`, asked by several clients.

use crate::answers::MANY;
use crate::choice::Choice;
use crate::connection::Target;
use crate::fleet::Fleet;
use crate::hub::{Hub, servers};
use crate::sample::Sample;
use crate::table::{self, Goal, milliseconds};
use crate::world::World;

/// How many servers there are.
const SERVERS: usize = 10;
/// How many clients ask, each in a session of its own.
const CLIENTS: usize = 8;

/// Runs it if it was chosen.
pub(crate) async fn run(world: &World, choice: &Choice) {
    if !choice.has("tools_list/1000") {
        return;
    }
    let hub = Hub::start(&servers(world.fast, "many", SERVERS)).await;
    hub.until_tools("/mcp", SERVERS * MANY).await;
    let mut fleet = Fleet::open(&Target::new(hub.proxy.address, "/mcp"), CLIENTS, &[hub.proxy.id()]).await;
    fleet.prepare_lists(SERVERS * MANY);
    fleet.run(choice.rounds.time / 3).await;
    let mut samples = Vec::new();
    for _ in 0..choice.rounds.count {
        samples.push(fleet.run(choice.rounds.time).await);
    }
    fleet.close().await;
    let sample = Sample::median(&samples);
    table::figure("tools_list/1000: CPU", milliseconds(sample.cpu), "ms", Some(&Goal::AtMost(0.2)));
    table::figure("tools_list/1000: p50 of eight clients", milliseconds(sample.p50), "ms", None);
    table::figure("tools_list/1000: lists", sample.per_second, "/s", None);
}
