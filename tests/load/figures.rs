//! What the hub holds, as the system and its servers see it.

use std::fmt::Write;
use std::time::Duration;

use tokio::time::Instant;

use crate::world::World;

/// How long the hub may take to come to rest: it gives up what clients left, and ends sessions at servers.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often it is looked at. It is another process: there is nothing to be woken by.
const PACE: Duration = Duration::from_millis(200);
/// Kilobytes that the memory may grow by: what an allocator keeps in pieces. A leak of ten kilobytes for each session is
/// more than that.
const MEMORY: usize = 16 * 1024;
/// Threads that the runtime starts for files and names, and ends again.
const THREADS: usize = 8;
/// Descriptors that are open for a moment: a probe of a server, a list that is read or kept.
const DESCRIPTORS: usize = 4;

/// The figures at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Figures {
    /// The memory that the hub holds, in kilobytes.
    memory: usize,
    descriptors: usize,
    threads: usize,
    processes: usize,
    /// The sessions that the hub holds at servers.
    sessions: usize,
    /// Streams and calls that servers hold open.
    streams: usize,
}

impl Figures {
    /// The figures once no client is there any more: as soon as they are no more than `before`, or the last ones in time.
    pub(crate) async fn at_rest(world: &World, before: Option<&Self>) -> Self {
        world.leave().await;
        let end = Instant::now() + PATIENCE;
        let mut pace = tokio::time::interval(PACE);
        let mut last = Self::now(world);
        let mut same = 0;
        while Instant::now() < end {
            pace.tick().await;
            let now = Self::now(world);
            same = if now.counts() == last.counts() { same + 1 } else { 0 };
            last = now;
            let is_enough = before.is_none_or(|before| before.grown(&last).is_empty());
            if same >= 10 && is_enough {
                break;
            }
        }
        last
    }

    fn now(world: &World) -> Self {
        let id = world.hub_id();
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).expect("the hub runs");
        let number = |name: &str| {
            let of = |line: &str| line.strip_prefix(name)?.split_whitespace().next()?.parse().ok();
            status.lines().find_map(of).expect("a number")
        };
        let descriptors = std::fs::read_dir(format!("/proc/{id}/fd")).expect("the hub runs").count();
        let (sessions, streams) = world.at_servers();
        Self {
            memory: number("VmRSS:"),
            descriptors,
            threads: number("Threads:"),
            processes: family(id),
            sessions,
            streams,
        }
    }

    const fn counts(&self) -> [usize; 4] {
        [self.descriptors, self.processes, self.sessions, self.streams]
    }

    /// Both in one line.
    pub(crate) fn beside(&self, after: &Self) -> String {
        let mut line = format!("memory {} → {} MB", self.memory / 1024, after.memory / 1024);
        for (name, before, after) in
            self.pairs(after).into_iter().skip(1).map(|(name, before, after, _)| (name, before, after))
        {
            write!(line, ", {name} {before} → {after}").expect("text");
        }
        line
    }

    /// What has grown beyond its bound.
    pub(crate) fn grown(&self, after: &Self) -> Vec<String> {
        let told = |(name, before, after, bound): (&str, usize, usize, usize)| {
            (after > before + bound).then(|| format!("{name} grew from {before} to {after}, by more than {bound}"))
        };
        self.pairs(after).into_iter().filter_map(told).collect()
    }

    /// Name, before, after, and by how much it may grow.
    const fn pairs(&self, after: &Self) -> [(&'static str, usize, usize, usize); 6] {
        [
            ("memory", self.memory, after.memory, MEMORY),
            ("descriptors", self.descriptors, after.descriptors, DESCRIPTORS),
            ("threads", self.threads, after.threads, THREADS),
            ("processes", self.processes, after.processes, 0),
            ("sessions at servers", self.sessions, after.sessions, 0),
            ("streams of servers", self.streams, after.streams, 0),
        ]
    }
}

/// How many processes there are: this one and what it started.
fn family(id: u32) -> usize {
    let parent = |entry: std::io::Result<std::fs::DirEntry>| {
        let child: u32 = entry.ok()?.file_name().to_str()?.parse().ok()?;
        let stat = std::fs::read_to_string(format!("/proc/{child}/stat")).ok()?;
        let parent: u32 = stat.rsplit(')').next()?.split_whitespace().nth(1)?.parse().ok()?;
        (parent == id).then_some(child)
    };
    1 + std::fs::read_dir("/proc").expect("/proc").filter_map(parent).map(family).sum::<usize>()
}
