//! The one place that puts concrete parts together.
//!
//! | what | where |
//! |---|---|
//! | the parts and their wiring | `parts` |
//! | what a hub is built from | `options`, `surroundings` |
//! | why it cannot be built | `error` |
//! | work that goes on by itself | `follow` |
//! | what the API and the commands show | `views` |
//! | the tools that commands list and call | `tools` |
//! | what is measured; when the hub began | `measured`, `life` |
//! | a plugin gets a person's approval | `approval` |
//! | the plugin host and the bundled plugins | `plugin_host` |
//! | the address of the hub, and its other names | `base_url`, `names` |
//! | keys of clients, made and revoked | `key_changes` |
//! | proxies in front of the hub, and what is remembered of those who came | `trusted_proxies`, `entrance` |
//! | the key of sessions that outlive a restart | `session_key` |
//!
//! May use every room but `serve`, `cli`, `scaffold` and `cases`. Nothing here speaks HTTP or MCP, and no rule of OAuth
//! stands here.

mod approval;
mod base_url;
mod entrance;
mod error;
mod follow;
mod key_changes;
mod life;
mod measured;
pub mod names;
mod options;
mod parts;
mod plugin_host;
mod session_key;
mod surroundings;
mod tools;
mod trusted_proxies;
mod views;

pub use approval::ApprovalError;
pub use entrance::Entrance;
pub use error::AppError;
pub use key_changes::{KeyError, KeyView, add_key, revoke_key};
pub use life::HubLife;
pub use options::{Options, PORT, loopback};
pub use parts::{App, InForce};
pub use plugin_host::{host, plugins};
pub use tools::{FoundTools, ToolCall, ToolsError};
pub use trusted_proxies::TrustedProxies;
pub use views::{LoadedPluginView, PluginView};
