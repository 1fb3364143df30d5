//! From a server to its authorization server: metadata (RFC 9728, RFC 8414, OpenID discovery), the plugin that serves
//! it, and what the hub has learned about the issuer by trying.
//!
//! This room uses `core` and `trust`. It never sends a secret, and never makes a client or a grant.

pub(crate) mod identity_provider;
pub(crate) mod issuer_binding;
pub(crate) mod learned;
pub(crate) mod lookup;
pub(crate) mod provider_choice;
pub(crate) mod search;
#[cfg(test)]
mod tests;
