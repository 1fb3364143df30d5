//! What a login leaves behind: the tokens, and all that refreshing and revoking them needs.

use std::collections::BTreeMap;
use std::time::SystemTime;

use crate::dpop::DpopKey;
use crate::profile::Pair;
use crate::secret::{AccessToken, RefreshToken};
use crate::server_address::ServerAddress;

/// Whose grant it is, for which server and which account of theirs.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GrantKey {
    /// `local` until people are told apart.
    pub owner: String,
    /// Name of the server in the settings.
    pub server: String,
    /// Name of the account in the settings; `default` where there is only one.
    pub account: String,
}

impl GrantKey {
    /// The grant of the only person, for their only account.
    #[must_use]
    pub fn of_server(server: impl Into<String>) -> Self {
        Self { owner: "local".into(), server: server.into(), account: "default".into() }
    }
}

/// Where a grant is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GrantOrigin {
    /// This issuer made it.
    Issuer(String),
    /// A person wrote its tokens into the settings, which says nothing of an issuer.
    Preset,
}

impl GrantOrigin {
    /// The issuer that made it, if one is known.
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        match self {
            Self::Issuer(issuer) => Some(issuer),
            Self::Preset => None,
        }
    }
}

/// What a grant is good for: where it is the same for two servers, one grant serves both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// The address of the server that it is for.
    pub address: ServerAddress,
    /// Where it is from.
    pub origin: GrantOrigin,
    /// The client that it was given to; none: an assertion was enough, or the person named none.
    pub client_id: Option<String>,
    /// The resource that it is for (RFC 8707).
    pub resource: Option<String>,
}

/// The token of one slot, with what refreshing it needs.
#[derive(Debug, Clone)]
pub struct Token {
    /// The access token, which goes to the MCP server only.
    pub access: AccessToken,
    /// The refresh token, if one was given.
    pub refresh: Option<RefreshToken>,
    /// When the access token ends, if that was told.
    pub expires_at: Option<SystemTime>,
    /// When it was obtained: at the login, or at the last refresh.
    pub obtained_at: SystemTime,
}

/// A grant: bound to the server's address, the issuer, the client and the resource it was made with.
#[derive(Debug, Clone)]
pub struct Grant {
    /// The address of the server that it was obtained for: its tokens are sent nowhere else.
    pub address: ServerAddress,
    /// Where it is from.
    pub origin: GrantOrigin,
    /// The client it was made for; none: an assertion was enough (RFC 7523 §3.1), or the person named none.
    pub client_id: Option<String>,
    /// The resource indicator, frozen; none: none was sent.
    pub resource: Option<String>,
    /// The tokens by the name of their slot.
    pub tokens: BTreeMap<String, Token>,
    /// When the person (or the client, where no person takes part) obtained it first; refreshing does not move it. None:
    /// not known, as of a grant that was kept before this was written down, or that a person brought.
    pub logged_in_at: Option<SystemTime>,
    /// The slot that MCP requests use.
    pub primary: String,
    /// The key that the tokens are bound to (RFC 9449); none: anybody who holds them can use them.
    pub dpop: Option<DpopKey>,
    /// The scopes that the login asked for.
    pub requested_scopes: Vec<String>,
    /// Granted scopes; none: not known.
    pub granted_scopes: Option<Vec<String>>,
    /// Values of callbacks and answers that later requests need.
    pub captured: Vec<Pair>,
    /// How a person knows the account.
    pub account_label: Option<String>,
    /// The provider's id of the account.
    pub account_id: Option<String>,
}

impl Grant {
    /// What it is good for.
    #[must_use]
    pub fn binding(&self) -> Binding {
        let (origin, client_id) = (self.origin.clone(), self.client_id.clone());
        Binding { address: self.address.clone(), origin, client_id, resource: self.resource.clone() }
    }

    /// The issuer that made it; none of a grant that a person brought.
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        self.origin.issuer()
    }

    /// The token that MCP requests carry.
    #[must_use]
    pub fn primary(&self) -> Option<&Token> {
        self.tokens.get(&self.primary)
    }
}
