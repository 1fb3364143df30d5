use axum::http::HeaderValue;

use super::*;
use crate::settings::Settings;

fn names(base: &str, is_open: bool) -> Names {
    let mut settings = Settings::default();
    settings.system.allowed_hosts = vec!["hub.lan".to_owned()];
    settings.system.skips_authentication = is_open;
    Names::new(&Url::parse(base).expect("a URL"), &settings)
}

fn asked_of(
    names: &Names,
    (method, path): (&Method, &str),
    headers: &[(&'static str, &'static str)],
) -> Result<(), GuardRefusal> {
    let headers =
        headers.iter().map(|(name, value)| (name.parse().expect("name"), HeaderValue::from_static(value))).collect();
    Asked { names, has_keys: false, method, path, version: Version::HTTP_11, headers: &headers }.verdict()
}

/// A hub at `https://hub.example` behind a proxy that authenticates.
fn asked(method: &Method, path: &str, headers: &[(&'static str, &'static str)]) -> Result<(), GuardRefusal> {
    asked_of(&names("https://hub.example/", true), (method, path), headers)
}

#[test]
fn a_rebound_name_is_refused() {
    for host in ["evil.example", "evil.example:3000", "localhost.evil.example", ""] {
        assert_eq!(asked(&Method::POST, "/mcp", &[("host", host)]), Err(GuardRefusal::UnknownHost), "{host}");
        assert_eq!(asked(&Method::GET, "/oauth/callback", &[("host", host)]), Err(GuardRefusal::UnknownHost), "{host}");
    }
}

#[test]
fn a_request_without_a_host_or_with_two_is_no_request() {
    for hosts in [&[][..], &["localhost", "localhost"], &["localhost", "evil.example"], &["evil.example", "localhost"]]
    {
        let headers = hosts.iter().map(|host| (HOST, HeaderValue::from_static(host))).collect();
        let names = names("https://hub.example/", true);
        let asked = Asked {
            names: &names,
            has_keys: false,
            method: &Method::GET,
            path: "/",
            version: Version::HTTP_11,
            headers: &headers,
        };

        assert_eq!(asked.verdict(), Err(GuardRefusal::Hosts), "{hosts:?}");
    }
    assert_eq!(GuardRefusal::Hosts.status(), StatusCode::BAD_REQUEST);
}

#[test]
fn a_page_of_another_origin_is_refused() {
    for origin in [
        "https://evil.example",
        "null",
        "http://localhost:8080",
        "https://localhost:3000.evil.example",
        "https://localhost:3000",
        "file://",
        "chrome-extension://abcdef",
        "nonsense",
        "",
    ] {
        for path in ["/mcp", "/connect", "/oauth/choose", "/oauth/paste", "/api/servers/a/login", "/connect/ticket"] {
            let headers = [("host", "localhost:3000"), ("origin", origin)];
            assert_eq!(asked(&Method::POST, path, &headers), Err(GuardRefusal::OtherOrigin), "{origin} {path}");
        }
    }
}

#[test]
fn a_page_of_another_site_is_refused_although_it_says_no_origin() {
    for site in ["cross-site", "same-site"] {
        let headers = [("host", "localhost:3000"), ("sec-fetch-site", site)];
        assert_eq!(asked(&Method::POST, "/api/servers/a/login", &headers), Err(GuardRefusal::OtherSite));
        assert_eq!(asked(&Method::GET, "/api/servers", &headers), Err(GuardRefusal::OtherSite));
        assert_eq!(asked(&Method::GET, "/mcp", &headers), Err(GuardRefusal::OtherSite));
    }
}

#[test]
fn the_hubs_own_pages_are_let_in_by_every_name() {
    for (host, origin) in [
        ("localhost:3000", "http://localhost:3000"),
        ("127.0.0.1:3000", "http://127.0.0.1:3000"),
        ("[::1]:3000", "http://[::1]:3000"),
        ("localhost", "http://localhost"),
        ("hub.example", "https://hub.example"),
        ("hub.example:443", "https://hub.example"),
        // A proxy that passes on its own idea of the host.
        ("127.0.0.1:3000", "https://hub.example"),
        ("hub.lan", "https://hub.lan"),
        ("hub.lan:8080", "http://hub.lan:8080"),
    ] {
        assert_eq!(asked(&Method::POST, "/connect", &[("host", host), ("origin", origin)]), Ok(()), "{host} {origin}");
    }
}

#[test]
fn origins_are_compared_whole() {
    for (host, origin) in [
        ("hub.example", "http://hub.example"),
        ("hub.example", "http://hub.example:8080"),
        ("hub.example", "https://hub.example:8443"),
        ("hub.example", "https://hub.example.evil.example"),
        ("hub.lan", "http://hub.lan:8080"),
        ("localhost:3000", "http://localhost"),
        ("localhost:3000", "http://127.0.0.1:3000"),
    ] {
        let headers = [("host", host), ("origin", origin)];
        assert_eq!(asked(&Method::POST, "/connect", &headers), Err(GuardRefusal::OtherOrigin), "{host} {origin}");
    }
}

#[test]
fn a_page_behind_a_proxy_for_tls_on_this_machine_is_the_hubs_own_where_the_browser_says_so() {
    let own = Names::new(&Url::parse("http://localhost:3000/").expect("a URL"), &Settings::default());
    let sent = |host, origin, site: Option<&'static str>| {
        let headers = [("host", host), ("origin", origin)].into_iter().chain(site.map(|site| ("sec-fetch-site", site)));
        asked_of(&own, (&Method::POST, "/oauth/paste"), &headers.collect::<Vec<_>>())
    };

    assert_eq!(sent("localhost:8443", "https://localhost:8443", Some("same-origin")), Ok(()));
    for (host, origin, site) in [
        ("localhost:8443", "https://localhost:8443", None),
        ("localhost:8443", "https://localhost:8443", Some("cross-site")),
        ("localhost:8443", "https://localhost:8443", Some("same-site")),
        ("localhost:8443", "https://localhost:9443", Some("same-origin")),
        ("localhost:8443", "https://127.0.0.1:8443", Some("same-origin")),
        // The base address has one scheme.
        ("localhost:3000", "https://localhost:3000", Some("same-origin")),
    ] {
        assert_eq!(sent(host, origin, site), Err(GuardRefusal::OtherOrigin), "{host} {origin} {site:?}");
    }
}

#[test]
fn an_origin_that_was_taken_away_is_no_foreign_page_where_the_browser_says_so() {
    let with = |site| [("host", "localhost:3000"), ("origin", "null"), ("sec-fetch-site", site)];

    assert_eq!(asked(&Method::POST, "/connect", &with("same-origin")), Ok(()));
    for site in ["same-site", "cross-site", "none"] {
        assert_eq!(asked(&Method::POST, "/connect", &with(site)), Err(GuardRefusal::OtherOrigin), "{site}");
    }
}

#[test]
fn the_scheme_that_a_proxy_names_counts() {
    let with = |origin| [("host", "hub.lan"), ("x-forwarded-proto", "https"), ("origin", origin)];

    assert_eq!(asked(&Method::POST, "/connect", &with("https://hub.lan")), Ok(()));
    assert_eq!(asked(&Method::POST, "/connect", &with("http://hub.lan")), Err(GuardRefusal::OtherOrigin));
}

#[test]
fn people_come_from_anywhere_by_navigation_only() {
    let (host, site) = (("host", "localhost:3000"), ("sec-fetch-site", "cross-site"));
    for path in ["/oauth/callback", "/connect/abc", "/", "/oauth/paste"] {
        assert_eq!(asked(&Method::GET, path, &[host, site, ("sec-fetch-mode", "navigate")]), Ok(()), "{path}");
        for mode in ["no-cors", "cors"] {
            let headers = [host, site, ("sec-fetch-mode", mode)];
            assert_eq!(asked(&Method::GET, path, &headers), Err(GuardRefusal::OtherSite), "{path} {mode}");
        }
    }
    let navigation = [host, site, ("origin", "https://as.example"), ("sec-fetch-mode", "navigate")];
    assert_eq!(asked(&Method::POST, "/oauth/callback", &navigation), Ok(()));
    assert_eq!(asked(&Method::POST, "/connect/abc", &navigation), Err(GuardRefusal::OtherOrigin));
}

#[test]
fn a_public_name_is_served_what_a_login_needs_and_nothing_else() {
    let closed = names("https://hub.example/", false);
    let at = |host, path: &str| asked_of(&closed, (&Method::GET, path), &[("host", host)]);
    for host in ["hub.example", "hub.lan:3000"] {
        for path in [
            "/oauth/callback",
            "/oauth/client-metadata.json",
            "/connect/t",
            "/health",
            "/assets/style.css",
            "/oauth/paste",
        ] {
            assert_eq!(at(host, path), Ok(()), "{path}");
        }
        for path in
            ["/", "/api/servers", "/mcp", "/mcp/notes", "/sse", "/messages", "/metrics", "/ready", "/connect", "/x"]
        {
            assert_eq!(at(host, path), Err(GuardRefusal::Public), "{path}");
        }
    }
    assert_eq!(at("localhost:3000", "/mcp"), Ok(()));
    assert_eq!(asked(&Method::GET, "/mcp", &[("host", "hub.example")]), Ok(()));
}

#[test]
fn what_a_proxy_passes_on_is_not_this_machines_own() {
    let base = Url::parse("http://localhost:3000/").expect("a URL");
    let (private, public) = (Names::new(&base, &Settings::default()), names("https://hub.example/", false));
    for names in [&private, &public] {
        for proxy in [
            "x-forwarded-for",
            "x-forwarded-host",
            "x-forwarded-proto",
            "forwarded",
            "via",
            "x-real-ip",
            "cf-connecting-ip",
            "cf-ray",
            "client-ip",
            "fastly-client-ip",
            "fly-client-ip",
            "forwarded-for",
            "true-client-ip",
            "x-azure-clientip",
            "x-client-ip",
            "x-cluster-client-ip",
            "x-envoy-external-address",
            "x-original-host",
            "x-proxyuser-ip",
            "x_forwarded_for",
        ] {
            let headers = [("host", "localhost:3000"), (proxy, "a")];
            assert_eq!(
                asked_of(names, (&Method::GET, "/api/servers"), &headers),
                Err(GuardRefusal::Forwarded),
                "{proxy}"
            );
            assert_eq!(asked_of(names, (&Method::GET, "/connect/t"), &headers), Ok(()), "{proxy}");
        }
    }
    let old = |names| {
        let headers = HeaderMap::from_iter([(axum::http::header::HOST, HeaderValue::from_static("localhost:3000"))]);
        Asked {
            names,
            has_keys: false,
            method: &Method::GET,
            path: "/mcp",
            version: Version::HTTP_10,
            headers: &headers,
        }
        .verdict()
    };
    assert_eq!((old(&private), old(&public)), (Ok(()), Err(GuardRefusal::Forwarded)));
}

#[test]
fn with_keys_every_name_of_the_hub_and_every_address_is_served_and_no_foreign_name() {
    let public = names("https://hub.example/", false);
    let at = |host: &'static str, path: &str, has_keys| {
        let headers = HeaderMap::from_iter([(axum::http::header::HOST, HeaderValue::from_static(host))]);
        Asked { names: &public, has_keys, method: &Method::GET, path, version: Version::HTTP_11, headers: &headers }
            .verdict()
    };
    for host in ["hub.example", "localhost:3000", "192.0.2.7:3000", "[2001:db8::7]:3000"] {
        for path in ["/", "/mcp", "/api/servers"] {
            assert_eq!(at(host, path, true), Ok(()), "{host} {path}");
        }
    }
    assert_eq!(at("evil.example", "/mcp", true), Err(GuardRefusal::UnknownHost));
    assert_eq!(at("192.0.2.7:3000", "/mcp", false), Err(GuardRefusal::UnknownHost));
}
