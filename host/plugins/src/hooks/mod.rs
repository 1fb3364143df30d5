//! The hooks of a plugin, one file each: what is told, what is asked, what is accepted of the answer.

mod authorize;
mod callback;
mod error;
mod flow;
mod granted;
mod matching;
mod protected_resource;
mod provisioning;
mod registration;
mod scopes_for;
mod server_metadata;
