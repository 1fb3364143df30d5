//! Text with slots that the hub fills: how a plugin describes a request without seeing what is in it.

/// How `now` is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeFormat {
    /// Seconds since the epoch.
    EpochSeconds,
    /// Milliseconds since the epoch.
    EpochMilliseconds,
    /// RFC 3339.
    Rfc3339,
}

/// A place the hub fills.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Slot {
    /// An input's value.
    Input(String),
    /// A captured value.
    Captured(String),
    /// `client_id`.
    ClientId,
    /// The client secret.
    ClientSecret,
    /// A secret input.
    ExtraSecret(String),
    /// The authorization code.
    Code,
    /// The PKCE verifier.
    Verifier,
    /// The `state`.
    State,
    /// The redirect URI.
    RedirectUri,
    /// Host and port of the redirect URI.
    RedirectHost,
    /// The resource indicator.
    ResourceUri,
    /// The requested scopes, joined.
    Scope,
    /// The access token of a slot.
    AccessToken(String),
    /// The refresh token of a slot.
    RefreshToken(String),
    /// The hub's time.
    Now(TimeFormat),
    /// Random bytes, base64url.
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
    /// Text.
    Literal(String),
    /// A slot.
    Slot(Slot),
}

/// Hash functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hash {
    /// SHA-256.
    Sha256,
    /// SHA-512.
    Sha512,
}

/// How a digest is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DigestEncoding {
    /// Lower-case hexadecimal.
    Hex,
    /// Base64 with padding.
    Base64,
    /// Base64url without padding.
    Base64Url,
}

/// A digest or, with a key, an HMAC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digest {
    /// Hash function.
    pub hash: Hash,
    /// HMAC key.
    pub key: Option<Atom>,
    /// What is hashed, joined.
    pub parts: Vec<Atom>,
    /// How it is written.
    pub encoding: DigestEncoding,
}

/// A JWT signed with the client's private key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assertion {
    /// JOSE `alg`.
    pub algorithm: String,
    /// Claims.
    pub claims: Vec<(String, Vec<Atom>)>,
}

/// One piece of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Text.
    Literal(String),
    /// A slot.
    Slot(Slot),
    /// `base64(user:password)`.
    Basic {
        /// Before the colon.
        user: Vec<Atom>,
        /// After it.
        password: Vec<Atom>,
    },
    /// A digest.
    Digest(Digest),
    /// A signed JWT.
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
    /// Name.
    pub name: String,
    /// Value.
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
