//! Finds secrets in what was recorded, and replaces them by slots.
//!
//! | what | where |
//! |---|---|
//! | what may be a secret, and where it is replaced | `rules` |
//! | the secrets that were found, and their slots | `secrets` |
//! | values, documents and addresses are searched | `search` |
//! | values, documents and addresses are rewritten | `replace` |
//! | the parts of addresses | `address` |
//! | the server's own address | `server_address` |
//! | `Authorization` and `WWW-Authenticate` | `credentials` |
//!
//! May use `messages`. Searching comes first and is complete before anything is rewritten; nothing here prints or logs.

mod address;
pub(super) mod credentials;
pub(super) mod replace;
mod rules;
pub(super) mod search;
mod secrets;
pub(super) mod server_address;

pub(super) use rules::SeenIn;
pub(super) use secrets::Secrets;
