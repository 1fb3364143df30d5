//! The token endpoint: what is asked (RFC 6749 §4.1.3, §6), and what an answer gives (§5).

mod answer;
mod expiry;
mod request;

pub use answer::{TokenError, Tokens, accept, can_be_sent, captures, tokens};
pub(crate) use expiry::MAX_LIFETIME;
pub use expiry::expiry;
pub use request::{refresh_request, request};
