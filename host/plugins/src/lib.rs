//! Loads provider plugins and calls them.
//!
//! A plugin proposes, the hub disposes: a component of pure functions, without network, files, clock or secrets, whose
//! every word is checked before it becomes part of a [`Profile`](mcphub_oauth::profile::Profile) or an answer of a hook.
//!
//! The map:
//! - [`PluginHost`] (`host`) loads plugins. `load/` is the pipeline from bytes to a [`Plugin`]: size, format, imports, contract,
//!   profile. The `foundry` makes code, with the engines and their linkers (`engine`: the one place with a `Config`).
//! - What was made and heard is `kept` until the next start, which needs no code to know whom a plugin serves: the `code` is
//!   loaded when the plugin is first called.
//! - `run` is one call: a fresh store and instance with fuel, a deadline and bounds (`sandbox`), thrown away afterwards.
//! - `hooks/` holds the calls that a login makes, one file each; `convert/` turns the contract's words into checked
//!   types; `check/` holds the rules they must keep, and the sentences for those that do not.
//! - [`Catalogue`] knows every plugin and picks the one for a server; [`Directories`] (and the `listing` of what lies in
//!   them) fill it, and go on while the hub runs (`watch`).
//!
//! What is absent, and must stay so: sockets and HTTP in the linker, anything of the process's environment in the
//! sandbox, an instance that lives longer than a call, and compiled code from any directory but the cache's own. Nothing
//! outside this crate names wasmtime.

mod bindings;
mod calls;
mod catalogue;
mod check;
mod code;
mod convert;
mod data;
mod directory;
mod engine;
mod error;
mod foundry;
mod hooks;
mod host;
mod kept;
mod limits;
mod listing;
mod load;
mod origin;
mod plugin;
mod printed;
mod run;
mod sandbox;
mod trial;
mod usage;
mod watch;

pub use catalogue::{Added, Approved, Catalogue, CatalogueEntry, ChooseError, Chosen, Removed};
pub use check::objection::{Broken, Objection};
pub use check::pattern::matches_whole;
pub use data::{Data, DataPart};
pub use directory::{Directories, Judge, load_directory};
pub use error::{CallError, CallFault, HostError, LoadError};
pub use host::{BundledComponent, PluginHost};
pub use limits::Limits;
pub use origin::Origin;
pub use plugin::Plugin;
pub use trial::{Trial, Tried};
pub use usage::PluginUsage;
pub use watch::{PluginWatching, watch};
