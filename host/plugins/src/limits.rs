//! How much a plugin may use.

use std::time::Duration;

/// Bounds on one call, and on loading. The defaults leave an honest plugin in JavaScript some seventy times what it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Units of work of one call, counted by the engine: the same call needs the same, always.
    pub fuel: u64,
    /// Time of one call, waiting for a turn included.
    pub wall_clock: Duration,
    /// Time of compiling a component that is not in the cache.
    pub compile_time: Duration,
    /// Memory of one call, bytes.
    pub memory_bytes: usize,
    /// Core instances of one component.
    pub instances: usize,
    /// Tables of one component.
    pub tables: usize,
    /// Elements of one table.
    pub table_elements: usize,
    /// Memories of one component.
    pub memories: usize,
    /// Bytes that one answer, or one call of a WASI function, may bring out of the component.
    pub host_call_bytes: usize,
    /// Size of a component.
    pub file_bytes: usize,
    /// Bytes of what a component prints in one call, for the log.
    pub printed_bytes: usize,
    /// Calls of one plugin at a time; others wait for their turn.
    pub in_flight: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            fuel: 100_000_000,
            wall_clock: Duration::from_secs(5),
            compile_time: Duration::from_mins(2),
            memory_bytes: 64 << 20,
            instances: 100,
            tables: 64,
            table_elements: 100_000,
            memories: 16,
            host_call_bytes: 1 << 20,
            file_bytes: 32 << 20,
            printed_bytes: 4 << 10,
            in_flight: 32,
        }
    }
}
