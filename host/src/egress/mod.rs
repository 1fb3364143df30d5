//! The one HTTP client for OAuth traffic, and its policy.
//!
//! https, except on loopback where the person configured a server; no private, link-local or metadata addresses, unless
//! the person wrote the configured server as one; no redirects but for a slash; no cookies; 10 seconds and 1 MiB.
//! Connections are pooled per policy, because a pooled connection is not checked again.
//!
//! | what | file |
//! |---|---|
//! | kinds of addresses | `address` |
//! | the hub itself, which is never asked | `own` |
//! | what the person says of the network, proxies | `network`, `proxies` |
//! | what a name may lead to | `resolver` |
//! | requests | `client` |
//! | connections | `connections` |
//! | redirects | `redirect` |
//! | what was sent is not shown | `redaction` |
//! | recordings | `stand_in` |

mod address;
mod client;
mod connections;
mod error;
mod host;
mod network;
mod own;
mod proxies;
mod redaction;
mod redirect;
mod resolver;
mod stand_in;

pub use address::AddressPolicy;
pub use client::Egress;
pub(crate) use connections::through;
pub use error::EgressError;
pub use network::Lookup;
pub(crate) use network::Network;
pub use own::Own;
pub use proxies::Proxies;
pub(crate) use proxies::shown as shown_proxy;
pub(crate) use redaction::Redaction;
pub(crate) use redirect::{Redirect, redirect, without_query};
pub(crate) use resolver::for_servers;
pub use stand_in::{StandIn, Witness};
