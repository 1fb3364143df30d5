//! Clients of the transport of revision 2024-11-05, HTTP with SSE: one stream carries everything to the client, answers
//! included, and POSTs carry everything from it. The session lives as long as its stream.
//!
//! Behind each such client stands an ordinary session, under the same limits.
//!
//! | what | file |
//! |---|---|
//! | all of them, by the id in their address | `registry` |
//! | one of them: what it sends, what it is sent | `client`, `stream` |

mod client;
mod registry;
mod stream;

pub(crate) use self::client::OlderClient;
pub(crate) use self::registry::{OlderClients, OlderStream};
