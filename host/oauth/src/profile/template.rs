//! Text with slots that the hub fills: how a plugin describes a request without seeing what is in it.

/// How `now` is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeFormat {
    /// Seconds since the epoch.
    EpochSeconds,
    /// Milliseconds since the epoch.
    EpochMilliseconds,
    /// RFC 3339 in UTC, whole seconds.
    Rfc3339,
}

/// A place the hub fills.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Slot {
    /// The value of the input of this key.
    Input(String),
    /// The value captured earlier under this key.
    Captured(String),
    /// The `client_id` of the client.
    ClientId,
    /// The client secret; a secret slot.
    ClientSecret,
    /// The secret input of this key; a secret slot.
    ExtraSecret(String),
    /// The authorization code; a secret slot.
    Code,
    /// The PKCE code verifier; a secret slot.
    Verifier,
    /// The `state` of this login.
    State,
    /// The redirect URI of this login.
    RedirectUri,
    /// Host and port of the redirect URI.
    RedirectHost,
    /// The resource indicator as the hub would send it.
    ResourceUri,
    /// The requested scopes, joined.
    Scope,
    /// The access token of a slot.
    AccessToken(String),
    /// The refresh token of a slot.
    RefreshToken(String),
    /// The hub's time, in this format.
    Now(TimeFormat),
    /// This many random bytes, base64url without padding.
    Random(u32),
}

impl Slot {
    /// Whether what goes in must stay between the hub and the provider.
    #[must_use]
    pub const fn is_secret(&self) -> bool {
        match self {
            Self::ClientSecret
            | Self::ExtraSecret(_)
            | Self::Code
            | Self::Verifier
            | Self::AccessToken(_)
            | Self::RefreshToken(_) => true,
            Self::Input(_)
            | Self::Captured(_)
            | Self::ClientId
            | Self::State
            | Self::RedirectUri
            | Self::RedirectHost
            | Self::ResourceUri
            | Self::Scope
            | Self::Now(_)
            | Self::Random(_) => false,
        }
    }

    /// The name of what the authorization server may see and the MCP server may not, if this is that.
    const fn only_for_issuer(&self) -> Option<&'static str> {
        match self {
            Self::ClientSecret => Some("client secret"),
            Self::ExtraSecret(_) => Some("secret input"),
            Self::Code => Some("code"),
            Self::Verifier => Some("verifier"),
            Self::State => Some("state"),
            Self::RefreshToken(_) => Some("refresh token"),
            // The server's own token.
            Self::AccessToken(_)
            | Self::Input(_)
            | Self::Captured(_)
            | Self::ClientId
            | Self::RedirectUri
            | Self::RedirectHost
            | Self::ResourceUri
            | Self::Scope
            | Self::Now(_)
            | Self::Random(_) => None,
        }
    }
}

/// A literal or a slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Atom {
    /// Text that the plugin wrote.
    Literal(String),
    /// A place that the hub fills.
    Slot(Slot),
}

/// The hash functions that a digest may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hash {
    /// SHA-256, or HMAC-SHA-256 with a key.
    Sha256,
    /// SHA-512, or HMAC-SHA-512 with a key.
    Sha512,
}

/// How a digest is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DigestEncoding {
    /// Hexadecimal digits in lower case.
    Hex,
    /// Base64 with padding (RFC 4648 §4).
    Base64,
    /// Base64url without padding (RFC 4648 §5).
    Base64Url,
}

/// A digest or, with a key, an HMAC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digest {
    /// The hash function to use.
    pub hash: Hash,
    /// With a key it is an HMAC (RFC 2104).
    pub key: Option<Atom>,
    /// What is hashed, joined.
    pub parts: Vec<Atom>,
    /// How it is written.
    pub encoding: DigestEncoding,
}

/// A JWT signed with the client's private key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assertion {
    /// The JOSE `alg` that the client's key must be for.
    pub algorithm: String,
    /// Claims by name; the hub adds `iat`, `exp` and `jti`.
    pub claims: Vec<(String, Vec<Atom>)>,
}

/// One piece of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Text that the plugin wrote.
    Literal(String),
    /// A place that the hub fills.
    Slot(Slot),
    /// `base64(user:password)`, without the word `Basic`.
    Basic {
        /// What stands before the colon.
        user: Vec<Atom>,
        /// What stands after the colon.
        password: Vec<Atom>,
    },
    /// A digest or an HMAC of joined parts.
    Digest(Digest),
    /// A JWT that the hub signs with the client's key.
    Assertion(Assertion),
    /// The first characters of a value.
    Prefix(Atom, u32),
}

/// Pieces that are joined without anything between them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Template(pub Vec<Piece>);

/// A name and a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Param {
    /// Name of the parameter, header or member.
    pub name: String,
    /// Its value, with slots that the hub fills.
    pub value: Template,
}

impl Template {
    /// A template without slots.
    #[must_use]
    pub fn literal(text: impl Into<String>) -> Self {
        Self(vec![Piece::Literal(text.into())])
    }

    /// Every slot it has, those inside digests and assertions too.
    pub fn slots(&self) -> impl Iterator<Item = &Slot> {
        self.0.iter().flat_map(Piece::slots)
    }

    /// The name of the first thing in it that the authorization server may see and the MCP server may not.
    #[must_use]
    pub fn only_for_issuer(&self) -> Option<&'static str> {
        let of_piece = |piece: &Piece| match piece {
            Piece::Assertion(_) => Some("assertion"),
            other => other.slots().into_iter().find_map(Slot::only_for_issuer),
        };
        self.0.iter().find_map(of_piece)
    }

    /// The text before the first slot.
    #[must_use]
    pub fn literal_start(&self) -> &str {
        match self.0.first() {
            Some(Piece::Literal(text)) => text,
            _ => "",
        }
    }
}

impl Piece {
    /// Whether a secret goes into it.
    #[must_use]
    pub fn holds_secret(&self) -> bool {
        matches!(self, Self::Assertion(_)) || self.slots().into_iter().any(Slot::is_secret)
    }

    fn slots(&self) -> Vec<&Slot> {
        match self {
            Self::Literal(_) => Vec::new(),
            Self::Slot(slot) => vec![slot],
            Self::Basic { user, password } => user.iter().chain(password).filter_map(Atom::slot).collect(),
            Self::Digest(digest) => digest.key.iter().chain(&digest.parts).filter_map(Atom::slot).collect(),
            Self::Assertion(assertion) => {
                assertion.claims.iter().flat_map(|(_, atoms)| atoms).filter_map(Atom::slot).collect()
            }
            Self::Prefix(atom, _) => atom.slot().into_iter().collect(),
        }
    }
}

impl Atom {
    const fn slot(&self) -> Option<&Slot> {
        match self {
            Self::Literal(_) => None,
            Self::Slot(slot) => Some(slot),
        }
    }
}
