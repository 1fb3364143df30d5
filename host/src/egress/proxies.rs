//! Proxies, as the environment names them: `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, each also in lower
//! case, which goes before.

use std::sync::Arc;

use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;
use url::Url;

/// What a proxy may speak.
const SCHEMES: [&str; 6] = ["http", "https", "socks4", "socks4a", "socks5", "socks5h"];

/// The proxies for http and https addresses, and what goes without one.
#[derive(Clone, Default)]
pub struct Proxies {
    http: Option<Url>,
    https: Option<Url>,
    /// Decides by `NO_PROXY` which hosts are reached directly.
    matcher: Option<Arc<Matcher>>,
}

impl Proxies {
    /// From variables. The sentences say what is wrong with some of them; those count as not set.
    pub fn read<'v>(variable: impl Fn(&str) -> Option<&'v str>) -> (Self, Vec<String>) {
        let mut faults = Vec::new();
        let mut proxy = |name: &str| {
            let lower = name.to_ascii_lowercase();
            let text = variable(&lower).or_else(|| variable(name))?;
            let url = address(text);
            if url.is_none() {
                faults.push(format!("{name} is not the address of a proxy; write it like http://proxy.example:3128"));
            }
            url
        };
        let all = proxy("ALL_PROXY");
        let (http, https) = (proxy("HTTP_PROXY").or_else(|| all.clone()), proxy("HTTPS_PROXY").or(all));
        let except = variable("no_proxy").or_else(|| variable("NO_PROXY")).unwrap_or_default();
        if http.is_none() && https.is_none() {
            return (Self::default(), faults);
        }
        let except: Vec<&str> = except.split([',', ' ']).map(host).filter(|host| !host.is_empty()).collect();
        let matcher = Matcher::builder().all("http://proxy.invalid").no(except.join(",")).build();
        (Self { http, https, matcher: Some(Arc::new(matcher)) }, faults)
    }

    /// The proxy for an address.
    pub(super) fn of(&self, url: &Url) -> Option<&Url> {
        let proxy = match url.scheme() {
            "http" => self.http.as_ref(),
            "https" => self.https.as_ref(),
            _ => None,
        }?;
        let uri: Uri = url.as_str().parse().ok()?;
        self.matcher.as_ref()?.intercept(&uri).map(|_| proxy)
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.http.is_none() && self.https.is_none()
    }
}

/// A proxy as people read it: without its user and password.
pub(crate) fn shown(proxy: &Url) -> String {
    let host = proxy.host_str().unwrap_or_default();
    let port = proxy.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}://{host}{port}", proxy.scheme())
}

fn address(text: &str) -> Option<Url> {
    let text = text.trim();
    let url = if text.contains("://") { Url::parse(text) } else { Url::parse(&format!("http://{text}")) };
    url.ok().filter(|url| url.host_str().is_some_and(|host| !host.is_empty()) && SCHEMES.contains(&url.scheme()))
}

/// An entry of `NO_PROXY` without its port and without the star that some write before a domain.
fn host(entry: &str) -> &str {
    let entry = entry.trim();
    let entry = entry.strip_prefix('*').filter(|rest| rest.starts_with('.')).unwrap_or(entry);
    match entry.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') && port.chars().all(|digit| digit.is_ascii_digit()) => host,
        Some(_) | None => entry,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(variables: &'static [(&str, &str)]) -> (Proxies, Vec<String>) {
        Proxies::read(|name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| *value))
    }

    fn of(proxies: &Proxies, url: &str) -> Option<String> {
        proxies.of(&Url::parse(url).expect("url")).map(shown)
    }

    #[test]
    fn each_scheme_has_its_proxy_and_all_is_for_the_rest() {
        let (proxies, faults) =
            proxies(&[("http_proxy", "plain.example:3128"), ("ALL_PROXY", "socks5h://all.example")]);

        assert_eq!(of(&proxies, "http://a.example/").as_deref(), Some("http://plain.example:3128"));
        assert_eq!(of(&proxies, "https://a.example/").as_deref(), Some("socks5h://all.example"));
        assert!(faults.is_empty());
    }

    #[test]
    fn lower_case_goes_before_upper_case() {
        let (proxies, _) = proxies(&[("https_proxy", "http://lower.example"), ("HTTPS_PROXY", "http://upper.example")]);

        assert_eq!(of(&proxies, "https://a.example/").as_deref(), Some("http://lower.example"));
        assert_eq!(of(&proxies, "http://a.example/"), None);
    }

    #[test]
    fn what_no_proxy_lists_goes_without_one() {
        let (proxies, _) = proxies(&[
            ("HTTPS_PROXY", "http://proxy.example"),
            ("NO_PROXY", "corp.example, *.inner.example,one.example:8443,192.0.2.0/24"),
        ]);

        for url in ["https://corp.example/", "https://a.corp.example/", "https://a.inner.example/"] {
            assert_eq!(of(&proxies, url), None, "{url}");
        }
        assert_eq!(of(&proxies, "https://one.example:8443/"), None);
        assert_eq!(of(&proxies, "https://192.0.2.7/"), None);
        assert!(of(&proxies, "https://notcorp.example/").is_some());
    }

    #[test]
    fn a_star_takes_every_proxy_away() {
        let (proxies, _) = proxies(&[("HTTPS_PROXY", "http://proxy.example"), ("no_proxy", "*")]);

        assert_eq!(of(&proxies, "https://a.example/"), None);
    }

    #[test]
    fn what_is_no_address_is_told_by_name_and_without_its_value() {
        let (proxies, faults) = proxies(&[("HTTPS_PROXY", "gopher://ann:s3cret@proxy.example")]);

        assert!(proxies.is_empty());
        assert_eq!(faults, ["HTTPS_PROXY is not the address of a proxy; write it like http://proxy.example:3128"]);
    }

    #[test]
    fn a_proxy_is_shown_without_its_password() {
        let (proxies, _) = proxies(&[("HTTPS_PROXY", "http://ann:s3cret@proxy.example:3128/")]);

        assert_eq!(of(&proxies, "https://a.example/").as_deref(), Some("http://proxy.example:3128"));
    }
}
