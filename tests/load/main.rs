//! An hour of mixed load in a minute: clients of both generations in front of servers of both, over HTTP and as a command,
//! with crashes, cancelled calls, and clients that just leave. Afterwards the hub holds no more than before: no memory,
//! descriptors, threads, processes, sessions or streams. The figures are printed in one line.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a test program that says what it saw"
)]

mod fake_http;
mod figures;
mod slow;
mod wire;
mod with_sessions;
mod without_sessions;
mod world;

use std::process::ExitCode;
use std::time::Duration;

use tokio::time::Instant;

use self::figures::Figures;
use self::world::World;

/// Long enough for every list, pool and buffer to be as full as it gets.
const WARM_UP: Duration = Duration::from_secs(15);
/// The longest of the hub's limits for slow clients is a minute, too.
const LOAD: Duration = Duration::from_mins(1);

#[tokio::main(worker_threads = 2)]
async fn main() -> ExitCode {
    let world = World::start().await;
    let begun = Instant::now();
    world.load(WARM_UP).await;
    let before = Figures::at_rest(&world, None).await;
    let counted = world.counts();
    let ((), slow) = futures::join!(world.load(LOAD), slow::clients(&world));
    let after = Figures::at_rest(&world, Some(&before)).await;
    let (requests, sessions) = world.counts();
    let (requests, sessions) = (requests - counted.0, sessions - counted.1);
    println!(
        "load: {} s, {requests} requests, {sessions} sessions; {}",
        begun.elapsed().as_secs(),
        before.beside(&after)
    );
    let mut problems = before.grown(&after);
    if requests < 1000 || sessions < 100 {
        problems.push("it was hardly a load".to_owned());
    }
    problems.extend(slow);
    for problem in &problems {
        println!("load: {problem}");
    }
    if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
