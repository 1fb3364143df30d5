//! What a login needs before a person comes: an authorization server, a client, PKCE or not, and the scopes to ask for.
//!
//! It uses `client` and the rooms below. It never shows a page and never waits for a person.

pub(crate) mod pkce;
pub(crate) mod preparation;
pub(crate) mod scopes;
#[cfg(test)]
mod tests;
