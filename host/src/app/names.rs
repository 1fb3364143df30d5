//! The names that this hub answers to, and what each of them is.
//!
//! There is one base address: links and redirects lead there whatever name a request came by. A loopback name is used on this
//! machine only; every other name is public, because nobody knows who reaches it.

use std::net::IpAddr;

use url::Url;

use crate::settings::Settings;

/// The names of a hub, its base address first.
#[derive(Debug, Clone)]
pub struct Names {
    base: Url,
    /// Redirect addresses that the person wrote for single servers.
    redirects: Vec<Url>,
    /// Host names of all of these and those of `install.allowedHosts`.
    known: Vec<String>,
    is_open: bool,
}

/// What a name of the hub is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The name belongs to this machine alone.
    Local,
    /// The name can be reached from a network.
    Public,
}

/// Where the cookie of a browser belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CookiePlace {
    /// Whether browsers come by https.
    pub is_secure: bool,
    /// The port in the address.
    pub port: u16,
    /// The path below which the hub is; empty where it has its host for itself.
    pub prefix: String,
}

impl Names {
    /// The names that the settings give, with this base address.
    #[must_use]
    pub fn new(base: &Url, settings: &Settings) -> Self {
        let redirects: Vec<Url> =
            settings.usable().into_iter().filter_map(|server| server.oauth.redirect_uri).collect();
        let written = redirects.iter().chain([base]).filter_map(Url::host_str);
        let allowed = settings.system.allowed_hosts.iter().map(String::as_str);
        let known = written.chain(allowed).map(name_of).collect();
        Self { base: base.clone(), redirects, known, is_open: settings.system.skips_authentication }
    }

    /// The address that links and redirects lead to; its path ends in a slash.
    #[must_use]
    pub fn base(&self) -> &Url {
        &self.base
    }

    /// Whether a proxy in front authenticates everybody who comes by a public name.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.is_open
    }

    /// Whether any name is public.
    #[must_use]
    pub fn has_public(&self) -> bool {
        self.known.iter().any(|name| !is_loopback(name))
    }

    /// What the name in a `Host` header is. None: it is not one of this hub's.
    #[must_use]
    pub fn standing(&self, host: &str) -> Option<Standing> {
        let name = name_of(host);
        if is_loopback(&name) {
            return Some(Standing::Local);
        }
        self.known.contains(&name).then_some(Standing::Public)
    }

    /// Whether logins begin and end at this name: that of the base address, or of a redirect address.
    #[must_use]
    pub fn is_home(&self, host: &str) -> bool {
        let name = name_of(host);
        self.redirects.iter().chain([&self.base]).filter_map(Url::host_str).any(|home| name_of(home) == name)
    }

    /// Where the cookie of a browser that came by this name belongs.
    #[must_use]
    pub fn cookie_place(&self, host: &str) -> CookiePlace {
        let name = name_of(host);
        let named = |url: &&Url| url.host_str().is_some_and(|home| name_of(home) == name);
        let home = [&self.base].into_iter().chain(&self.redirects).find(named).unwrap_or(&self.base);
        let prefix = if home.origin() == self.base.origin() { prefix(&self.base) } else { "" };
        CookiePlace {
            is_secure: home.scheme() == "https",
            port: home.port_or_known_default().unwrap_or_default(),
            prefix: prefix.to_owned(),
        }
    }
}

/// The path below which the hub is, without a slash at its end: empty where it has its host for itself.
#[must_use]
pub fn prefix(base: &Url) -> &str {
    base.path().trim_end_matches('/')
}

/// An address of the hub as the others are made from it: with a slash at its end, without query and fragment.
#[must_use]
pub fn as_base(mut url: Url) -> Url {
    url.set_query(None);
    url.set_fragment(None);
    let path = format!("{}/", prefix(&url));
    url.set_path(&path);
    url
}

/// The name in a `Host` header, without its port.
fn name_of(host: &str) -> String {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        Some(_) | None => host,
    };
    name.to_ascii_lowercase()
}

/// `localhost`, or an address that never leaves this machine. No page can give another name such an address.
fn is_loopback(name: &str) -> bool {
    let address = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(name);
    name == "localhost" || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(base: &str, allowed: &[&str]) -> Names {
        let mut settings = Settings::default();
        settings.system.allowed_hosts = allowed.iter().map(|&name| name.to_owned()).collect();
        Names::new(&as_base(Url::parse(base).expect("a URL")), &settings)
    }

    #[test]
    fn loopback_names_are_local_with_any_port_and_the_others_public() {
        let names = names("https://hub.example", &["hub.lan", "other.lan:3000"]);

        for host in ["localhost:3000", "127.0.0.1", "127.0.0.2:1", "[::1]:4000", "LOCALHOST"] {
            assert_eq!(names.standing(host), Some(Standing::Local), "{host}");
        }
        for host in ["hub.example", "HUB.example:443", "hub.lan:3000", "other.lan"] {
            assert_eq!(names.standing(host), Some(Standing::Public), "{host}");
        }
        for host in
            ["evil.example", "", "localhost.evil.example", "[::2]", "10.0.0.1", "hub.example.", "127.0.0.1.evil"]
        {
            assert_eq!(names.standing(host), None, "{host}");
        }
        assert!(names.has_public());
    }

    #[test]
    fn a_base_address_ends_in_a_slash_and_has_a_prefix() {
        for (written, base, below) in [
            ("https://host/hub", "https://host/hub/", "/hub"),
            ("https://host/hub/?a=b#c", "https://host/hub/", "/hub"),
            ("https://host", "https://host/", ""),
        ] {
            let url = as_base(Url::parse(written).expect("a URL"));
            assert_eq!((url.as_str(), prefix(&url)), (base, below), "{written}");
        }
    }

    #[test]
    fn a_cookie_belongs_to_the_address_at_which_its_login_is() {
        let place = names("https://host/hub", &[]).cookie_place("localhost:3000");

        assert_eq!(place, CookiePlace { is_secure: true, port: 443, prefix: "/hub".to_owned() });
    }
}
