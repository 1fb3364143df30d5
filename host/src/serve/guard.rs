//! Keeps web pages out: no page in a person's browser can reach the API, the callback or an MCP route.
//!
//! The `Host` must be a name of this hub, so that a name that was rebound to loopback leads nowhere. A request that says it
//! comes from a page must come from this hub's own. A provider sends people back by a top-level navigation, which may come
//! from anywhere, to the two places made for it.

use axum::extract::{Request, State};
use axum::http::header::{HOST, HeaderMap, ORIGIN};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use url::Url;

use crate::app::App;

/// The check, as middleware.
pub(super) async fn check(State(app): State<App>, request: Request, next: Next) -> Response {
    match verdict(&app.in_force().hosts, request.method(), request.uri().path(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(sentence) => {
            tracing::warn!("refused {} {}: {sentence}", request.method(), request.uri().path());
            (StatusCode::FORBIDDEN, axum::Json(json!({ "error": sentence }))).into_response()
        }
    }
}

fn verdict(hosts: &[String], method: &Method, path: &str, headers: &HeaderMap) -> Result<(), &'static str> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let host = text(HOST.as_str()).unwrap_or_default();
    if !hosts.iter().any(|known| *known == name_of(host)) {
        return Err(
            "this hub does not answer to that host name; set systemConfig.install.baseUrl to the address people use",
        );
    }
    let comes_back = matches!(*method, Method::GET | Method::POST) && path == "/oauth/callback";
    let comes_in = *method == Method::GET && (path == "/" || path.starts_with("/connect/"));
    if comes_back || comes_in {
        return Ok(());
    }
    match text(ORIGIN.as_str()) {
        Some(origin) if !is_own(hosts, origin, host) => Err("a page of another origin may not use this hub"),
        None if matches!(text("sec-fetch-site"), Some("cross-site" | "same-site")) => {
            Err("a page of another site may not use this hub")
        }
        Some(_) | None => Ok(()),
    }
}

/// The name in a `Host` header, without its port.
fn name_of(host: &str) -> String {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        Some(_) | None => host,
    };
    name.to_ascii_lowercase()
}

/// Whether an origin is that of this very host and port, or a public one of the hub's.
fn is_own(hosts: &[String], origin: &str, host: &str) -> bool {
    let Ok(url) = Url::parse(origin) else {
        return false;
    };
    let authority = match (url.host_str(), url.port()) {
        (Some(name), Some(port)) => format!("{name}:{port}"),
        (Some(name), None) => name.to_owned(),
        (None, _) => return false,
    };
    let loopback = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    authority.eq_ignore_ascii_case(host)
        || (!loopback && hosts.iter().any(|known| Some(known.as_str()) == url.host_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn asked(method: &Method, path: &str, headers: &[(&'static str, &'static str)]) -> Result<(), &'static str> {
        let hosts = ["localhost", "127.0.0.1", "[::1]", "hub.example"].map(str::to_owned);
        let headers = headers
            .iter()
            .map(|(name, value)| (name.parse().expect("name"), HeaderValue::from_static(value)))
            .collect();
        verdict(&hosts, method, path, &headers)
    }

    #[test]
    fn the_hubs_own_names_are_answered_with_any_port() {
        for host in ["localhost:3000", "127.0.0.1", "[::1]:4000", "HUB.example"] {
            let result = verdict(
                &["localhost", "127.0.0.1", "[::1]", "hub.example"].map(str::to_owned),
                &Method::GET,
                "/api/servers",
                &HeaderMap::from_iter([(HOST, HeaderValue::from_static(host))]),
            );
            assert_eq!(result, Ok(()), "{host}");
        }
    }

    #[test]
    fn a_rebound_name_and_a_missing_host_are_refused() {
        assert!(asked(&Method::POST, "/mcp", &[("host", "evil.example")]).is_err());
        assert!(asked(&Method::GET, "/oauth/callback", &[("host", "evil.example:3000")]).is_err());
        assert!(asked(&Method::GET, "/", &[]).is_err());
    }

    #[test]
    fn a_page_of_another_origin_is_refused() {
        for origin in ["https://evil.example", "null", "http://localhost:8080", "https://localhost:3000.evil.example"] {
            let result = verdict(
                &["localhost".to_owned()],
                &Method::POST,
                "/mcp",
                &HeaderMap::from_iter([
                    (HOST, HeaderValue::from_static("localhost:3000")),
                    (ORIGIN, HeaderValue::from_static(origin)),
                ]),
            );
            assert!(result.is_err(), "{origin}");
        }
        assert!(
            asked(
                &Method::POST,
                "/api/servers/a/login",
                &[("host", "localhost:3000"), ("sec-fetch-site", "cross-site")]
            )
            .is_err()
        );
    }

    #[test]
    fn the_hubs_own_pages_are_let_in() {
        assert!(
            asked(&Method::POST, "/connect/x", &[("host", "localhost:3000"), ("origin", "http://localhost:3000")])
                .is_ok()
        );
        assert!(
            asked(&Method::POST, "/connect/x", &[("host", "127.0.0.1:3000"), ("origin", "https://hub.example")])
                .is_ok()
        );
    }

    #[test]
    fn a_provider_may_send_people_back_from_anywhere() {
        let from_afar = [("host", "localhost:3000"), ("sec-fetch-site", "cross-site")];

        assert!(asked(&Method::GET, "/oauth/callback", &from_afar).is_ok());
        assert!(asked(&Method::GET, "/connect/abc", &from_afar).is_ok());
        assert!(asked(&Method::POST, "/connect/abc", &from_afar).is_err());
    }
}
