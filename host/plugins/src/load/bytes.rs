//! What can be seen of a file before it is compiled.

use std::fmt::Write;

use sha2::{Digest, Sha256};
use wasmparser::{Parser, Validator};

use crate::error::LoadError;

/// Refuses what is too large.
pub(crate) const fn check_size(bytes: &[u8], limit: usize) -> Result<(), LoadError> {
    if bytes.len() > limit { Err(LoadError::TooLarge { limit }) } else { Ok(()) }
}

/// Refuses what is no component, or damaged.
pub(crate) fn check_format(bytes: &[u8]) -> Result<(), LoadError> {
    if Parser::is_core_wasm(bytes) {
        return Err(LoadError::CoreModule);
    }
    if !Parser::is_component(bytes) {
        return Err(LoadError::NotWasm);
    }
    // All of it, by a parser that is made for hostile input, before the compiler sees it.
    match Validator::new().validate_all(bytes) {
        Ok(_) => Ok(()),
        Err(error) => Err(LoadError::Damaged { offset: error.offset(), reason: error.message().to_owned() }),
    }
}

/// SHA-256 as lower-case hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
