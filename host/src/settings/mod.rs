//! `mcp_settings.json`: the person's file.
//!
//! The raw JSON is kept as it stands, unknown keys, order, indentation and comments included; from it a [`Settings`] is
//! made that is valid by construction, with all faults told at once. The hub changes only what it must, see [`file`].

mod document;
mod environment;
mod expand;
mod fault;
mod file;
mod model;
mod oauth;
mod read;
mod write;

pub use document::Document;
pub use environment::Environment;
pub use fault::{SettingsError, SettingsFault};
pub use file::{Loaded, SettingsFile};
pub use model::{Server, ServerEntry, Settings, System, ToolSetting, Transport, TransportHint};
pub use oauth::{DynamicRegistration, OAuth, PkceSetting};
