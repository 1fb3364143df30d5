//! What requests to MCP servers carry, and what a refusal leads to: a newer grant, a refresh, a step-up, or a link for
//! a person.
//!
//! This room uses `grant` and the rooms that `grant` uses. It never runs a login itself.

pub(crate) mod ahead;
pub(crate) mod at_hand;
pub(crate) mod blocked;
pub(crate) mod credential;
pub(crate) mod refusal;
pub(crate) mod refused;
pub(crate) mod request;
#[cfg(test)]
mod tests;
