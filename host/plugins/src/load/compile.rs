//! Checking and compiling, off the request path, few at a time, within a time.

use tokio::sync::Semaphore;
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::error::LoadError;
use crate::limits::Limits;
use crate::load::bytes;

/// Checks bytes and compiles them, or takes the code from the cache; with their SHA-256.
pub(crate) async fn compile(
    engine: &Engine,
    file: Vec<u8>,
    turns: &Semaphore,
    limits: &Limits,
) -> Result<(Component, String), LoadError> {
    bytes::check_size(&file, limits.file_bytes)?;
    let _turn = turns.acquire().await.map_err(|error| uncompilable(error.to_string()))?;
    let engine = engine.clone();
    let compiled = tokio::task::spawn_blocking(move || {
        bytes::check_format(&file)?;
        // The compiler validates as it goes; code from the cache was validated when it was compiled.
        let component = Component::new(&engine, &file)
            .map_err(|error| bytes::damage(&file).unwrap_or_else(|| uncompilable(error.root_cause().to_string())))?;
        Ok((component, bytes::sha256(&file)))
    });
    match tokio::time::timeout(limits.compile_time, compiled).await {
        Ok(Ok(compiled)) => compiled,
        Ok(Err(_)) => Err(uncompilable("the compiler panicked".to_owned())),
        Err(_) => Err(LoadError::CompileTime { limit: limits.compile_time }),
    }
}

const fn uncompilable(reason: String) -> LoadError {
    LoadError::Uncompilable { reason }
}
