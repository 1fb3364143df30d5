//! What can go wrong between a refused request and a grant: one enum for each flow, one variant for each thing that a
//! person can do about it.
//!
//! `Display` is one sentence, [`ConnectError::remedy`] says what to do, and [`ConnectError::kind`] sorts errors for the
//! code that turns them into exit codes or HTTP statuses. Nothing here knows about either of them.

mod discovery;
mod grant;
mod login;
mod plugin;
mod server;
mod setup;

use std::borrow::Cow;

use mcphub_oauth::BuildError;
use mcphub_oauth::callback::CallbackError;
use mcphub_oauth::error::{remedy, sentence};
use mcphub_oauth::pkce::PkceError;
use mcphub_oauth::profile::{ErrorClass, Fault};
use mcphub_oauth::protected_resource::ProtectedResourceError;
use mcphub_oauth::server_metadata::MetadataError;
use mcphub_oauth::template::FillError;
use mcphub_plugins::{CallError, ChooseError};

use crate::egress::{EgressError, Redaction};
use crate::settings::{KeyMaterialError, SettingsError};
use crate::store::StoreError;

pub use discovery::DiscoveryError;
pub use grant::GrantError;
pub use login::{LinkError, LoginError};
pub use plugin::{FlowFault, PluginError};
pub use server::ServerError;
pub use setup::SetupError;

/// Why a step of a login failed.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The server's settings do not allow a login.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// The authorization server was not found, or must not be used.
    #[error(transparent)]
    Discovery(#[from] DiscoveryError),
    /// The link that starts or continues a login does not work.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The login cannot start or continue.
    #[error(transparent)]
    Login(#[from] LoginError),
    /// The callback from the login page was not accepted.
    #[error(transparent)]
    Callback(#[from] CallbackError),
    /// The answers in the set-up form do not fit.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// The tokens were not issued, or cannot be used.
    #[error(transparent)]
    Grant(#[from] GrantError),
    /// The provider refused. Its plugin or the RFCs say what that means.
    #[error("{}", sentence(.0))]
    Provider(Fault),
    /// A plugin failed, or none could be chosen.
    #[error(transparent)]
    Plugin(#[from] PluginError),
    /// A request was not sent or not answered.
    #[error(transparent)]
    Egress(#[from] EgressError),
    /// Grants and clients cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The settings cannot be written.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// Any of the other errors, after secrets were removed from its text.
    #[error("{sentence}")]
    Redacted {
        /// The sentence without secrets.
        sentence: String,
        /// The remedy without secrets.
        remedy: Option<String>,
        /// The kind of the original error.
        kind: ErrorKind,
    },
}

/// What an error means for the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// What the caller named does not exist, or not any more.
    NotFound,
    /// It exists, but its state does not allow this; a person must change something first.
    Conflict,
    /// Another browser, or another place, must do this.
    Forbidden,
    /// What the person filled in or wrote does not fit.
    Invalid,
    /// The server, the provider or a plugin failed.
    Upstream,
    /// The hub's own storage failed.
    Storage,
}

impl ConnectError {
    /// What a person can do, in one sentence.
    #[must_use]
    pub fn remedy(&self) -> Option<Cow<'static, str>> {
        let fixed: &'static str = match self {
            Self::Server(error) => return Some(error.remedy()),
            Self::Discovery(error) => return Some(error.remedy()),
            Self::Setup(error) => return error.remedy().map(Cow::Borrowed),
            Self::Provider(fault) => return Some(remedy(fault).into()),
            Self::Redacted { remedy, .. } => return remedy.clone().map(Cow::Owned),
            // The sentence already names the remedy.
            Self::Settings(_) => return None,
            Self::Link(error) => error.remedy(),
            Self::Login(error) => error.remedy(),
            Self::Callback(error) => error.remedy(),
            Self::Grant(error) => error.remedy(),
            Self::Plugin(error) => error.remedy(),
            Self::Egress(error) => error.remedy(),
            Self::Store(StoreError::Sealed { why, .. }) => why.remedy(),
            Self::Store(_) => "Make sure that the settings file can be read and written.",
        };
        Some(fixed.into())
    }

    /// What the error means for the caller.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Server(error) => error.kind(),
            Self::Discovery(error) => error.kind(),
            Self::Link(error) => error.kind(),
            Self::Login(error) => error.kind(),
            Self::Plugin(error) => error.kind(),
            Self::Grant(error) => error.kind(),
            Self::Setup(error) => error.kind(),
            Self::Callback(_) => ErrorKind::Forbidden,
            Self::Settings(_) => ErrorKind::Invalid,
            Self::Provider(_) | Self::Egress(_) => ErrorKind::Upstream,
            Self::Store(_) => ErrorKind::Storage,
            Self::Redacted { kind, .. } => *kind,
        }
    }

    /// Whether the same step may succeed if it is tried again.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Egress(error) => error.is_transient(),
            Self::Provider(fault) => matches!(fault.class, ErrorClass::Transient | ErrorClass::RateLimited(_)),
            Self::Grant(error) => error.is_transient(),
            Self::Server(_)
            | Self::Discovery(_)
            | Self::Link(_)
            | Self::Login(_)
            | Self::Callback(_)
            | Self::Setup(_)
            | Self::Plugin(_)
            | Self::Store(_)
            | Self::Settings(_)
            | Self::Redacted { .. } => false,
        }
    }

    /// The same error without secrets in its text. If it quotes none, it is returned unchanged.
    pub(crate) fn shown(self, redaction: &Redaction) -> Self {
        let (sentence, remedy) = (self.to_string(), self.remedy().map(Cow::into_owned));
        let (shown, shown_remedy) = (redaction.shown(&sentence), remedy.as_deref().map(|text| redaction.shown(text)));
        if shown == sentence && shown_remedy == remedy {
            return self;
        }
        Self::Redacted { kind: self.kind(), sentence: shown, remedy: shown_remedy }
    }

    /// The sentence and the remedy as one text.
    #[must_use]
    pub fn summary(&self) -> String {
        match self.remedy() {
            Some(remedy) => format!("{self}. {remedy}"),
            None => self.to_string(),
        }
    }
}

// Errors of the libraries below become the error of the flow that they belong to, so that `?` works in every step.

impl From<ProtectedResourceError> for ConnectError {
    fn from(error: ProtectedResourceError) -> Self {
        Self::Discovery(error.into())
    }
}

impl From<MetadataError> for ConnectError {
    fn from(error: MetadataError) -> Self {
        Self::Discovery(error.into())
    }
}

impl From<KeyMaterialError> for ConnectError {
    fn from(error: KeyMaterialError) -> Self {
        Self::Server(error.into())
    }
}

impl From<PkceError> for ConnectError {
    fn from(error: PkceError) -> Self {
        Self::Login(error.into())
    }
}

impl From<CallError> for ConnectError {
    fn from(error: CallError) -> Self {
        Self::Plugin(error.into())
    }
}

impl From<ChooseError> for ConnectError {
    fn from(error: ChooseError) -> Self {
        Self::Plugin(error.into())
    }
}

impl From<BuildError> for ConnectError {
    fn from(error: BuildError) -> Self {
        Self::Plugin(error.into())
    }
}

impl From<FillError> for ConnectError {
    fn from(error: FillError) -> Self {
        Self::from(BuildError::from(error))
    }
}
