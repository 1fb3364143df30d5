//! What the system says of a process and its children: CPU time and memory.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

/// The CPU time of each thread so far, in nanoseconds. A tick of `/proc/PID/stat` would be too coarse.
pub(crate) struct Cpu(HashMap<u32, u64>);

impl Cpu {
    pub(crate) fn of(processes: &[u32]) -> Self {
        let threads = processes.iter().flat_map(|process| numbers(format!("/proc/{process}/task")));
        Self(threads.filter_map(|thread| Some((thread, running(thread)?))).collect())
    }

    /// What was used since. The time of a thread that has ended meanwhile is not known.
    pub(crate) fn since(&self, before: &Self) -> Duration {
        let used = |(thread, now): (&u32, &u64)| now.saturating_sub(before.0.get(thread).copied().unwrap_or(0));
        Duration::from_nanos(self.0.iter().map(used).sum())
    }
}

fn running(thread: u32) -> Option<u64> {
    let schedule = std::fs::read_to_string(format!("/proc/{thread}/schedstat")).ok()?;
    schedule.split(' ').next()?.parse().ok()
}

fn numbers(directory: impl AsRef<Path>) -> Vec<u32> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

/// The processes that this one has started.
pub(crate) fn children(parent: u32) -> Vec<u32> {
    let is_child = |process: &u32| value(*process, "PPid:") == Some(parent.into());
    numbers("/proc").into_iter().filter(is_child).collect()
}

/// How much memory a process holds, in kilobytes.
pub(crate) fn resident(process: u32) -> u64 {
    value(process, "VmRSS:").expect("the process runs")
}

fn value(process: u32, name: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().next()?.parse().ok())
}
