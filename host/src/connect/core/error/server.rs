//! A server whose settings do not allow a login.

use std::borrow::Cow;

use mcphub_oauth::signing::KeyError;

use super::ErrorKind;
use crate::settings::KeyMaterialError;

/// Why the settings of a server do not allow a login.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// No server has this name.
    #[error("there is no server named {name:?}; the settings name {}", listed(known))]
    Unknown {
        /// The name that was asked for.
        name: String,
        /// The names that exist.
        known: Vec<String>,
    },
    /// The server is started by a command, and commands have no OAuth login.
    #[error("{server} cannot be logged in to: it is a command, not a URL")]
    IsCommand {
        /// The name of the server.
        server: String,
    },
    /// The settings switch the server off (`"enabled": false`).
    #[error("{server} cannot be logged in to: it is switched off (\"enabled\": false)")]
    SwitchedOff {
        /// The name of the server.
        server: String,
    },
    /// The server's entry sends an `Authorization` header itself.
    #[error("{server} cannot be logged in to: its entry has an Authorization header of its own")]
    OwnAuthorization {
        /// The name of the server.
        server: String,
    },
    /// The server's grants are made without a person.
    #[error("{server} cannot be logged in to: its oauth.grantType needs no person")]
    Unattended {
        /// The name of the server.
        server: String,
    },
    /// Some settings take their values from environment variables that are not set.
    #[error("{} must be set in the environment, or written into the settings", settings.join(" and "))]
    Unset {
        /// The variables or settings that have no value.
        settings: Vec<String>,
    },
    /// A grant without a person needs a client.
    #[error("oauth.clientId is missing; write the client's id there")]
    NoClientId,
    /// A private key cannot be read or used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A file that should hold a key or an assertion cannot be read.
    #[error(transparent)]
    KeyFile(#[from] KeyMaterialError),
}

fn listed(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

impl ServerError {
    /// What a person can do.
    #[must_use]
    pub fn remedy(&self) -> Cow<'static, str> {
        match self {
            Self::Unknown { .. } => "Use one of these names, or add the server to mcp_settings.json.",
            Self::IsCommand { .. } => "Give the command what it needs in its env; only servers with a url have a login.",
            Self::SwitchedOff { .. } => "Switch it on: take \"enabled\": false out of its entry in mcp_settings.json.",
            Self::OwnAuthorization { .. } => {
                "Take the Authorization header out of its entry, so that the hub logs in; or keep it and do not log in."
            }
            Self::Unattended { .. } => {
                "Nothing is to be done: the hub logs in by itself. Take oauth.grantType out to log in as a person."
            }
            Self::Unset { .. } => "Set the variable and start the hub again, or write the value into mcp_settings.json.",
            Self::NoClientId => "The provider gives the id to whoever registers the client.",
            Self::Key(_) => {
                "Write the private key into oauth.privateKey, or the name of its file, and check oauth.signingAlgorithm."
            }
            Self::KeyFile(_) => {
                "Write the text itself, or the name of a file beside the settings that the hub may read."
            }
        }
        .into()
    }

    pub(super) const fn kind(&self) -> ErrorKind {
        match self {
            Self::Unknown { .. } => ErrorKind::NotFound,
            Self::Unset { .. } | Self::NoClientId => ErrorKind::Invalid,
            Self::IsCommand { .. }
            | Self::SwitchedOff { .. }
            | Self::OwnAuthorization { .. }
            | Self::Unattended { .. }
            | Self::Key(_)
            | Self::KeyFile(_) => ErrorKind::Conflict,
        }
    }
}
