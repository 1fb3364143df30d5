//! Why a command fails. Each sentence ends with what the person can do.

use std::net::SocketAddr;

use crate::app::AppError;
use crate::egress::EgressError;
use crate::serve::ListenError;
use crate::settings::SettingsError;

/// Why a command fails: one sentence with what to do.
#[derive(Debug, thiserror::Error)]
pub(super) enum CliError {
    /// The hub cannot be built.
    #[error(transparent)]
    App(#[from] AppError),
    /// The hub cannot listen.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The settings file cannot be read or changed.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The running hub does not answer.
    #[error("the running hub does not answer: {0}; look at its log, or stop it and try again")]
    Hub(#[from] EgressError),
    /// The running hub was asked to call a tool and gave no answer.
    #[error(
        "the running hub gave no answer ({0}), and the tool may have been called; look at what it did before you call it again"
    )]
    Unanswered(#[source] EgressError),
    /// The running hub answered with an error and no sentence.
    #[error("the running hub answered with HTTP status {0}; look at its log, or stop it and try again")]
    Status(http::StatusCode),
    /// The running hub answered with another document than this version knows.
    #[error("the running hub is of another version, and its answer means nothing to this command; restart the hub")]
    OtherVersion,
    /// Another program answers where the hub did.
    #[error("another program answers at {0} in the place of the hub, and nothing was sent to it; start the hub again")]
    Stranger(SocketAddr),
    /// Any other reason: a sentence with its remedy.
    #[error("{0}")]
    Refused(String),
}
