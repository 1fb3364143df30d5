//! What a person is told before they are sent to a login page of another site.

/// Which server sends the person to which site, and which site makes the token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignLogin {
    /// Name of the server.
    pub server: String,
    /// The origin of the server.
    pub address: String,
    /// The site of the login page.
    pub login: String,
    /// The site that gets the answer of the login page, and makes the token.
    pub token: String,
}

/// The two sites that a person agrees to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sites<'a> {
    /// The site of the login page.
    pub login: &'a str,
    /// The site that makes the token.
    pub token: &'a str,
}

impl ForeignLogin {
    /// What the person agrees to by going on.
    #[must_use]
    pub fn sites(&self) -> Sites<'_> {
        Sites { login: &self.login, token: &self.token }
    }
}

impl std::fmt::Display for ForeignLogin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { server, address, login, token } = self;
        write!(f, "{server} ({address}) sends you to {login} to sign in, ")?;
        if login == token {
            write!(f, "and {address} gets the access to your account there")
        } else {
            write!(f, "and {token} and {address} get the access to your account there")
        }
    }
}
