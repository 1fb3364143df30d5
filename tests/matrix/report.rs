//! What is printed at the end, and whether it is good.

use std::collections::BTreeSet;
use std::process::ExitCode;

use mcphub_tests::gaps::Gaps;

use crate::cell::{CLIENTS, Cell, Reach, Transport};

/// Prints the figures and what is wrong. Good is: everything that is expected works, but for the known gaps, and these fail.
pub(crate) fn told(cells: &[Cell]) -> ExitCode {
    table(cells);
    let all: BTreeSet<&str> = cells.iter().flat_map(|cell| cell.outcome.features()).map(String::as_str).collect();
    let mut gaps = Gaps::read("matrix-gaps");
    let (mut expected, mut known, mut failed) = (0, 0, 0);
    for cell in cells.iter().filter(|cell| cell.reach != Reach::Direct) {
        for feature in expected_of(cell, cells, &all) {
            expected += 1;
            let Some(problem) = cell.outcome.problem(feature) else { continue };
            let Cell { client, server, transport, reach, .. } = cell;
            let place = format!("{client} → {server} over {transport}, {reach}: {feature}");
            match gaps.reason(&cell.failure(feature)) {
                Some(reason) => {
                    known += 1;
                    println!("known gap: {place}: {reason}");
                }
                None => {
                    failed += 1;
                    println!("FAILED: {place}: {problem}");
                }
            }
        }
    }
    let unused = gaps.unused();
    for entry in &unused {
        println!("FAILED: this gap is closed, take it out: {entry}");
    }
    println!("matrix: {} of {expected} features work through the hub, {known} known gaps", expected - known - failed);
    if failed == 0 && unused.is_empty() && expected > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What must work in a cell: what works between the two without the hub, or everything where they have nothing in common.
fn expected_of<'a>(cell: &Cell, cells: &'a [Cell], all: &BTreeSet<&'a str>) -> BTreeSet<&'a str> {
    let is_direct = |other: &&Cell| {
        let is_same = other.client == cell.client && other.server == cell.server && other.transport == cell.transport;
        is_same && other.reach == Reach::Direct && other.outcome.is_connected()
    };
    match cells.iter().find(is_direct) {
        Some(direct) => direct.outcome.works().collect(),
        None => all.clone(),
    }
}

/// One line for each client and server: how many features work on each way.
fn table(cells: &[Cell]) {
    for client in CLIENTS {
        for server in Transport::Http.servers() {
            let of_pair = || cells.iter().filter(|cell| cell.client == client && cell.server == *server);
            let over = |transport: Transport| {
                let ways: Vec<String> = of_pair().filter(|cell| cell.transport == transport).map(way).collect();
                if ways.is_empty() { None } else { Some(format!("over {transport} {}", ways.join(", "))) }
            };
            let ways: Vec<String> = Transport::ALL.into_iter().filter_map(over).collect();
            println!("{client} → {server}: {}", ways.join("; "));
        }
    }
}

/// `/mcp 30 of 30`
fn way(cell: &Cell) -> String {
    format!("{} {} of {}", cell.reach, cell.outcome.works().count(), cell.outcome.features().count())
}
