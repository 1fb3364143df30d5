//! The hosts that a plugin may make the hub talk to: those it names, and those of the login itself.
//!
//! One rule for both times at which it is kept: when a plugin's answer is read (nothing is filled in yet), and when a request
//! that it describes is about to be sent.

use std::collections::BTreeSet;

use url::Url;

use crate::build_error::BuildError;
use crate::profile::{HostPattern, Inputs};

/// Origins that belong to a login: scheme, host and port.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LoginOrigins {
    /// The issuer and its endpoints. The MCP server is among them only where it is its own authorization server.
    pub issuer: BTreeSet<String>,
    /// Origin of the MCP server. What is for the authorization server alone goes there only if `issuer` has it, too.
    pub server: Option<String>,
}

impl LoginOrigins {
    /// The origin of an http(s) address as it stands here; none for any other scheme.
    #[must_use]
    pub fn origin(url: &Url) -> Option<String> {
        matches!(url.scheme(), "https" | "http").then(|| url.origin().ascii_serialization())
    }

    fn has_issuer(&self, url: &Url) -> bool {
        Self::origin(url).is_some_and(|origin| self.issuer.contains(&origin))
    }
}

/// Where a plugin may send a request. Another port or scheme of an allowed host is another place.
#[derive(Debug, Clone, Default)]
pub struct AllowedHosts {
    /// Hosts that the plugin names (`identity.hosts`), shown to a person before it is trusted.
    pub named: Vec<HostPattern>,
    /// What a person wrote for the inputs that the patterns refer to.
    pub inputs: Inputs,
    /// Origins that belong to the login.
    pub login: LoginOrigins,
}

impl AllowedHosts {
    /// Whether the plugin names the host of this address. Only https on the usual port counts, or the address that a person
    /// gave.
    #[must_use]
    pub fn names(&self, url: &Url) -> bool {
        self.named.iter().any(|pattern| pattern.admits_url(url, &self.inputs))
    }

    /// Whether this is the MCP server.
    #[must_use]
    pub fn is_server(&self, url: &Url) -> bool {
        self.login.server.is_some() && self.login.server == LoginOrigins::origin(url)
    }

    /// Whether an address belongs to the login as it is, whatever its scheme: issuer, endpoints, MCP server.
    #[must_use]
    pub fn is_of_login(&self, url: &Url) -> bool {
        self.login.has_issuer(url) || self.is_server(url)
    }

    /// Refuses any place that may not see what belongs to the authorization server: the MCP server, too, where it is neither
    /// named nor its own authorization server.
    pub fn check(&self, url: &Url) -> Result<(), BuildError> {
        if self.names(url) || self.login.has_issuer(url) {
            return Ok(());
        }
        let host = url.host_str().unwrap_or_default().to_ascii_lowercase();
        let place = url.port().map_or_else(|| host.clone(), |port| format!("{host}:{port}"));
        Err(BuildError::Host(crate::issuer::shortened(&place)))
    }

    /// Whether a host that begins with `head` and ends with `tail`, with inputs `keys` between, could be a named one once the
    /// inputs are known.
    #[must_use]
    pub fn could_name(&self, head: &str, tail: &str, keys: &[&str]) -> bool {
        let could = |pattern: &HostPattern| match pattern {
            HostPattern::Exact(name) => name.starts_with(head) && name.ends_with(tail),
            HostPattern::Below(name) => {
                let suffix = format!(".{name}");
                tail.ends_with(&suffix) || suffix.ends_with(tail)
            }
            HostPattern::Input(key) => keys.contains(&key.as_str()),
        };
        self.named.iter().any(could)
    }

    /// Whether a value that the plugin itself gives for the input `key` would open a host that it does not name: `{key}` is
    /// for what a person writes.
    #[must_use]
    pub fn opens_itself(&self, key: &str, value: &str) -> bool {
        let none = Inputs::default();
        let is_named = |host: String| self.named.iter().any(|pattern| pattern.admits(&host, &none));
        self.named.contains(&HostPattern::Input(key.to_owned())) && !HostPattern::host_of(value).is_some_and(is_named)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts() -> AllowedHosts {
        AllowedHosts {
            named: vec![HostPattern::Exact("api.example".into()), HostPattern::Input("address".into())],
            inputs: Inputs::from_iter([("address".to_owned(), "https://own.example:8443/x".to_owned())]),
            login: LoginOrigins {
                issuer: BTreeSet::from(["https://as.example:4000".to_owned()]),
                server: Some("https://rs.example".to_owned()),
            },
        }
    }

    fn url(text: &str) -> Url {
        Url::parse(text).expect("url")
    }

    #[test]
    fn another_port_or_scheme_of_a_host_is_another_place() {
        for good in ["https://as.example:4000/x", "https://api.example/x", "https://own.example:8443/y"] {
            assert_eq!(hosts().check(&url(good)), Ok(()), "{good}");
        }
        for bad in [
            "https://as.example/x",
            "https://as.example:22/x",
            "http://as.example:4000/x",
            "https://api.example:8080/x",
            "http://api.example/x",
            "https://own.example/x",
        ] {
            let refused = hosts().check(&url(bad)).expect_err("refused").to_string();
            assert!(refused.contains("which it may not"), "{bad}: {refused}");
        }
    }

    #[test]
    fn the_mcp_server_belongs_to_the_login_and_is_not_the_authorization_server() {
        let server = url("https://rs.example/mcp");

        assert!(hosts().is_server(&server) && hosts().is_of_login(&server));
        assert!(hosts().check(&server).is_err());
        assert!(!hosts().is_of_login(&url("data:text/plain,x")));
    }

    #[test]
    fn a_template_could_lead_to_a_named_host_or_it_could_not() {
        let tenants = AllowedHosts { named: vec![HostPattern::Below("acme.example".into())], ..hosts() };

        assert!(tenants.could_name("", ".acme.example", &["tenant"]));
        assert!(!tenants.could_name("", ".evil.example", &["tenant"]));
        assert!(hosts().could_name("", "", &["address"]) && !tenants.could_name("x", "y", &["address"]));
    }

    #[test]
    fn a_plugin_opens_no_host_for_itself() {
        assert!(hosts().opens_itself("address", "https://evil.example"));
        assert!(!hosts().opens_itself("address", "https://api.example"));
        assert!(!hosts().opens_itself("tenant", "https://evil.example"));
    }
}
