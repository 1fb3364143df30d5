//! From a server to its authorization server: metadata (RFC 9728, RFC 8414, OpenID discovery), the plugin that serves it, and what was
//! learned about the issuer by trying.
//!
//! It uses `core` and `trust`. It never sends a secret to anybody, and never makes a client or a grant.

pub(crate) mod issuer_binding;
pub(crate) mod learned;
pub(crate) mod lookup;
pub(crate) mod provider_choice;
pub(crate) mod search;
#[cfg(test)]
mod tests;
