//! A scriptable authority with its MCP server on one origin. It is as strict as the provider it stands for and refuses
//! what that one would refuse. Needs nothing but Rust; everything it hands out is marked, so that it can be looked for.

mod authorization;
mod call;
mod client;
mod peer;
mod resource;
mod shape;
mod state;
mod token;

pub use peer::Authority;
pub use shape::{Account, Clients, Registration, Revocation, Shape};
pub use state::{CLIENT_ID, CLIENT_SECRET, Fault, Habit, ODD_CLIENT_ID, ODD_CLIENT_SECRET};
