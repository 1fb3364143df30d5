//! A plugin that failed, or that could not be chosen.

use mcphub_oauth::BuildError;
use mcphub_plugins::{CallError, ChooseError};

use super::ErrorKind;

/// What is wrong with a plugin, or with the choice of one.
#[derive(Debug, thiserror::Error)]
pub enum PluginError {
    /// A call did not return, or returned something that the contract does not allow.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The plugin's steps cannot be carried out.
    #[error("plugin {plugin}: {fault}")]
    Flow {
        /// The id of the plugin.
        plugin: String,
        /// How its steps went wrong.
        fault: FlowFault,
    },
    /// No plugin serves the server, or `oauth.provider` names none.
    #[error(transparent)]
    Choose(#[from] ChooseError),
    /// The plugin and the settings describe a request that cannot be built.
    #[error(transparent)]
    Shape(#[from] BuildError),
}

/// How the steps of a plugin went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FlowFault {
    /// It makes more requests than one operation may make.
    #[error("it took more than 8 steps")]
    TooManySteps,
    /// It asks a question during a refresh or a revocation.
    #[error("it asks a question where no person is")]
    AsksNobody,
    /// The registration body that it proposes is not a JSON object.
    #[error("its registration body is not a JSON object")]
    BadRegistration,
}

impl PluginError {
    /// What a person can do.
    #[must_use]
    pub const fn remedy(&self) -> &'static str {
        match self {
            Self::Choose(_) => "Correct oauth.provider.",
            Self::Shape(BuildError::Fill(_)) => "Give the missing value in the server's oauth settings.",
            Self::Call(_)
            | Self::Flow { .. }
            | Self::Shape(
                BuildError::Header(_) | BuildError::Url | BuildError::Host(_) | BuildError::OnlyForIssuer(_),
            ) => "Update the plugin, or remove its file and use the bundled one.",
        }
    }

    pub(super) const fn kind(&self) -> ErrorKind {
        match self {
            Self::Choose(_) => ErrorKind::Conflict,
            Self::Call(_) | Self::Flow { .. } | Self::Shape(_) => ErrorKind::Upstream,
        }
    }
}
