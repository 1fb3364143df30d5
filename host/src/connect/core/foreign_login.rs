//! What a person reads before they are sent to a login page of another site.

/// A server that sends the person to a login page of another site, and the site that issues the token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignLogin {
    /// Name of the server.
    pub server: String,
    /// The origin of the server.
    pub address: String,
    /// The site of the login page.
    pub login: String,
    /// The site that receives the answer of the login page and issues the token.
    pub token: String,
}

/// The two sites that a person agrees to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sites<'a> {
    /// The site of the login page.
    pub login: &'a str,
    /// The site that issues the token.
    pub token: &'a str,
}

impl ForeignLogin {
    /// The two sites that the person agrees to by continuing.
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
