//! The login of a person: from a connect link to the login page and back to a grant, on this device or on another one.
//! It includes the set-up form for providers whose clients are created by hand.
//!
//! This room uses `grant` and the rooms that `grant` uses. Everything that waits for a person is data in the store
//! and is taken at most once, so a restart loses nothing. A callback counts only in the browser that started the login.

pub(crate) mod accepted;
pub(crate) mod account;
pub(crate) mod begin;
pub(crate) mod callback;
pub(crate) mod completion;
pub(crate) mod device;
pub(crate) mod exchange;
pub(crate) mod foreign;
pub(crate) mod pending;
pub(crate) mod question;
pub(crate) mod setup;
pub(crate) mod stored;
pub(crate) mod stored_question;
#[cfg(test)]
mod tests;
