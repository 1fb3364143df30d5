//! What a component finds around itself: a WASI without anything in it, and bounds.
//!
//! No arguments, environment, files or network; standard input closed, output kept for the log; the clock stands still
//! and the randomness is always the same, so that a call is repeatable. Sockets and HTTP are not linked at all.

use std::time::Duration;

use wasmtime::component::{Linker, ResourceTable};
use wasmtime::{Engine, ResourceLimiter, Store, StoreLimits, StoreLimitsBuilder};
use wasmtime_wasi::cli::{WasiCli, WasiCliView};
use wasmtime_wasi::filesystem::{WasiFilesystem, WasiFilesystemView};
use wasmtime_wasi::p2;
use wasmtime_wasi::random::{Deterministic, WasiRandom, WasiRandomView};
use wasmtime_wasi::{HostMonotonicClock, HostWallClock, WasiCtx, WasiCtxView, WasiView};

use crate::limits::Limits;
use crate::printed::Printed;

/// Live handles of resources in one call.
const HANDLES: usize = 1_000;
/// Fuel after which other tasks get their turn.
const YIELD_EVERY: u64 = 100_000;
/// Bytes of one read of randomness.
const RANDOM_BYTES: u64 = 64 << 10;

/// State of one call.
pub(crate) struct Sandbox {
    wasi: WasiCtx,
    table: ResourceTable,
    guard: Guard,
    printed: Printed,
}

/// What a component wanted more of than it may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Excess {
    /// Bytes of memory that are in use.
    Memory,
    /// Elements of a table.
    Table,
}

/// Keeps the limits, and remembers which one was hit.
struct Guard {
    limits: StoreLimits,
    excess: Option<Excess>,
}

impl Sandbox {
    /// A store for one call.
    pub(crate) fn store(engine: &Engine, limits: &Limits) -> wasmtime::Result<Store<Self>> {
        let mut table = ResourceTable::new();
        table.set_max_capacity(HANDLES);
        let printed = Printed::new(limits.printed_bytes);
        let state = Self { wasi: inert(&printed), table, guard: Guard::new(limits), printed };
        let mut store = Store::new(engine, state);
        store.limiter(|state| &mut state.guard);
        store.set_fuel(limits.fuel)?;
        store.fuel_async_yield_interval(Some(YIELD_EVERY))?;
        store.set_hostcall_fuel(limits.host_call_bytes);
        store.set_max_component_handles(HANDLES);
        Ok(store)
    }

    /// The limit that was hit, if one was.
    pub(crate) const fn excess(&self) -> Option<Excess> {
        self.guard.excess
    }

    /// What the component printed.
    pub(crate) fn printed(&self) -> Vec<String> {
        self.printed.lines()
    }
}

/// The interfaces that a component may import.
pub(crate) fn linker(engine: &Engine) -> wasmtime::Result<Linker<Sandbox>> {
    use p2::bindings::{cli, filesystem, random};

    let mut linker = Linker::new(engine);
    let l = &mut linker;
    p2::add_to_linker_proxy_interfaces_async(l)?;
    cli::environment::add_to_linker::<Sandbox, WasiCli>(l, Sandbox::cli)?;
    cli::exit::add_to_linker::<Sandbox, WasiCli>(l, Sandbox::cli)?;
    cli::terminal_input::add_to_linker::<Sandbox, WasiCli>(l, Sandbox::cli)?;
    cli::terminal_output::add_to_linker::<Sandbox, WasiCli>(l, Sandbox::cli)?;
    cli::terminal_stdin::add_to_linker::<Sandbox, WasiCli>(l, Sandbox::cli)?;
    cli::terminal_stdout::add_to_linker::<Sandbox, WasiCli>(l, Sandbox::cli)?;
    cli::terminal_stderr::add_to_linker::<Sandbox, WasiCli>(l, Sandbox::cli)?;
    filesystem::preopens::add_to_linker::<Sandbox, WasiFilesystem>(l, Sandbox::filesystem)?;
    filesystem::types::add_to_linker::<Sandbox, WasiFilesystem>(l, Sandbox::filesystem)?;
    random::insecure::add_to_linker::<Sandbox, WasiRandom>(l, Sandbox::random)?;
    random::insecure_seed::add_to_linker::<Sandbox, WasiRandom>(l, Sandbox::random)?;
    Ok(linker)
}

fn inert(printed: &Printed) -> WasiCtx {
    let mut builder = WasiCtx::builder();
    builder
        .stdout(printed.clone())
        .stderr(printed.clone())
        .wall_clock(Still)
        .monotonic_clock(Still)
        .secure_random(Deterministic::new(SEED.to_vec()))
        .insecure_random(Deterministic::new(SEED.to_vec()))
        .insecure_random_seed(u128::from_le_bytes(SEED))
        .max_random_size(RANDOM_BYTES)
        .allow_tcp(false)
        .allow_udp(false);
    builder.build()
}

/// All the randomness there is. What must be random, the hub makes and fills into slots.
const SEED: [u8; 16] = *b"mcphub plugin 01";

/// A clock that stands still: the time is in every hook's context.
struct Still;

impl HostWallClock for Still {
    fn resolution(&self) -> Duration {
        Duration::from_secs(1)
    }

    fn now(&self) -> Duration {
        Duration::ZERO
    }
}

impl HostMonotonicClock for Still {
    fn resolution(&self) -> u64 {
        1
    }

    fn now(&self) -> u64 {
        0
    }
}

impl WasiView for Sandbox {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl Guard {
    fn new(limits: &Limits) -> Self {
        let limits = StoreLimitsBuilder::new()
            .memory_size(limits.memory_bytes)
            .instances(limits.instances)
            .tables(limits.tables)
            .memories(limits.memories)
            .table_elements(limits.table_elements)
            .trap_on_grow_failure(true)
            .build();
        Self { limits, excess: None }
    }
}

impl ResourceLimiter for Guard {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        let granted = self.limits.memory_growing(current, desired, maximum);
        if !matches!(granted, Ok(true)) {
            self.excess = Some(Excess::Memory);
        }
        granted
    }

    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        let granted = self.limits.table_growing(current, desired, maximum);
        if !matches!(granted, Ok(true)) {
            self.excess = Some(Excess::Table);
        }
        granted
    }

    fn instances(&self) -> usize {
        self.limits.instances()
    }

    fn tables(&self) -> usize {
        self.limits.tables()
    }

    fn memories(&self) -> usize {
        self.limits.memories()
    }
}
