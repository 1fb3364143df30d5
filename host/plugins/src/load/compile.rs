//! Checking and compiling, off the request path, few at a time, within a time.

use wasmtime::Engine;
use wasmtime::component::Component;

use crate::check::text;
use crate::error::LoadError;
use crate::limits::Limits;
use crate::load::bytes;
use crate::load::compilers::{Compilers, NotDone};

/// Checks bytes and compiles them with the first engine that can, or takes the code from the cache; with their SHA-256.
pub(crate) async fn compile(
    engines: Vec<Engine>,
    file: Vec<u8>,
    compilers: &Compilers,
    limits: &Limits,
) -> Result<(Component, String), LoadError> {
    bytes::check_size(&file, limits.file_bytes)?;
    let compiled = compilers.run(limits.compile_time, move || {
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
    match compiled.await {
        Ok(compiled) => compiled,
        Err(NotDone::Panicked) => Err(uncompilable("the compiler panicked")),
        Err(NotDone::TooSlow) => Err(LoadError::CompileTime { limit: limits.compile_time }),
        Err(NotDone::Stuck) => Err(LoadError::CompilersStuck { limit: limits.compile_time }),
    }
}

fn uncompilable(reason: &str) -> LoadError {
    LoadError::Uncompilable { reason: text::printable(reason) }
}
