//! Who is who on the web: two addresses of one site are run by the same people, as far as their names can tell.

use url::{Host, Url};

/// A site: the registrable domain of a host (public suffix list). A host without one (an address, `localhost`, a name of one's
/// own network) is a site by itself together with its port: on one machine every port may be somebody else's program.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Site(String);

impl Site {
    /// The site of an address; none: it has no host.
    #[must_use]
    pub fn of(url: &Url) -> Option<Self> {
        let by_port = || {
            let port = url.port_or_known_default().map(|port| format!(":{port}")).unwrap_or_default();
            url.host_str().map(|host| Self(format!("{}{port}", host.to_ascii_lowercase())))
        };
        match url.host()? {
            Host::Domain(name) => match registrable(name) {
                Some(domain) => Some(Self(domain)),
                None => by_port(),
            },
            Host::Ipv4(_) | Host::Ipv6(_) => by_port(),
        }
    }

    /// As people read it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether two addresses are of one host. On one's own machine the port counts too.
#[must_use]
pub fn same_host(one: &Url, other: &Url) -> bool {
    let has_no_domain = |url: &Url| url.domain().is_none_or(|name| registrable(name).is_none());
    one.host().is_some()
        && one.host() == other.host()
        && (!has_no_domain(one) || one.port_or_known_default() == other.port_or_known_default())
}

fn registrable(name: &str) -> Option<String> {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    if name == "localhost" || name.ends_with(".localhost") {
        return None;
    }
    psl::domain_str(&name).map(str::to_owned)
}

impl std::fmt::Display for Site {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).expect("url")
    }

    fn is_one_site(one: &str, other: &str) -> bool {
        Site::of(&url(one)) == Site::of(&url(other))
    }

    #[test]
    fn hosts_under_one_registrable_domain_are_one_site() {
        assert!(is_one_site("https://mcp.acme.example/mcp", "https://login.acme.example:8443/authorize"));
        assert!(is_one_site("https://a.acme.co.uk", "https://b.acme.co.uk."));
        assert!(is_one_site("https://acme.example", "https://ACME.example"));
    }

    #[test]
    fn what_a_public_suffix_divides_is_two_sites() {
        for (one, other) in [
            ("https://acme.co.uk", "https://evil.co.uk"),
            ("https://acme.netlify.app", "https://evil.netlify.app"),
            ("https://acme.example", "https://acme.example.evil.example"),
            ("https://acme.example", "https://evilacme.example"),
            ("https://co.uk", "https://acme.co.uk"),
        ] {
            assert!(!is_one_site(one, other), "{one} {other}");
        }
    }

    #[test]
    fn on_one_machine_every_port_is_a_site() {
        assert!(is_one_site("http://127.0.0.1:4000/mcp", "http://127.0.0.1:4000/authorize"));
        for (one, other) in [
            ("http://127.0.0.1:4000", "http://127.0.0.1:5000"),
            ("http://localhost:4000", "http://localhost:5000"),
            ("http://[::1]:4000", "http://127.0.0.1:4000"),
            ("http://intranet/a", "http://intranet:81/a"),
        ] {
            assert!(!is_one_site(one, other), "{one} {other}");
        }
    }

    #[test]
    fn one_host_is_one_name_and_on_ones_own_machine_one_port() {
        assert!(same_host(&url("https://a.example/mcp"), &url("https://a.example:8443/token")));
        assert!(!same_host(&url("https://a.example/mcp"), &url("https://b.a.example/token")));
        assert!(!same_host(&url("http://127.0.0.1:1/mcp"), &url("http://127.0.0.1:2/token")));
        assert!(same_host(&url("http://127.0.0.1:1/mcp"), &url("http://127.0.0.1:1/token")));
    }
}
