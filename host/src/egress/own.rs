//! The hub's own addresses. Nobody makes the hub ask itself: what comes from this machine may use its whole API.

use std::net::{IpAddr, SocketAddr};

use url::{Host, Url};

use super::host::is_localhost;

/// Where the hub listens, and where people reach it.
#[derive(Debug, Clone, Default)]
pub struct Own {
    listen: Vec<SocketAddr>,
    base: Option<Url>,
}

impl Own {
    /// A hub that listens at these addresses and is reached at this one, whose path ends in a slash.
    #[must_use]
    pub fn new(listen: &[SocketAddr], base: &Url) -> Self {
        Self { listen: listen.to_vec(), base: Some(base.clone()) }
    }

    /// Whether a URL leads to the hub, as far as the URL itself tells. A foreign name that resolves to the hub is
    /// recognised when it is resolved.
    #[must_use]
    pub fn is_at(&self, url: &Url) -> bool {
        self.is_below_base(url) || self.is_listened_at(url)
    }

    /// Whether the hub listens at this port of some address.
    pub(super) fn has_port(&self, port: u16) -> bool {
        self.listen.iter().any(|own| own.port() == port)
    }

    /// Whether the hub listens there.
    pub(super) fn listens_at(&self, address: IpAddr, port: u16) -> bool {
        let at = SocketAddr::new(address.to_canonical(), port);
        let is_it = |own: &SocketAddr| {
            // At every address of this machine: those that certainly are this machine's.
            own.ip().is_unspecified() && own.port() == port && (address.is_loopback() || address.is_unspecified())
                || SocketAddr::new(own.ip().to_canonical(), own.port()) == at
        };
        self.listen.iter().any(is_it)
    }

    /// Its host may have other programs beside the hub, as long as the base address has a path.
    fn is_below_base(&self, url: &Url) -> bool {
        self.base.as_ref().is_some_and(|base| {
            base.origin() == url.origin() && format!("{}/", url.path().trim_end_matches('/')).starts_with(base.path())
        })
    }

    fn is_listened_at(&self, url: &Url) -> bool {
        let Some(port) = url.port_or_known_default() else { return false };
        match url.host() {
            Some(Host::Ipv4(address)) => self.listens_at(address.into(), port),
            Some(Host::Ipv6(address)) => self.listens_at(address.into(), port),
            Some(Host::Domain(name)) => is_localhost(name) && self.has_port(port),
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_at(base: &str, url: &str) -> bool {
        let listen = ["127.0.0.1:3000", "[::1]:3000"].map(|address| address.parse().expect("address"));
        Own::new(&listen, &Url::parse(base).expect("base")).is_at(&Url::parse(url).expect("url"))
    }

    #[test]
    fn the_hub_is_known_however_its_address_is_spelled() {
        for url in [
            "http://127.0.0.1:3000/api/servers/good/logout",
            "http://localhost:3000/mcp",
            "http://LOCALHOST.:3000/",
            "http://dev.localhost:3000/",
            "http://[::1]:3000/",
            "http://[::ffff:127.0.0.1]:3000/",
            "http://2130706433:3000/",
            "https://hub.example/api",
            "https://hub.example:443",
        ] {
            assert!(is_at("https://hub.example/", url), "{url}");
        }
        for url in
            ["http://127.0.0.1:3001/", "http://127.0.0.2:3000/", "https://hub.example:8443/", "http://a.example:3000/"]
        {
            assert!(!is_at("https://hub.example/", url), "{url}");
        }
    }

    #[test]
    fn what_stands_beside_the_hub_on_its_host_is_not_the_hub() {
        for (url, own) in [
            ("https://host.example/hub", true),
            ("https://host.example/hub/api", true),
            ("https://host.example/x/../hub/api", true),
            ("https://host.example/login/realms/a", false),
            ("https://host.example/hubris", false),
        ] {
            assert_eq!(is_at("https://host.example/hub/", url), own, "{url}");
        }
    }
}
