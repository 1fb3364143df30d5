//! Everything that can go wrong between a refused request and a grant, by what can be done about it.

use std::borrow::Cow;
use std::path::PathBuf;

use http::StatusCode;
use mcphub_oauth::BuildError;
use mcphub_oauth::callback::CallbackError;
use mcphub_oauth::error::{remedy, sentence};
use mcphub_oauth::pkce::PkceError;
use mcphub_oauth::profile::{ErrorClass, Fault};
use mcphub_oauth::protected_resource::ProtectedResourceError;
use mcphub_oauth::registration::RegistrationError;
use mcphub_oauth::server_metadata::MetadataError;
use mcphub_oauth::signing::KeyError;
use mcphub_oauth::token::TokenError;
use mcphub_plugins::{CallError, ChooseError};

use super::foreign_login::ForeignLogin;
use crate::egress::{EgressError, Redaction};
use crate::store::StoreError;

/// Why a login step was not done. `Display` is one sentence; [`ConnectError::remedy`] says what to do.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// No such server in the settings.
    #[error("there is no server named {name:?}; the settings name {}", listed(known))]
    UnknownServer {
        /// What was asked for.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// Its entry cannot be used.
    #[error("{server} cannot be logged in to: {reason}")]
    NotLoggedIn {
        /// Name.
        server: String,
        /// Why.
        reason: String,
    },
    /// A connect link that is not known, or no longer.
    #[error("this link is not valid any more")]
    UnknownLink,
    /// A connect link that another browser opened.
    #[error("this link was opened in another browser")]
    LinkInUse,
    /// The server names another authorization server than what a person configured belongs to.
    #[error(
        "{server} now names {named} as its authorization server, and what you configured for it belongs to {allowed}"
    )]
    OtherIssuer {
        /// Name.
        server: String,
        /// What the server names.
        named: String,
        /// What was written, or used first.
        allowed: String,
    },
    /// What a person configured would be sent, without them, to an authorization server that only the server names.
    #[error(
        "{server} names {issuer} as its authorization server, which nobody has confirmed may see what you configured for it"
    )]
    UnwrittenIssuer {
        /// Name.
        server: String,
        /// What the server names.
        issuer: String,
    },
    /// A login page of another site that the person has not been told of yet.
    #[error("{0}")]
    ForeignLogin(Box<ForeignLogin>),
    /// The callback.
    #[error(transparent)]
    Callback(#[from] CallbackError),
    /// No protected resource metadata of this server's own.
    #[error(transparent)]
    ProtectedResource(#[from] ProtectedResourceError),
    /// Bad authorization server metadata.
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    /// No authorization server metadata.
    #[error("{issuer} publishes no authorization server metadata")]
    NoMetadata {
        /// The issuer.
        issuer: String,
    },
    /// A person is needed, and the authorization server has no page for one.
    #[error("the authorization server has no login page (authorization_endpoint)")]
    NoLoginPage {
        /// It offers a login on another device.
        offers_device: bool,
    },
    /// No text that is an issuer.
    #[error("{0} is no issuer: {1}")]
    Issuer(&'static str, mcphub_oauth::issuer::IssuerError),
    /// PKCE.
    #[error(transparent)]
    Pkce(#[from] PkceError),
    /// Registration.
    #[error(transparent)]
    Registration(#[from] RegistrationError),
    /// An answer of the token endpoint that cannot be used.
    #[error(transparent)]
    Token(TokenError),
    /// The provider refused, classified.
    #[error("{}", sentence(.0))]
    Provider(Fault),
    /// A plugin's fault.
    #[error(transparent)]
    Plugin(#[from] CallError),
    /// A plugin that took too many steps or asked what cannot be answered.
    #[error("plugin {plugin}: {fault}")]
    PluginFlow {
        /// Plugin.
        plugin: String,
        /// What it did.
        fault: &'static str,
    },
    /// No plugin.
    #[error(transparent)]
    Choose(#[from] ChooseError),
    /// A request that cannot be built.
    #[error(transparent)]
    Shape(#[from] BuildError),
    /// A request that was not answered.
    #[error(transparent)]
    Egress(#[from] EgressError),
    /// A private key.
    #[error(transparent)]
    Key(KeyError),
    /// A file that holds a key or an assertion.
    #[error("{key}: {path} cannot be read ({problem})", path = path.display())]
    Material {
        /// The setting.
        key: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        problem: String,
    },
    /// The organisation's identity provider.
    #[error("the identity provider of oauth.enterprise gave no assertion")]
    IdentityProvider(#[source] TokenError),
    /// The settings file.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A form value that does not fit.
    #[error("{0}")]
    Form(String),
    /// Any of these, whose text showed what was sent.
    #[error("{sentence}")]
    Redacted {
        /// The text without it.
        sentence: String,
        /// The remedy without it.
        remedy: Option<String>,
        /// Of the page that tells it.
        status: StatusCode,
    },
}

fn listed(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

impl ConnectError {
    /// What a person can do.
    #[must_use]
    pub fn remedy(&self) -> Option<Cow<'static, str>> {
        let fixed: &'static str = match self {
            Self::Provider(fault) => return Some(remedy(fault).into()),
            Self::OtherIssuer { named, .. } => {
                return Some(format!("If that is right, write oauth.issuer: {named:?} into its entry; otherwise tell who runs the server.").into());
            }
            Self::UnwrittenIssuer { issuer, .. } => {
                return Some(
                    format!("If that is right, write oauth.issuer: {issuer:?} into the server's entry.").into(),
                );
            }
            Self::ForeignLogin(_) => {
                "If that is right, open the connect link in a browser and go on there, or run mcphub auth login in a terminal."
            }
            Self::Callback(error) => error.remedy(),
            Self::Pkce(error) => error.remedy(),
            Self::UnknownServer { .. } => "Use one of these names, or add the server to mcp_settings.json.",
            Self::NotLoggedIn { .. } => "Mend the server's entry in mcp_settings.json.",
            Self::UnknownLink => "Get a fresh link: call the tool again, or run mcphub auth login.",
            Self::LinkInUse => "Go on in the browser that opened it first, or get a fresh link.",
            Self::ProtectedResource(_) => {
                "Check the server's url in mcp_settings.json; if it is right, tell who runs the server."
            }
            Self::Metadata(_) | Self::NoMetadata { .. } | Self::Issuer(..) => {
                "Name the provider's plugin in oauth.provider, or write oauth.authorizationEndpoint and oauth.tokenEndpoint."
            }
            Self::NoLoginPage { offers_device: true } => {
                "Log in on another device: mcphub auth login SERVER --no-browser."
            }
            Self::NoLoginPage { offers_device: false } => {
                "It gives tokens to programs only: write oauth.grantType (client_credentials or jwt-bearer) and its client."
            }
            Self::Registration(_) => {
                "Set oauth.dynamicRegistration.initialAccessToken if the provider demands one, or oauth.clientId."
            }
            Self::Token(_) => "Name the provider's plugin in oauth.provider; the answer is not what the RFCs say.",
            Self::Plugin(_)
            | Self::PluginFlow { .. }
            | Self::Shape(
                BuildError::Header(_) | BuildError::Url | BuildError::Host(_) | BuildError::OnlyForIssuer(_),
            ) => "Update the plugin, or remove its file and use the bundled one.",
            Self::Choose(_) => "Correct oauth.provider.",
            Self::Shape(BuildError::Fill(_)) => "Give the missing value in the server's oauth settings.",
            Self::Egress(error) => error.remedy(),
            Self::Redacted { remedy, .. } => return remedy.clone().map(Cow::Owned),
            Self::Key(_) => {
                "Write the private key into oauth.privateKey, or the name of its file, and check oauth.signingAlgorithm."
            }
            Self::Material { .. } => {
                "Write the text itself, or the name of a file beside the settings that the hub may read."
            }
            Self::IdentityProvider(_) => {
                "Renew oauth.enterprise.idToken, and check that the hub's client may exchange it."
            }
            Self::Store(StoreError::Sealed { why, .. }) => why.remedy(),
            Self::Store(_) => "See to it that the settings file can be read and written.",
            Self::Form(_) => return None,
        };
        Some(fixed.into())
    }

    /// The status of a page or an API answer that tells it.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::UnknownServer { .. } | Self::UnknownLink => StatusCode::NOT_FOUND,
            Self::NotLoggedIn { .. }
            | Self::Choose(_)
            | Self::Key(_)
            | Self::Material { .. }
            | Self::OtherIssuer { .. }
            | Self::UnwrittenIssuer { .. }
            | Self::ForeignLogin(_) => StatusCode::CONFLICT,
            Self::LinkInUse | Self::Callback(_) => StatusCode::FORBIDDEN,
            Self::Redacted { status, .. } => *status,
            Self::Form(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::ProtectedResource(_)
            | Self::Metadata(_)
            | Self::NoMetadata { .. }
            | Self::NoLoginPage { .. }
            | Self::Issuer(..)
            | Self::Pkce(_)
            | Self::Registration(_)
            | Self::Token(_)
            | Self::Provider(_)
            | Self::Plugin(_)
            | Self::PluginFlow { .. }
            | Self::Shape(_)
            | Self::IdentityProvider(_)
            | Self::Egress(_) => StatusCode::BAD_GATEWAY,
            Self::Store(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Whether the login may go well if it is simply tried again.
    pub(super) fn is_transient(&self) -> bool {
        match self {
            Self::Egress(error) => error.is_transient(),
            Self::Provider(fault) => matches!(fault.class, ErrorClass::Transient | ErrorClass::RateLimited(_)),
            // A page of a proxy, or half an answer: neither says anything about the grant.
            Self::Token(TokenError::Unreadable(_)) => true,
            Self::UnknownServer { .. }
            | Self::NotLoggedIn { .. }
            | Self::UnknownLink
            | Self::LinkInUse
            | Self::OtherIssuer { .. }
            | Self::UnwrittenIssuer { .. }
            | Self::ForeignLogin(_)
            | Self::Callback(_)
            | Self::ProtectedResource(_)
            | Self::Metadata(_)
            | Self::NoMetadata { .. }
            | Self::NoLoginPage { .. }
            | Self::Issuer(..)
            | Self::Pkce(_)
            | Self::Registration(_)
            | Self::Token(TokenError::Refused { .. } | TokenError::NoToken | TokenError::BadToken)
            | Self::Plugin(_)
            | Self::PluginFlow { .. }
            | Self::Choose(_)
            | Self::Shape(_)
            | Self::Key(_)
            | Self::Material { .. }
            | Self::IdentityProvider(_)
            | Self::Store(_)
            | Self::Form(_)
            | Self::Redacted { .. } => false,
        }
    }

    /// As people may see it: the same, unless somebody's words in it show what was sent.
    pub(super) fn shown(self, redaction: &Redaction) -> Self {
        let (sentence, remedy) = (self.to_string(), self.remedy().map(Cow::into_owned));
        let (shown, shown_remedy) = (redaction.shown(&sentence), remedy.as_deref().map(|text| redaction.shown(text)));
        if shown == sentence && shown_remedy == remedy {
            return self;
        }
        Self::Redacted { status: self.status(), sentence: shown, remedy: shown_remedy }
    }

    /// The sentence and the remedy in one text.
    #[must_use]
    pub fn told(&self) -> String {
        match self.remedy() {
            Some(remedy) => format!("{self}. {remedy}"),
            None => self.to_string(),
        }
    }
}

impl From<mcphub_oauth::template::FillError> for ConnectError {
    fn from(error: mcphub_oauth::template::FillError) -> Self {
        Self::Shape(error.into())
    }
}
