//! The hub's client at an issuer: configured, described by a metadata document, or registered (RFC 7591), and its
//! renewal (RFC 7592).
//!
//! This room uses `core` and `discovery`. A client is only ever used at the issuer that knows it.
//!
//! # A new client authentication method
//!
//! The enum of methods and its exhaustive matches are in `mcphub-oauth` (`client_auth`): the name, the credentials in a
//! request, and the order of preference. The compiler leads from the new variant to every place. Nothing changes in
//! this room.

pub(crate) mod document;
pub(crate) mod identity;
pub(crate) mod purged;
pub(crate) mod redirect_uris;
pub(crate) mod registration;
pub(crate) mod renewal;
#[cfg(test)]
mod tests;
