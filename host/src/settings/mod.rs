//! `mcp_settings.json`: the person's file.
//!
//! The raw JSON is kept as it stands, unknown keys, order, indentation and comments included; from it a [`Settings`] is
//! made that is valid by construction, with all faults told at once. The hub changes only what it must, see [`SettingsFile`].
//!
//! | file | what |
//! |---|---|
//! | `file` | opening, reading, changing |
//! | `place` | where it is, and whether it can be changed there |
//! | `document`, `splice` | changes of the text that leave every other byte alone |
//! | `write`, `recover`, `lock` | whole files, no lost edits, also over crashes and processes |
//! | `read` | from JSON to the model, with everything that is wrong |
//! | `model`, `oauth`, `switched` | what the hub works with |
//! | `environment`, `expand` | `${VAR}` |
//! | `arguments` | which arguments of a command are secrets |
//! | `permissions` | who else may read or write |
//! | `watch` | edits made while the hub runs |

mod arguments;
mod document;
mod environment;
mod expand;
mod fault;
mod file;
mod key_material;
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
mod target;
#[cfg(test)]
mod tests;
mod watch;
mod write;

pub use arguments::{Arguments, is_secret_name};
pub use document::{Document, InTheWay};
pub use environment::Environment;
pub use expand::is_public;
pub use fault::{SettingsError, SettingsFault};
pub use file::{SettingsFile, Stamp};
pub(crate) use key_material::read as read_key_material;
pub use key_material::{KeyMaterialError, Material};
pub use loaded::Loaded;
pub use lock::FileLock;
pub use model::{
    DEFAULT_ACCOUNT, Fingerprint, Group, Member, Only, Server, ServerEntry, Settings, System, Transport, TransportHint,
};
pub use nearness::nearest;
pub use oauth::{DynamicRegistration, Enterprise, GrantKind, OAuth, PkceSetting, ResourceSetting};
pub use permissions::open_to_others;
pub use place::Unwritable;
pub use switched::{ToolSetting, ToolSettings};
pub use watch::Watching;
