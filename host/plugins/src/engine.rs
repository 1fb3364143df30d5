//! The engine: the only function that makes a `Config`, so that every component is compiled alike and the cache holds.

use std::path::Path;

use wasmtime::{Cache, CacheConfig, Config, Engine};

use crate::error::HostError;

/// Makes the engine. With `cache`, compiled code is kept in that directory, which nobody else may write to: what lies
/// there is run as it is.
pub(crate) fn engine(cache: Option<&Path>) -> Result<Engine, HostError> {
    let mut config = Config::new();
    config.consume_fuel(true);
    // Floating-point and vector results do not depend on the machine.
    config.cranelift_nan_canonicalization(true);
    config.wasm_relaxed_simd(false);
    config.wasm_memory64(false);
    // The contract is synchronous; the host is not.
    config.concurrency_support(false);
    if let Some(directory) = cache {
        config.cache(Some(compile_cache(directory)?));
    }
    Engine::new(&config).map_err(|error| HostError::Engine { source: error.into() })
}

fn compile_cache(directory: &Path) -> Result<Cache, HostError> {
    let refused = |source| HostError::CacheDirectory { path: directory.to_owned(), source };
    private_directory(directory).map_err(refused)?;
    let absolute = directory.canonicalize().map_err(refused)?;
    let mut config = CacheConfig::new();
    config.with_directory(absolute);
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
    fn the_cache_directory_belongs_to_its_owner_alone() {
        let parent = tempfile::tempdir().expect("temporary directory");
        let directory = parent.path().join("state").join("compiled");
        std::fs::create_dir_all(&directory).expect("directory");
        std::fs::set_permissions(&directory, PermissionsExt::from_mode(0o777)).expect("mode");

        engine(Some(&directory)).expect("engine");

        let mode = directory.metadata().expect("metadata").permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }

    #[test]
    fn a_cache_directory_that_cannot_be_made_is_named() {
        let file = tempfile::NamedTempFile::new().expect("temporary file");

        let error = engine(Some(&file.path().join("below"))).expect_err("a file is no directory");

        assert!(error.to_string().contains("below"), "{error}");
    }
}
