//! What can be seen of a file before it is compiled.

use std::fmt::Write;

use sha2::{Digest, Sha256};
use wasmparser::{Parser, Validator};

use crate::check::text;
use crate::error::LoadError;

/// Refuses what is too large.
pub(crate) const fn check_size(bytes: &[u8], limit: usize) -> Result<(), LoadError> {
    if bytes.len() > limit { Err(LoadError::TooLarge { limit }) } else { Ok(()) }
}

/// Refuses what is no component.
pub(crate) fn check_format(bytes: &[u8]) -> Result<(), LoadError> {
    if Parser::is_core_wasm(bytes) {
        return Err(LoadError::CoreModule);
    }
    if !Parser::is_component(bytes) {
        return Err(LoadError::NotWasm);
    }
    Ok(())
}

/// Where bytes that the compiler refused are damaged. None: they are not; they use what the hub has switched off.
pub(crate) fn damage(bytes: &[u8]) -> Option<LoadError> {
    let error = Validator::new().validate_all(bytes).err()?;
    Some(LoadError::Damaged { offset: error.offset(), reason: text::printable(error.message()) })
}

/// SHA-256 as lower-case hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
