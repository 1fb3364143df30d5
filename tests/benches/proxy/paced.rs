//! Calls at a steady pace, as a few people make them: what a proxy adds to the time of one that meets an idle machine.

use std::time::Duration;

use tokio::time::Instant;

use crate::answers::SIZES;
use crate::choice::Choice;
use crate::connection::{Connection, Target};
use crate::hub::Hub;
use crate::process::Cpu;
use crate::sample::Sample;
use crate::scenario::Way;
use crate::table::{self, Goal, milliseconds};
use crate::world::World;

/// How many calls there are in a second, of all clients.
const RATE: u32 = 200;
/// How many clients they come from: enough that a late answer does not hold up the next call.
const CLIENTS: u32 = 4;

/// A way to the server, and the processes of the proxy on it.
struct Path {
    name: &'static str,
    target: Target,
    proxy: Vec<u32>,
}

/// Runs it if it was chosen.
pub(crate) async fn run(world: &World, choice: &Choice) {
    if !choice.has("paced/200") {
        return;
    }
    let plain = Hub::of(Way::Plain, world.fast).await;
    let login = Hub::of(Way::Login, world.fast).await;
    let of_hub =
        |name, hub: &Hub| Path { name, target: Way::Plain.at_hub(hub.proxy.address), proxy: vec![hub.proxy.id()] };
    let nginx = Way::Plain.at_nginx(world.nginx.proxy.address);
    let paths = [
        Path { name: "direct", target: Way::Plain.at_nginx(world.fast), proxy: Vec::new() },
        Path { name: "nginx", target: nginx, proxy: world.nginx.processes() },
        of_hub("hub", &plain),
        of_hub("hub with a login", &login),
    ];
    let mut samples = paths.each_ref().map(|_| Vec::new());
    for round in 0..=choice.rounds.count {
        for (path, samples) in paths.iter().zip(&mut samples) {
            let sample = path.run(choice.rounds.time).await;
            // The first round warms up.
            if round > 0 {
                samples.push(sample);
            }
        }
    }
    let medians = samples.map(|samples| Sample::median(&samples));
    report(&paths, &medians);
}

fn report(paths: &[Path], medians: &[Sample]) {
    let [direct, nginx, ..] = medians else { return };
    for (path, sample) in paths.iter().zip(medians) {
        let name = |what: &str| format!("paced/200/{}: {what}", path.name);
        let is_hub = path.name.starts_with("hub");
        let goal = |goal| is_hub.then_some(goal);
        table::figure(&name("p50"), milliseconds(sample.p50), "ms", None);
        table::figure(&name("p99"), milliseconds(sample.p99), "ms", None);
        if path.proxy.is_empty() {
            continue;
        }
        let added = milliseconds(sample.p50) - milliseconds(direct.p50);
        table::figure(&name("added to the direct p50"), added, "ms", goal(Goal::AtMost(0.17)).as_ref());
        table::figure(&name("CPU per call"), milliseconds(sample.cpu) * 1000.0, "µs", None);
        if is_hub {
            let times = sample.p99.as_secs_f64() / nginx.p99.as_secs_f64();
            table::figure(&name("p99 beside nginx's"), times, "times", goal(Goal::AtMost(1.5)).as_ref());
        }
    }
}

impl Path {
    async fn run(&self, time: Duration) -> Sample {
        let begun = Instant::now();
        let before = Cpu::of(&self.proxy);
        // A thread for each client: the timers of a runtime know whole milliseconds only.
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| {
                let target = self.target.clone();
                tokio::task::spawn_blocking(move || paced(&target, client, time))
            })
            .collect();
        let mut latencies = Vec::new();
        for client in clients {
            latencies.extend(client.await.expect("every call is answered"));
        }
        Sample::of(latencies, begun.elapsed(), Cpu::of(&self.proxy).since(&before))
    }
}

/// The calls of one client.
fn paced(target: &Target, client: u32, time: Duration) -> Vec<Duration> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let [(small, length), _] = SIZES;
    let mut connection = runtime.block_on(Connection::open(target));
    connection.prepare_call(small, length);
    runtime.block_on(connection.exchange());
    let step = Duration::from_secs(1) / RATE;
    let begun = Instant::now();
    let mut latencies = Vec::new();
    let mut due = begun + step * client;
    while due < begun + time {
        let wait = due.saturating_duration_since(Instant::now());
        std::thread::sleep(wait);
        // A call that had to wait for the one before it is late, and that counts. How exactly the system wakes does not.
        let start = if wait.is_zero() { due } else { Instant::now() };
        runtime.block_on(connection.exchange());
        latencies.push(start.elapsed());
        due += step * CLIENTS;
    }
    runtime.block_on(connection.close());
    latencies
}
