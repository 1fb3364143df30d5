//! Where an MCP server is: what a grant is bound to, whatever the name that the server has in the settings.

use url::Url;

/// The address that a grant was obtained for: scheme, host, port and path of the server's URL. Its tokens go nowhere else.
///
/// The query is left out, as it may hold a secret or a mere option; user information and fragment are never sent.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServerAddress(String);

impl ServerAddress {
    /// The address of a server with this URL.
    #[must_use]
    pub fn of(url: &Url) -> Self {
        let mut address = url.clone();
        address.set_query(None);
        address.set_fragment(None);
        // A URL that cannot have user information has none to leave out.
        let _ = address.set_password(None);
        let _ = address.set_username("");
        Self(address.into())
    }

    /// An address as it was written by [`Self::as_str`]; none: it is not one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Url::parse(text).ok().map(|url| Self::of(&url)).filter(|address| address.0 == text)
    }

    /// The address as it is stored and compared.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(url: &str) -> ServerAddress {
        ServerAddress::of(&Url::parse(url).expect("url"))
    }

    #[test]
    fn only_query_fragment_and_user_make_no_other_address() {
        for same in ["https://u:p@a.example/mcp", "https://A.example:443/mcp?key=1", "https://a.example/mcp#x"] {
            assert_eq!(address(same), address("https://a.example/mcp"), "{same}");
        }
        for other in [
            "http://a.example/mcp",
            "https://a.example:8443/mcp",
            "https://a.example.evil.example/mcp",
            "https://a.example/mcp/",
            "https://a.example/MCP",
            "https://a.example/mcp/../evil",
        ] {
            assert_ne!(address(other), address("https://a.example/mcp"), "{other}");
        }
    }

    #[test]
    fn what_was_written_is_read_again() {
        let written = address("https://u:p@a.example/mcp?x=1");

        assert_eq!(ServerAddress::parse(written.as_str()), Some(written));
        assert_eq!(ServerAddress::parse("https://a.example/mcp?x=1"), None);
        assert_eq!(ServerAddress::parse("a"), None);
    }
}
