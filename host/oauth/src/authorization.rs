//! The authorization request (RFC 6749 §4.1.1) and the sign-in that it starts.

mod address;
mod hub_parameters;
mod parameters;
mod pending;
#[cfg(test)]
mod tests;

pub use address::request;
pub use hub_parameters::{HOST_PARAMETERS, belongs_to_hub, keep_own, of_link};
pub use parameters::{Draft, parameters};
pub use pending::{LIFETIME, PendingAuthorization};
