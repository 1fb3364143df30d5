//! The registered names of client authentication methods. Which one is chosen and what it sends is in `client_auth`.

/// `token_endpoint_auth_method` (RFC 7591 §2, `OpenID` Connect Core §9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthMethod {
    /// `none`: a public client, which sends its id and no secret.
    None,
    /// `client_secret_basic`: id and secret in the `Authorization` header.
    Basic,
    /// `client_secret_post`: id and secret in the body.
    Post,
    /// `private_key_jwt`: a JWT signed with the client's key (RFC 7523 §2.2).
    PrivateKeyJwt,
}

impl AuthMethod {
    /// The name under which it is registered and listed in metadata.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Basic => "client_secret_basic",
            Self::Post => "client_secret_post",
            Self::PrivateKeyJwt => "private_key_jwt",
        }
    }

    /// Every method that the hub knows.
    pub fn all() -> impl Iterator<Item = Self> {
        std::iter::successors(Some(Self::None), |method| method.next())
    }

    /// The method after this one. A match, so that the compiler asks for the place of a new method.
    const fn next(self) -> Option<Self> {
        match self {
            Self::None => Some(Self::Basic),
            Self::Basic => Some(Self::Post),
            Self::Post => Some(Self::PrivateKeyJwt),
            Self::PrivateKeyJwt => None,
        }
    }

    /// The method of this registered name, if the hub knows it.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::all().find(|method| method.name() == name)
    }
}
