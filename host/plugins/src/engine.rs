//! The engines: the only function that makes a `Config`, so that every component is compiled alike and what is kept fits.

use std::sync::OnceLock;

use wasmtime::component::{Component, Linker};
use wasmtime::{Config, Engine, OptLevel, Strategy};

use crate::check::text;
use crate::error::LoadError;
use crate::sandbox::{self, Sandbox};

/// Bytes from which on a component (JavaScript or Python with its whole interpreter) would keep a person waiting for a
/// quarter of a minute if it were compiled for speed.
const LARGE: usize = 2 << 20;

/// Two ways to compile, which differ in nothing else. Each is made when it is first needed.
#[derive(Default)]
pub(crate) struct Workshops {
    /// Its code runs fast.
    optimising: OnceLock<Result<Workshop, String>>,
    /// Its code is there soon.
    hurried: OnceLock<Result<Workshop, String>>,
}

/// An engine, and what its components are linked with.
pub(crate) struct Workshop {
    pub(crate) engine: Engine,
    linker: Linker<Sandbox>,
}

impl Workshop {
    fn new(in_a_hurry: bool) -> Result<Self, String> {
        let refused = |error: wasmtime::Error| text::printable(&error.root_cause().to_string());
        let engine = Engine::new(&config(in_a_hurry)).map_err(refused)?;
        Ok(Self { linker: sandbox::linker(&engine).map_err(refused)?, engine })
    }
}

impl Workshops {
    /// Those to be tried in turn for a component of so many bytes.
    pub(crate) fn for_size(&self, bytes: usize) -> Result<Vec<&Workshop>, LoadError> {
        let optimising = self.optimising()?;
        let hurried = if bytes >= LARGE { self.hurried() } else { None };
        Ok(hurried.into_iter().chain([optimising]).collect())
    }

    /// What a component of one of these engines is linked with.
    pub(crate) fn linker(&self, component: &Component) -> Result<&Linker<Sandbox>, LoadError> {
        let is_of = |workshop: &&Workshop| Engine::same(&workshop.engine, component.engine());
        let hurried = self.hurried.get().and_then(|made| made.as_ref().ok()).filter(is_of);
        let workshop = hurried.map_or_else(|| self.optimising(), Ok)?;
        Ok(&workshop.linker)
    }

    fn optimising(&self) -> Result<&Workshop, LoadError> {
        let made = self.optimising.get_or_init(|| Workshop::new(false)).as_ref();
        made.map_err(|reason| LoadError::NoEngine { reason: reason.clone() })
    }

    fn hurried(&self) -> Option<&Workshop> {
        let made = || {
            let made = Workshop::new(true);
            made.inspect_err(|error| tracing::warn!("large plugins take long to load here: {error}"))
        };
        self.hurried.get_or_init(made).as_ref().ok()
    }
}

fn config(in_a_hurry: bool) -> Config {
    let mut config = Config::new();
    // Winch compiles in a tenth of the time; wasmtime's security policy covers it on x86-64 only.
    match (in_a_hurry, cfg!(target_arch = "x86_64")) {
        (true, true) => config.strategy(Strategy::Winch),
        (true, false) => config.strategy(Strategy::Cranelift).cranelift_opt_level(OptLevel::None),
        (false, _) => config.strategy(Strategy::Cranelift),
    };
    config.consume_fuel(true);
    // Floating-point and vector results do not depend on the machine.
    config.cranelift_nan_canonicalization(true);
    config.wasm_relaxed_simd(false);
    config.wasm_memory64(false);
    // The contract is synchronous; the host is not.
    config.concurrency_support(false);
    // Nobody reads where in a component it crashed; without that there is less to write and to keep.
    config.wasm_backtrace_max_frames(None);
    config.generate_address_map(false);
    config.native_unwind_info(false);
    config
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_large_is_compiled_in_a_hurry() {
        let workshops = Workshops::default();
        let tried = |bytes| workshops.for_size(bytes).expect("engines").len();

        assert_eq!((tried(LARGE - 1), tried(LARGE)), (1, 2));
    }
}
