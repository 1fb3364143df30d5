//! MCPHub: many MCP servers behind one endpoint, with their OAuth logins taken care of.
//!
//! Dependencies point one way, and nothing runs against it:
//!
//! ```text
//! main → cli → serve → app → gateway → connect → { store, mcphub-plugins, egress } → mcphub-oauth
//!        cli → scaffold → cases → connect
//! ```
//!
//! `mcphub-oauth` is `host/oauth`, `mcphub-plugins` is `host/plugins`.
//!
//! What is known stands below what is done, and no file needs a file that needs it. `tests/it/architecture` reads the sources and
//! keeps both rules. Only `serve` names axum; only `egress` and the gateway's transport name reqwest; only `mcphub-plugins` names
//! wasmtime; only `settings` reads the environment.
//!
//! | room | what it is for |
//! |---|---|
//! | [`cli`] | the command line |
//! | [`serve`] | HTTP: MCP endpoints, callback, pages, API |
//! | [`app`] | puts the concrete parts together |
//! | [`gateway`] | MCP: transports to servers, sessions of clients, lists of all servers as one |
//! | [`scaffold`] | projects of new plugins |
//! | [`cases`] | recorded logins, played and written down |
//! | [`connect`] | logins: discovery, client identity, authorization, exchange, refresh, revocation |
//! | [`store`] | grants, clients, and what waits for a person, kept |
//! | [`egress`] | the one HTTP client for OAuth traffic, and which addresses it may reach |
//! | [`settings`] | `mcp_settings.json`: model, `${VAR}` expansion, lossless edits, watching; uses `mcphub-oauth` |
//! | [`keys`] | which key a token is, how often it may be used, and who is logged in |
//! | [`presence`] | how a command finds the running hub, and how both prove who they are |
//! | [`telemetry`] | what is measured, the line of each request in the log |
//! | `addresses` | the addresses of the hub that other programs are given |
//! | [`bundled`] | the plugins that come with the hub |
//! | [`clock`], [`random`] | time and randomness, as arguments |
//! | [`desktop`] | the system browser |
//! | [`regular`] | files that the hub reads by itself: no pipes, no devices |
//! | [`visible`] | control characters are shown, so that no text steers a terminal |
//!
//! Absent on purpose: provider names (they live in plugins), a client's credential on the way to a server, a token in a log.

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
pub mod keys;
pub mod presence;
pub mod random;
pub mod regular;
pub mod scaffold;
pub mod serve;
pub mod settings;
pub mod store;
pub mod telemetry;
pub mod visible;
