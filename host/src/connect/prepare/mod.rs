//! What a login needs before a person takes part: an authorization server, a client, whether to use PKCE, and the
//! scopes.
//!
//! This room uses `client` and the rooms that `client` uses. It never shows a page and never waits for a person.

pub(crate) mod pkce;
pub(crate) mod preparation;
pub(crate) mod scopes;
#[cfg(test)]
mod tests;
