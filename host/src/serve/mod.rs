//! HTTP: MCP endpoints, callback, connect pages, API. The only module that names axum.

mod api;
mod browser;
mod callback;
mod client_metadata;
mod connect;
mod connections;
mod form;
mod guard;
mod health;
mod limits;
mod links;
mod listen;
pub mod mcp;
mod pages;
mod paste;
mod paths;
mod problem;
mod proof;
mod router;

pub use listen::{ListenError, Listeners};
pub use router::router;
