//! What all rooms of `connect` work with: servers and their states, the provider of a login, events, addresses,
//! links, errors.
//!
//! This room uses the rooms outside of `connect` (`store`, `egress`, `settings`, the plugins and the rules of
//! `mcphub-oauth`), but no step of a login: nothing here discovers, registers or asks for tokens.

pub(crate) mod address;
pub(crate) mod at_issuer;
pub(crate) mod entry;
pub(crate) mod error;
pub(crate) mod event;
pub(crate) mod foreign_login;
pub(crate) mod journal;
pub(crate) mod links;
pub(crate) mod memory;
pub(crate) mod nonces;
pub(crate) mod observer;
pub(crate) mod parts;
pub(crate) mod provider;
pub(crate) mod secrets;
pub(crate) mod state;
pub(crate) mod step_counts;
pub(crate) mod target;
pub(crate) mod web_page;
