//! The engines: the only function that makes a `Config`, so that every component is compiled alike and the cache holds.

use std::path::Path;
use std::sync::OnceLock;

use wasmtime::component::{Component, Linker};
use wasmtime::{Cache, CacheConfig, Config, Engine, OptLevel, Strategy};

use crate::error::HostError;
use crate::sandbox::{self, Sandbox};

/// Bytes from which on a component (JavaScript or Python with its whole interpreter) would keep a person waiting for a
/// quarter of a minute if it were compiled for speed.
const LARGE: usize = 2 << 20;

/// Two ways to compile, which differ in nothing else.
pub(crate) struct Workshops {
    /// Its code runs fast.
    optimising: Workshop,
    /// Its code is there soon. Made when it is first needed.
    hurried: OnceLock<Option<Workshop>>,
    cache: Option<Cache>,
}

/// An engine, and what its components are linked with.
struct Workshop {
    engine: Engine,
    linker: Linker<Sandbox>,
}

impl Workshop {
    fn new(in_a_hurry: bool, cache: Option<Cache>) -> Result<Self, HostError> {
        let refused = |error: wasmtime::Error| HostError::Engine { source: error.into() };
        let engine = Engine::new(&config(in_a_hurry, cache)).map_err(refused)?;
        Ok(Self { linker: sandbox::linker(&engine).map_err(refused)?, engine })
    }
}

impl Workshops {
    /// With `cache`, compiled code is kept in that directory, which nobody else may write to: what lies there is run as it
    /// is.
    pub(crate) fn new(cache: Option<&Path>) -> Result<Self, HostError> {
        let cache = cache.map(compile_cache).transpose()?;
        Ok(Self { optimising: Workshop::new(false, cache.clone())?, hurried: OnceLock::new(), cache })
    }

    /// Engines to be tried in turn for a component of so many bytes.
    pub(crate) fn for_size(&self, bytes: usize) -> Vec<Engine> {
        let hurried = if bytes >= LARGE { self.hurried() } else { None };
        hurried.into_iter().chain([&self.optimising]).map(|workshop| workshop.engine.clone()).collect()
    }

    /// What a component of one of these engines is linked with.
    pub(crate) fn linker(&self, component: &Component) -> &Linker<Sandbox> {
        let is_of = |workshop: &&Workshop| Engine::same(&workshop.engine, component.engine());
        let hurried = self.hurried.get().and_then(Option::as_ref).filter(is_of);
        &hurried.unwrap_or(&self.optimising).linker
    }

    fn hurried(&self) -> Option<&Workshop> {
        let made = || {
            let made = Workshop::new(true, self.cache.clone());
            made.inspect_err(|error| tracing::warn!("large plugins take long to load here: {error}")).ok()
        };
        self.hurried.get_or_init(made).as_ref()
    }
}

fn config(in_a_hurry: bool, cache: Option<Cache>) -> Config {
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
    config.cache(cache);
    config
}

fn compile_cache(directory: &Path) -> Result<Cache, HostError> {
    let refused = |source| HostError::CacheDirectory { path: directory.to_owned(), source };
    private_directory(directory).map_err(refused)?;
    let absolute = directory.canonicalize().map_err(refused)?;
    let mut config = CacheConfig::new();
    config.with_directory(absolute);
    // A person waits for the first one, and nobody for the space that packing it again would save.
    config.with_baseline_compression_level(1);
    config.with_optimized_compression_level(1);
    Cache::new(config).map_err(|error| HostError::Engine { source: error.into() })
}

/// Makes the directory, and takes it from everyone but its owner.
fn private_directory(directory: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)?;
    #[cfg(unix)]
    std::fs::set_permissions(directory, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn only_what_is_large_is_compiled_in_a_hurry() {
        let workshops = Workshops::new(None).expect("engines");

        assert_eq!((workshops.for_size(LARGE - 1).len(), workshops.for_size(LARGE).len()), (1, 2));
    }

    #[test]
    fn the_cache_directory_belongs_to_its_owner_alone() {
        let parent = tempfile::tempdir().expect("temporary directory");
        let directory = parent.path().join("state").join("compiled");
        std::fs::create_dir_all(&directory).expect("directory");
        std::fs::set_permissions(&directory, PermissionsExt::from_mode(0o777)).expect("mode");

        Workshops::new(Some(&directory)).expect("engines");

        let mode = directory.metadata().expect("metadata").permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }

    #[test]
    fn a_cache_directory_that_cannot_be_made_is_named() {
        let file = tempfile::NamedTempFile::new().expect("temporary file");

        let error = Workshops::new(Some(&file.path().join("below"))).err().expect("a file is no directory");

        assert!(error.to_string().contains("below"), "{error}");
    }
}
