//! What is printed: a line for each figure, and beside it what is to be reached.

use std::time::Duration;

use crate::rounds::Compared;
use crate::sample::Sample;

/// A figure and its limit.
pub(crate) enum Goal {
    AtMost(f64),
    AtLeast(f64),
}

impl Goal {
    fn is_reached(&self, figure: f64) -> bool {
        match self {
            Self::AtMost(limit) => figure <= *limit,
            Self::AtLeast(limit) => figure >= *limit,
        }
    }

    /// The limit, and whether the figure keeps it.
    pub(crate) fn beside(&self, figure: f64) -> String {
        let reached = if self.is_reached(figure) { "reached" } else { "not reached" };
        match self {
            Self::AtMost(limit) => format!("at most {limit}: {reached}"),
            Self::AtLeast(limit) => format!("at least {limit}: {reached}"),
        }
    }
}

/// Prints the heads of the columns for `compared`.
pub(crate) fn head() {
    println!(
        "{:<32} {:>8} {:>8} {:>8} {:>7} | {:>8} {:>8} {:>8} {:>7} | {:>5} {:>6}",
        "scenario", "nginx/s", "p50 ms", "p99 ms", "CPU µs", "hub/s", "p50 ms", "p99 ms", "CPU µs", "CPU x", "rate x"
    );
}

/// Prints what the rounds of a scenario showed.
pub(crate) fn compared(name: &str, figures: &Compared, goals: &[(&str, f64, Goal)]) {
    let goals: Vec<String> =
        goals.iter().map(|(what, figure, goal)| format!("{what} {}", goal.beside(*figure))).collect();
    println!(
        "{name:<32} {} | {} | {:>5.2} {:>6.2}  {}",
        columns(&figures.nginx),
        columns(&figures.hub),
        figures.cpu,
        figures.per_second,
        goals.join("; ")
    );
}

fn columns(sample: &Sample) -> String {
    let (p50, p99) = (milliseconds(sample.p50), milliseconds(sample.p99));
    format!("{:>8.0} {p50:>8.3} {p99:>8.3} {:>7.1}", sample.per_second, milliseconds(sample.cpu) * 1000.0)
}

pub(crate) fn figure(name: &str, figure: f64, unit: &str, goal: Option<&Goal>) {
    let goal = goal.map(|goal| goal.beside(figure)).unwrap_or_default();
    println!("{name:<48} {figure:>10.3} {unit:<8} {goal}");
}

pub(crate) fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
