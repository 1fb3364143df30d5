//! The hooks of a plugin, one file each, named as its interface: what it is given, what it is asked, and which answers are
//! accepted. A hook that the component does not export answers `Ok(None)`. Nothing here keeps anything between two calls.

mod flow;
mod on_authorize;
mod on_callback;
mod on_error;
mod on_granted;
mod on_match;
mod on_protected_resource;
mod on_registration;
mod on_scopes_for;
mod on_server_metadata;
mod on_setup;
