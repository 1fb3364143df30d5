//! The one HTTP client for OAuth traffic, and which addresses it may reach.
//!
//! Requests use https, except on loopback where the person configured a server. Private, link-local and metadata addresses are
//! out of reach, unless the person wrote such an address. No redirect is followed but for a slash, no cookie is kept, and an
//! answer may take 10 seconds and have 1 MiB. May use `visible` and `mcphub-oauth`. Nothing is sent before the policy allowed
//! it, and no secret that was sent is shown later.
//!
//! | what | where |
//! |---|---|
//! | kinds of addresses, and which are allowed | `address` |
//! | the hub itself, which is never asked | `own` |
//! | private names, resolution, proxies | `network`, `proxies` |
//! | what a name may resolve to | `resolver` |
//! | requests | `client`; those of a command to a running hub, which take as long as they take | `patience` |
//! | the collector of traces | `collector` |
//! | connections, pooled by policy | `connections` |
//! | redirects | `redirect` |
//! | secrets that were sent | `redaction` |
//! | recorded answers, and a witness | `stand_in` |

mod address;
mod client;
mod collector;
mod connections;
mod error;
mod host;
mod network;
mod own;
mod patience;
mod proxies;
mod redaction;
mod redirect;
mod resolver;
mod stand_in;

pub use address::AddressPolicy;
pub use client::Egress;
pub(crate) use collector::Collector;
pub(crate) use connections::through;
pub use error::EgressError;
pub use network::Lookup;
pub(crate) use network::Network;
pub use own::Own;
pub use patience::Patient;
pub use proxies::Proxies;
pub(crate) use proxies::shown as shown_proxy;
pub(crate) use redaction::Redaction;
pub(crate) use redirect::{Redirect, redirect, without_query};
pub(crate) use resolver::{addresses_of_server, for_servers};
pub use stand_in::{StandIn, Witness};
