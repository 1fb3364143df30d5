//! HTTP: the MCP endpoints, the callback, the pages, and the API.
//!
//! The only room that names axum. May use `app` and what is below it. A handler extracts, calls one thing and answers: no
//! handler reads the store, sends a request, or matches on an error. No request reaches a handler before the guard has
//! checked who may have sent it.
//!
//! | what | where |
//! |---|---|
//! | every path | `paths` |
//! | what every request passes first | `front` |
//! | every route | `router` |
//! | who may ask for what | `guard`, `proof`, `browser`, `limits`; with keys `admission`, `challenge`, `login` |
//! | the path that is meant, and who asks through a proxy | `straighten`, `links`, `forwarded` |
//! | sockets and slow clients | `listen`, `connections` |
//! | MCP | `mcp` |
//! | logins | `connect`, `callback`, `paste`, `client_metadata` |
//! | pages | `pages`, `form`, `problem` |
//! | for scripts and commands | `api`, `keys_api`, `tools`, `health` |
//!
//! # A new route
//!
//! Two files: its line in `router.rs` with its path (and a new first segment in [`paths::FIRST_SEGMENTS`]), and a handler that
//! stands with its kind (`api.rs` for scripts, `pages/` for people, `health.rs` for what watches the process). The path
//! moves to `paths.rs` as soon as a page, a command or the guard needs it, too. The guard lets a new path be used on this machine only. A path that a login needs from a
//! public name belongs to [`paths::is_for_logins`]; a path that people open from other sites, to [`paths::is_linked_page`].

mod admission;
mod api;
mod browser;
mod callback;
mod challenge;
mod client_metadata;
mod connect;
mod connections;
mod form;
mod forwarded;
mod front;
mod guard;
mod health;
mod keys_api;
mod limits;
mod links;
mod listen;
mod login;
mod mcp;
mod pages;
mod paste;
pub(crate) mod paths;
mod problem;
mod proof;
mod router;
mod straighten;
mod tools;

pub use listen::{ListenError, Listeners};
pub use router::mcp_routes;
