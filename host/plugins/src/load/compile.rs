//! Checking and compiling, off the request path, few at a time, within a time.

use tokio::sync::Semaphore;
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::check::text;
use crate::error::LoadError;
use crate::limits::Limits;
use crate::load::bytes;

/// Checks bytes and compiles them with the first engine that can, or takes the code from the cache; with their SHA-256.
pub(crate) async fn compile(
    engines: Vec<Engine>,
    file: Vec<u8>,
    turns: &Semaphore,
    limits: &Limits,
) -> Result<(Component, String), LoadError> {
    bytes::check_size(&file, limits.file_bytes)?;
    let _turn = turns.acquire().await.map_err(|error| uncompilable(&error.to_string()))?;
    let compiled = tokio::task::spawn_blocking(move || {
        bytes::check_format(&file)?;
        // The compiler validates as it goes; code from the cache was validated when it was compiled.
        let mut problem = String::new();
        for engine in &engines {
            match Component::new(engine, &file) {
                Ok(component) => return Ok((component, bytes::sha256(&file))),
                Err(error) => problem = error.root_cause().to_string(),
            }
        }
        Err(bytes::damage(&file).unwrap_or_else(|| uncompilable(&problem)))
    });
    match tokio::time::timeout(limits.compile_time, compiled).await {
        Ok(Ok(compiled)) => compiled,
        Ok(Err(_)) => Err(uncompilable("the compiler panicked")),
        Err(_) => Err(LoadError::CompileTime { limit: limits.compile_time }),
    }
}

fn uncompilable(reason: &str) -> LoadError {
    LoadError::Uncompilable { reason: text::printable(reason) }
}
