//! The hub's client at an issuer: configured, described by a metadata document, or registered (RFC 7591), and its
//! renewal (RFC 7592).
//!
//! This room uses `core` and `discovery`. A client is only ever used at the issuer that knows it.
//!
//! # A new client authentication method
//!
//! It begins in `host/oauth/src/client_auth.rs`, whose head lists the steps: the name, the credentials in a request, the
//! order of preference, and the registration answer. Nothing changes in this room.

pub(crate) mod document;
pub(crate) mod identity;
pub(crate) mod purged;
pub(crate) mod redirect_uris;
pub(crate) mod registration;
pub(crate) mod renewal;
#[cfg(test)]
mod tests;
