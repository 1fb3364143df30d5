//! `mcp_settings.json`: the person's file.
//!
//! The text is kept as it is, with unknown keys, order, indentation and comments. From it come the [`Settings`], which are
//! valid by construction, and all faults at once. May use `regular` and `mcphub-oauth`. The hub changes only what it must (see
//! [`SettingsFile`]), never loses an edit that was made meanwhile, and never drops a key that it does not know.
//!
//! | what | where |
//! |---|---|
//! | opening, reading, changing | `file`, `loaded` |
//! | where the file is | `target`; at start `place` |
//! | changes of the text that leave all other bytes alone | `document`, `splice` |
//! | whole files, no lost edits, also over crashes and processes | `write`, `recover`, `lock` |
//! | from JSON to the model, with everything that is wrong | `read` |
//! | the model | `model`, `group`, `keys`, `oauth`, `switched`, `system` |
//! | keys and assertions in files of their own | `key_material` |
//! | `${VAR}` | `environment`, `expand` |
//! | which arguments of a command are secrets | `arguments` |
//! | who else may read or write the file | `permissions` |
//! | edits made while the hub runs | `watch` |

mod arguments;
mod document;
mod environment;
mod expand;
mod fault;
mod file;
mod group;
mod key_material;
mod keys;
mod loaded;
mod lock;
#[cfg(test)]
mod lossless;
mod model;
mod nearness;
mod oauth;
mod permissions;
mod place;
mod read;
mod recover;
mod splice;
mod switched;
mod system;
mod target;
#[cfg(test)]
mod tests;
mod watch;
mod write;

pub use arguments::{CommandArguments, is_secret_name};
pub use document::{Document, InTheWay};
pub use environment::Environment;
pub use expand::is_public;
pub use fault::{SettingsError, SettingsFault};
pub use file::{SettingsFile, Stamp};
pub use group::{Group, Member, Only};
pub(crate) use key_material::read as read_key_material;
pub use key_material::{KeyMaterialError, Material};
pub use keys::{ClientKey, ClientKeys, KeyDigest, KeyReach, RateLimit, digest_of};
pub use loaded::Loaded;
pub use lock::FileLock;
pub use model::{
    CommandLifetime, DEFAULT_ACCOUNT, Fingerprint, Server, ServerEntry, Settings, Transport, TransportHint,
};
pub use nearness::nearest;
pub use oauth::{DynamicRegistration, Enterprise, GrantKind, OAuth, PkceSetting, ResourceSetting};
pub use permissions::open_to_others;
pub use place::Unwritable;
pub use switched::{ToolSetting, ToolSettings};
pub use system::System;
pub use watch::{Reread, Watching};
