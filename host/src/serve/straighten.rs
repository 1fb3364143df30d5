//! The host and the path that a request means. Clients add a slash at the end, a proxy may pass on the path of the base
//! address, and a client that takes the hub for a proxy writes the whole address.

use std::sync::Arc;

use axum::extract::Request;
use axum::http::header::{HOST, HeaderValue};
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, Uri};

use super::forwarded;
use super::paths::{self, first};
use crate::app::{App, Entrance};

/// The path of the base address, which a proxy may pass on or not.
#[derive(Clone)]
pub(super) struct Prefix {
    path: String,
    /// The first segments of the hub's own paths.
    own: &'static [&'static str],
    entrance: Arc<Entrance>,
}

impl Prefix {
    pub(super) fn new(app: &App, own: &'static [&'static str]) -> Self {
        Self { path: app.prefix().to_owned(), own, entrance: app.entrance.clone() }
    }

    /// Puts the host and the path that are meant in the place of those that were asked for, before anything else looks at
    /// them.
    pub(super) fn straighten(&self, request: &mut Request) {
        forwarded::take(&self.entrance.trusted_proxies, request);
        if let Some((host, uri)) = absolute(request.uri(), request.headers()) {
            request.headers_mut().insert(HOST, host);
            *request.uri_mut() = uri;
        }
        let path = self.meant(request.uri().path());
        if path != request.uri().path()
            && let Some(uri) = with_path(request.uri(), path)
        {
            *request.uri_mut() = uri;
        }
    }

    fn meant<'p>(&self, path: &'p str) -> &'p str {
        let path = self.below(path).unwrap_or(path);
        if paths::ENDPOINTS.contains(&first(path)) { path.trim_end_matches('/') } else { path }
    }

    /// The path behind the prefix, where it is one of the hub's own. A prefix may look like one of them, as `/mcp` does.
    fn below<'p>(&self, path: &'p str) -> Option<&'p str> {
        let is_own = |path: &str| self.own.contains(&first(path));
        let rest = path.strip_prefix(&self.path).filter(|_| !self.path.is_empty())?;
        match rest {
            "" | "/" if is_own(&self.path) => None,
            "" | "/" => Some("/"),
            rest => (rest.starts_with('/') && is_own(rest)).then_some(rest),
        }
    }
}

/// RFC 9112 §3.2.2: of a whole address, the host counts in place of the one in `Host`. That there is one `Host` is required all
/// the same (§3.2), and checked later.
fn absolute(uri: &Uri, headers: &HeaderMap) -> Option<(HeaderValue, Uri)> {
    uri.scheme().filter(|_| headers.get_all(HOST).iter().count() == 1)?;
    let host = HeaderValue::from_str(uri.authority()?.as_str()).ok()?;
    let path = uri.path_and_query().cloned().unwrap_or(PathAndQuery::from_static("/"));
    Some((host, Uri::from(path)))
}

fn with_path(uri: &Uri, path: &str) -> Option<Uri> {
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(format!("{path}{query}")).ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn below(prefix: &str) -> Prefix {
        Prefix { path: prefix.to_owned(), own: &["api", "connect", "mcp"], entrance: Arc::default() }
    }

    #[test]
    fn the_host_of_a_whole_address_counts() {
        let headers = |hosts: &[&'static str]| {
            hosts.iter().map(|host| (HOST, HeaderValue::from_static(host))).collect::<HeaderMap>()
        };
        let of = |uri: &'static str, hosts: &[&'static str]| {
            absolute(&Uri::from_static(uri), &headers(hosts)).map(|(host, uri)| (host, uri.to_string()))
        };

        let evil = HeaderValue::from_static("evil.example:81");
        assert_eq!(of("http://evil.example:81/a?b=c", &["localhost"]), Some((evil, "/a?b=c".to_owned())));
        assert_eq!(of("http://evil.example", &["a"]).map(|(_, path)| path).as_deref(), Some("/"));
        assert_eq!(of("/a", &["localhost"]), None);
        assert_eq!(of("http://localhost/a", &["localhost", "evil.example"]), None);
        assert_eq!(of("http://localhost/a", &[]), None);
    }

    #[test]
    fn a_slash_at_the_end_of_an_endpoint_is_forgiven_and_nowhere_else() {
        for (asked, is_meant) in [
            ("/mcp/", "/mcp"),
            ("/mcp/notes/", "/mcp/notes"),
            ("/mcp//", "/mcp"),
            ("/sse/", "/sse"),
            ("/sse/notes/", "/sse/notes"),
            ("/messages/", "/messages"),
            ("/mcp/notes", "/mcp/notes"),
            ("/", "/"),
            ("/connect/", "/connect/"),
            ("/mcpx/", "/mcpx/"),
        ] {
            assert_eq!(below("").meant(asked), is_meant, "{asked}");
        }
    }

    #[test]
    fn the_path_of_the_base_address_may_be_passed_on_or_not() {
        for (asked, prefix, is_meant) in [
            ("/hub", "/hub", "/"),
            ("/hub/", "/hub", "/"),
            ("/hub/mcp/", "/hub", "/mcp"),
            ("/hub/connect/t", "/hub", "/connect/t"),
            ("/connect/t", "/hub", "/connect/t"),
            ("/hubconnect/t", "/hub", "/hubconnect/t"),
            ("/hub/other", "/hub", "/hub/other"),
            ("/a/b/api/servers", "/a/b", "/api/servers"),
            ("/mcp", "/mcp", "/mcp"),
            ("/mcp/notes", "/mcp", "/mcp/notes"),
            ("/mcp/mcp/notes", "/mcp", "/mcp/notes"),
        ] {
            assert_eq!(below(prefix).meant(asked), is_meant, "{asked} below {prefix}");
        }
    }
}
