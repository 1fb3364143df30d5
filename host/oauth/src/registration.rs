//! Dynamic client registration (RFC 7591).

mod answer;
mod request;
#[cfg(test)]
mod tests;

pub use answer::{Expected, RegistrationError, accept};
pub use request::{CLIENT_NAME, Wishes, draft, reduced, request};
