//! The checks that every word of a plugin passes. What they refuse they name: interface, field, rule, remedy.
//!
//! Uses the rules of `mcphub_oauth` and nothing else of this crate. Nothing here calls a plugin or reads a file; a value that
//! passes needs no second check.

pub(crate) mod host;
pub(crate) mod json;
pub(crate) mod names;
pub(crate) mod objection;
pub(crate) mod pattern;
pub(crate) mod place;
pub(crate) mod pointer;
pub(crate) mod references;
pub(crate) mod slots;
pub(crate) mod text;
pub(crate) mod url;
