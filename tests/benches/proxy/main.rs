//! How much the hub costs beside a plain proxy: both stand before the same fast server, get the same calls by turns, and
//! are compared in each round. It prints the figures and the goals beside them. A missed goal is no failure: speed
//! depends on the machine. A wrong answer is one.
//!
//! `cargo bench -p mcphub-tests -- [--quick] [PART OF A NAME]…`

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a program that says what it measured"
)]

mod answers;
mod child;
mod choice;
mod connection;
mod fleet;
mod hub;
mod memory;
mod nginx;
mod paced;
mod process;
mod rounds;
mod sample;
mod scenario;
mod start;
mod table;
mod tools_call;
mod tools_list;
mod upstream;
mod wire;
mod world;

use std::process::ExitCode;

use tokio::signal::unix::{SignalKind, signal};

use self::choice::Choice;
use self::world::World;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let choice = Choice::of(std::env::args().skip(1));
    hub::choose_binary();
    let Some(world) = World::start().await else {
        println!(
            "skipped: nginx is not installed, and the hub is compared with it (Debian: apt-get install nginx-light)"
        );
        #[expect(clippy::disallowed_methods, reason = "the one switch of the tests")]
        let is_required = std::env::var_os("MCPHUB_REQUIRE_PEERS").is_some_and(|value| value == "1");
        return if is_required { ExitCode::FAILURE } else { ExitCode::SUCCESS };
    };
    tokio::select! {
        () = measure(&world, &choice) => ExitCode::SUCCESS,
        // Nothing that was started stays behind.
        () = stopped() => ExitCode::FAILURE,
    }
}

async fn measure(world: &World, choice: &Choice) {
    tools_call::run(world, choice).await;
    tools_list::run(world, choice).await;
    paced::run(world, choice).await;
    start::run(world, choice).await;
    memory::run(world, choice).await;
}

async fn stopped() {
    let mut terminated = signal(SignalKind::terminate()).expect("signals");
    let mut interrupted = signal(SignalKind::interrupt()).expect("signals");
    tokio::select! {
        _ = terminated.recv() => {}
        _ = interrupted.recv() => {}
    }
}
