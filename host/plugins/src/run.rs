//! One call of a plugin: a fresh store and instance, under limits, thrown away afterwards.
//!
//! Nothing a component remembers outlives the call, so what it saw in one step cannot leave in another.

use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout_at};
use wasmtime::component::{Instance, InstancePre};
use wasmtime::{Store, Trap};

use crate::check::text;
use crate::error::CallFault;
use crate::limits::Limits;
use crate::sandbox::{Excess, Sandbox};

/// A component ready to be called.
pub(crate) struct PluginRun<'p> {
    /// The state of this one call: limits, output, fuel.
    pub(crate) store: Store<Sandbox>,
    /// The instance, thrown away with the call.
    pub(crate) instance: Instance,
    /// When it must have answered.
    pub(crate) deadline: Deadline,
    begun: Instant,
    limits: &'p Limits,
    _turn: SemaphorePermit<'p>,
}

/// The end of a call's time.
#[derive(Clone, Copy)]
pub(crate) struct Deadline(Instant);

/// What came of a call before it is understood: none, where the time was up.
pub(crate) type Ended<T> = Option<wasmtime::Result<T>>;

impl Deadline {
    /// Waits for an answer, until the time is up. Dropping the future frees the instance, even while it computes.
    pub(crate) async fn wait<T>(self, answer: impl Future<Output = wasmtime::Result<T>>) -> Ended<T> {
        timeout_at(self.0, answer).await.ok()
    }
}

impl<'p> PluginRun<'p> {
    /// Waits for a turn, then makes an instance.
    pub(crate) async fn start(
        component: &InstancePre<Sandbox>,
        limits: &'p Limits,
        turns: &'p Semaphore,
    ) -> Result<PluginRun<'p>, CallFault> {
        let begun = Instant::now();
        let deadline = Deadline(begun + limits.wall_clock);
        let Ok(Ok(turn)) = timeout_at(deadline.0, turns.acquire()).await else {
            return Err(CallFault::Busy { limit: limits.in_flight });
        };
        let mut store = match Sandbox::store(component.engine(), limits) {
            Ok(store) => store,
            Err(error) => return Err(crashed(&error)),
        };
        let instance = match deadline.wait(component.instantiate_async(&mut store)).await {
            Some(Ok(instance)) => instance,
            ended => return Err(understand(&store, limits, ended.and_then(Result::err))),
        };
        Ok(PluginRun { store, instance, deadline, begun, limits, _turn: turn })
    }

    /// Understands what came of a call.
    pub(crate) fn end<T>(&self, ended: Ended<T>) -> Result<T, CallFault> {
        match ended {
            Some(Ok(answer)) => Ok(answer),
            Some(Err(error)) => Err(understand(&self.store, self.limits, Some(error))),
            None => Err(understand(&self.store, self.limits, None)),
        }
    }

    /// What the component printed, line by line.
    pub(crate) fn printed(&self) -> Vec<String> {
        self.store.data().printed()
    }

    /// The time since it began to wait for its turn.
    pub(crate) fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    /// Work done so far.
    pub(crate) fn fuel_used(&self) -> u64 {
        self.limits.fuel.saturating_sub(self.store.get_fuel().unwrap_or_default())
    }
}

/// Why there is no answer; without an error, the time was up.
fn understand(store: &Store<Sandbox>, limits: &Limits, error: Option<wasmtime::Error>) -> CallFault {
    let Some(error) = error else { return CallFault::TimedOut { limit: limits.wall_clock } };
    match store.data().excess() {
        Some(Excess::Memory) => return CallFault::OutOfMemory { limit: limits.memory_bytes },
        Some(Excess::Table) => return CallFault::OutOfTable { limit: limits.table_elements },
        None => {}
    }
    if matches!(error.downcast_ref::<Trap>(), Some(Trap::OutOfFuel)) {
        return CallFault::OutOfFuel { fuel: limits.fuel };
    }
    if is_too_much_data(&error) {
        return CallFault::AnswerTooLarge { limit: limits.host_call_bytes };
    }
    crashed(&error)
}

/// The engine has no type for this error, only a sentence; a test holds it to it.
fn is_too_much_data(error: &wasmtime::Error) -> bool {
    error.chain().any(|cause| cause.to_string().contains("fuel allocated for hostcalls has been exhausted"))
}

fn crashed(error: &wasmtime::Error) -> CallFault {
    let reason = error.root_cause().to_string();
    let reason = reason.strip_prefix("wasm trap: ").unwrap_or(&reason);
    CallFault::Crashed { reason: text::printable(reason.lines().next().unwrap_or_default()) }
}
