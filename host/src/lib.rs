//! MCPHub: many MCP servers behind one endpoint, their OAuth logins taken care of.
//!
//! Dependencies point one way, and nothing runs against it:
//!
//! ```text
//! main → cli → serve → app → gateway → connect → { store, mcphub-plugins, egress } → mcphub-oauth
//!        cli → scaffold → cases → connect
//! ```
//!
//! `settings` (which uses `mcphub-oauth` alone), `clock`, `random`, `regular`, `visible` and `desktop` are there for all of them. Only
//! `serve` names axum; only `egress` and the gateway's transport name reqwest; only `mcphub-plugins` names wasmtime; only `settings` reads the environment.
//!
//! | module | what it is |
//! |---|---|
//! | [`app`] | the one place that puts concrete parts together |
//! | [`settings`] | `mcp_settings.json`: model, `${VAR}` expansion, lossless edits, watching |
//! | [`egress`] | the one HTTP client for OAuth traffic and its address policy |
//! | [`store`] | grants and clients |
//! | [`connect`] | discovery → registration → authorization → exchange → refresh → revoke |
//! | [`cases`] | recorded logins, played back and written down |
//! | [`scaffold`] | new plugins |
//! | [`gateway`] | upstream transports, sessions, aggregation |
//! | [`serve`] | HTTP: MCP endpoints, callback, connect pages, API |
//! | [`presence`] | where a running hub listens, and that it is the one |
//! | [`cli`] | the command line |
//! | [`visible`] | what steers a terminal is shown, not obeyed |
//! | [`regular`] | files that the hub reads by itself: no pipes, no devices |
//! | [`bundled`] | the plugins that come with the hub |
//!
//! Absent on purpose: provider names (they live in plugins), an inbound credential that goes upstream, a token in a log.

// A login's future goes deep: from a handler through discovery to the instance of a plugin.
#![recursion_limit = "256"]

mod addresses;
pub mod app;
pub mod bundled;
pub mod cases;
pub mod cli;
pub mod clock;
pub mod connect;
pub mod desktop;
pub mod egress;
pub mod gateway;
pub mod presence;
pub mod random;
pub mod regular;
pub mod scaffold;
pub mod serve;
pub mod settings;
pub mod store;
pub mod visible;
