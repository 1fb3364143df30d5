//! The engines: the only function that makes a `Config`, so that every component is compiled alike and the cache holds.

use std::path::Path;

use wasmtime::{Cache, CacheConfig, Config, Engine, OptLevel, Strategy};

use crate::error::HostError;

/// Bytes from which on a component (JavaScript or Python with its whole interpreter) would keep a person waiting for a
/// quarter of a minute if it were compiled for speed.
const LARGE: usize = 2 << 20;

/// Two ways to compile, which differ in nothing else.
pub(crate) struct Engines {
    /// Code that runs fast.
    optimising: Engine,
    /// Code that is there soon.
    hurried: Engine,
}

impl Engines {
    /// Makes them. With `cache`, compiled code is kept in that directory, which nobody else may write to: what lies there
    /// is run as it is.
    pub(crate) fn new(cache: Option<&Path>) -> Result<Self, HostError> {
        let cache = cache.map(compile_cache).transpose()?;
        let engine = |in_a_hurry| {
            let made = Engine::new(&config(in_a_hurry, cache.clone()));
            made.map_err(|error| HostError::Engine { source: error.into() })
        };
        Ok(Self { optimising: engine(false)?, hurried: engine(true)? })
    }

    /// Those to be tried in turn for a component of so many bytes.
    pub(crate) fn for_size(&self, bytes: usize) -> Vec<Engine> {
        let hurried = [&self.hurried].into_iter().filter(|_| bytes >= LARGE);
        hurried.chain([&self.optimising]).cloned().collect()
    }

    /// Both.
    pub(crate) fn all(&self) -> [&Engine; 2] {
        [&self.hurried, &self.optimising]
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
    // A person waits for the first one.
    config.with_baseline_compression_level(1);
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
        let engines = Engines::new(None).expect("engines");

        assert_eq!((engines.for_size(LARGE - 1).len(), engines.for_size(LARGE).len()), (1, 2));
    }

    #[test]
    fn the_cache_directory_belongs_to_its_owner_alone() {
        let parent = tempfile::tempdir().expect("temporary directory");
        let directory = parent.path().join("state").join("compiled");
        std::fs::create_dir_all(&directory).expect("directory");
        std::fs::set_permissions(&directory, PermissionsExt::from_mode(0o777)).expect("mode");

        Engines::new(Some(&directory)).expect("engines");

        let mode = directory.metadata().expect("metadata").permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }

    #[test]
    fn a_cache_directory_that_cannot_be_made_is_named() {
        let file = tempfile::NamedTempFile::new().expect("temporary file");

        let error = Engines::new(Some(&file.path().join("below"))).err().expect("a file is no directory");

        assert!(error.to_string().contains("below"), "{error}");
    }
}
