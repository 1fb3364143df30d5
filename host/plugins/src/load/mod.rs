//! From bytes to a plugin. Every step ends in a plugin or in one clear sentence.

mod answers;
mod bytes;
mod compilers;
mod contract;
mod imports;
mod interfaces;
mod open;
mod probe;
mod probed;

pub(crate) use answers::{Answers, LoginAnswers, TokenAnswers};
pub(crate) use bytes::{check_format, check_size, damage, sha256};
pub(crate) use compilers::{Compilers, NotDone};
pub(crate) use contract::{OFFERED, check as check_contract, exports, interface};
pub(crate) use imports::check as check_imports;
pub(crate) use interfaces::Interfaces;
pub(crate) use open::open;
pub(crate) use probe::probe;
pub(crate) use probed::Probed;
