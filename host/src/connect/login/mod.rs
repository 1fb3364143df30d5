//! The login of a person: from a connect link to the login page and back to a grant, on this device or on another one, and the set-up
//! form for providers that hand out clients by hand.
//!
//! It uses `grant` and the rooms below. What waits for a person is data in the store, taken at most once, so that a restart loses
//! nothing. A callback counts only in the browser that the login was started in.

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
