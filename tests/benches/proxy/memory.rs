//! How much memory the hub holds, and how large its binary is.

use std::time::Duration;

use mcphub_tests::home::binary;

use crate::answers::SIZES;
use crate::choice::Choice;
use crate::connection::{Connection, Target};
use crate::fleet::Fleet;
use crate::hub::Hub;
use crate::process::resident;
use crate::scenario::{Way, calls};
use crate::table::{self, Goal};
use crate::world::World;

/// How long the hub is left alone before its memory is read: what a start needs is given back by then.
const REST: Duration = Duration::from_secs(5);
/// Sessions that fill what is filled once.
const FIRST: u32 = 100;
/// Sessions that are counted. The hub holds a thousand at most.
const SESSIONS: u32 = 850;
const CONNECTIONS: usize = 256;

/// Runs what was chosen.
pub(crate) async fn run(world: &World, choice: &Choice) {
    let rest = if choice.is_quick { REST / 5 } else { REST };
    if choice.has("memory/sessions") || choice.has("memory/idle") {
        sessions(world, rest).await;
    }
    if choice.has("memory/connections") {
        connections(world, choice).await;
    }
    if choice.has("binary") {
        let bytes = std::fs::metadata(binary()).expect("the binary").len();
        table::figure("binary", megabytes(bytes / 1024), "MB", Some(&Goal::AtMost(40.0)));
    }
}

/// Of this many kilobytes.
fn megabytes(kilobytes: u64) -> f64 {
    f64::from(u32::try_from(kilobytes).expect("a size")) / 1024.0
}

async fn sessions(world: &World, rest: Duration) {
    let hub = Hub::of(Way::Ten, world.fast).await;
    tokio::time::sleep(rest).await;
    let idle = megabytes(resident(hub.proxy.id()));
    table::figure("memory/idle: ten servers", idle, "MB", Some(&Goal::AtMost(30.0)));
    let target = Target::new(hub.proxy.address, "/mcp/s0");
    begin(&target, FIRST).await;
    let before = resident(hub.proxy.id());
    begin(&target, SESSIONS).await;
    let more = resident(hub.proxy.id()).saturating_sub(before);
    let each = megabytes(more) * 1024.0 / f64::from(SESSIONS);
    table::figure("memory/sessions: each of 850", each, "KB", Some(&Goal::AtMost(6.0)));
}

/// Begins sessions that call once and stay, and whose connection ends.
async fn begin(target: &Target, count: u32) {
    let [(small, length), _] = SIZES;
    for _ in 0..count {
        let mut client = Connection::open(target).await;
        client.prepare_call(small, length);
        client.exchange().await;
    }
}

async fn connections(world: &World, choice: &Choice) {
    let hub = Hub::of(Way::Ten, world.fast).await;
    let process = hub.proxy.id();
    let mut fleet = Fleet::open(&Way::Ten.at_hub(hub.proxy.address), CONNECTIONS, &[process]).await;
    let [_, (large, length)] = SIZES;
    fleet.prepare(&calls(&Way::Ten.names(large), length));
    fleet.run(choice.rounds.time * 2).await;
    let loaded = megabytes(resident(process));
    fleet.close().await;
    table::figure("memory/connections: 256 that call", loaded, "MB", Some(&Goal::AtMost(80.0)));
}
