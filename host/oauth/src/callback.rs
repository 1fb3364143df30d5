//! The way back (RFC 6749 §4.1.2, RFC 9207).

mod accepted;
mod answer;
mod error;
#[cfg(test)]
mod tests;

pub use accepted::AcceptedCallback;
pub use answer::{Answer, CallbackAnswer, pasted, read};
pub use error::CallbackError;
