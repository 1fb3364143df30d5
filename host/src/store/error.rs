//! Why a store did not do what it was asked, by what can be done about it. No kind of store is named here.

use std::error::Error;
use std::fmt;

/// The variable that holds the key that seals.
pub(super) const KEY: &str = "MCPHUB_CREDENTIAL_ENCRYPTION_KEY";
/// The variable that holds the key from before: what it sealed is opened, and sealed again with the current key.
pub(super) const PREVIOUS_KEY: &str = "MCPHUB_CREDENTIAL_ENCRYPTION_KEY_PREVIOUS";

/// Why something was not stored or found.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The storage cannot be read or written at the moment. Its own sentence says why, and what to do.
    #[error(transparent)]
    Unavailable(Box<dyn Error + Send + Sync>),
    /// The grant has another version than the one that was seen: another task or process changed it first.
    #[error("the login of {0} was changed by somebody else at the same time; try again")]
    Conflict(String),
    /// The grant is sealed and cannot be opened.
    #[error("the login of {server} is sealed, and {why}")]
    Sealed {
        /// Name of the server in the settings.
        server: String,
        /// Why it cannot be opened.
        why: SealFault,
    },
    /// The cipher refused to work, so nothing was written.
    #[error("the login of {0} could not be sealed, and was not kept; please report this")]
    NotSealed(String),
    /// The task that does the work ended before it was done.
    #[error("reading or writing the logins was interrupted; try again")]
    Aborted,
}

/// Why a sealed entry cannot be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SealFault {
    /// No key is set.
    NoKey,
    /// No key that is set opens it.
    OtherKey,
    /// The current key sealed it, and it was changed or moved since.
    Altered,
    /// This version of the hub does not know the format.
    UnknownFormat,
}

impl fmt::Display for SealFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoKey => write!(f, "{KEY} is not set"),
            Self::OtherKey => {
                write!(f, "{KEY} is not the key that it was sealed with, or the entry was changed since")
            }
            Self::Altered => {
                write!(f, "{KEY} is its key, but the entry was changed, or moved here from another server")
            }
            Self::UnknownFormat => f.write_str("this version of the hub does not know how it was sealed"),
        }
    }
}

impl SealFault {
    /// What a person can do, for the end of a sentence.
    pub(super) const fn advice(self) -> &'static str {
        match self {
            Self::NoKey | Self::OtherKey | Self::UnknownFormat => {
                "set the key that it was sealed with, or name it in MCPHUB_CREDENTIAL_ENCRYPTION_KEY_PREVIOUS if there is a new one"
            }
            Self::Altered => "put it back as it was, or run mcphub auth logout SERVER and log in again",
        }
    }

    /// What a person can do, in sentences of its own.
    #[must_use]
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::NoKey | Self::OtherKey | Self::UnknownFormat => {
                "Set MCPHUB_CREDENTIAL_ENCRYPTION_KEY to the key that it was sealed with, or MCPHUB_CREDENTIAL_ENCRYPTION_KEY_PREVIOUS \
                 if there is a new one; if that key is lost, run mcphub auth logout SERVER and log in again."
            }
            Self::Altered => "Put the entry back as it was, or run mcphub auth logout SERVER and log in again.",
        }
    }
}
