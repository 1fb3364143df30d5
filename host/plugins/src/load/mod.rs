//! From bytes to a plugin. Every step ends in a plugin or in one clear sentence.

mod bytes;
mod compile;
mod compilers;
mod contract;
mod imports;
mod interfaces;
mod open;
mod probe;

pub(crate) use bytes::sha256;
pub(crate) use compile::compile;
pub(crate) use compilers::Compilers;
pub(crate) use contract::{OFFERED, check as check_contract, interface};
pub(crate) use imports::check as check_imports;
pub(crate) use interfaces::Interfaces;
pub(crate) use open::open;
pub(crate) use probe::{Probed, probe};
