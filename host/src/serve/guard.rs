//! The guard: no web page in a person's browser can use the API, the callback or an MCP route, and a public name serves what a
//! login needs and nothing else.
//!
//! There must be one `Host`, and it must be a name of this hub; so a foreign name that was rebound to loopback leads nowhere.
//! A request from a page must come from a page of this hub: browsers say so in `Origin`, which is compared whole, and in
//! `Sec-Fetch-Site`, which no page can set. A person may come from anywhere by a link, and from a provider, but only by a
//! navigation and only to the paths for that. A request that a proxy passes on does not count as one from this machine.

use std::borrow::Cow;

use axum::extract::Request;
use axum::http::header::{ACCEPT, FORWARDED, HOST, HeaderMap, HeaderName, ORIGIN, VIA};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode, Version};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use url::{Host, Url};

use super::admission::{self, Came};
use super::links::{Links, host};
use super::{pages, paths, proof};
use crate::app::App;
use crate::app::names::{Names, Standing};
use crate::presence::PROOF;

/// How the headers begin in which proxies say whom they ask for, or who they are.
const BY_PROXIES: &[&str] =
    &["x-forwarded-", "x-original-", "x-envoy-", "x-azure-", "cf-", "fastly-", "fly-", "ngrok-", "tailscale-"];
/// Endings of such headers of any proxy: `true-client-ip`, `x-cluster-client-ip`, `x-azure-clientip`, `x-proxyuser-ip`.
const OF_A_CLIENT: &[&str] = &["client-ip", "clientip", "real-ip", "user-ip", "forwarded-for"];

/// Why a request is not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum GuardRefusal {
    /// DNS rebinding, or a name that was not written down.
    #[error(
        "this hub does not answer to that host name; set systemConfig.install.baseUrl to the address people use, or add the name to systemConfig.install.allowedHosts"
    )]
    UnknownHost,
    #[error("a page of another origin may not use this hub")]
    OtherOrigin,
    #[error("a page of another site may not use this hub")]
    OtherSite,
    #[error(
        "this address serves logins only, because the hub cannot tell who reaches it; make a key with `mcphub keys add NAME`, or, if a proxy in front of the hub authenticates everybody, write systemConfig.routing.skipAuth: true into mcp_settings.json"
    )]
    Public,
    #[error(
        "this request came through a proxy, so that the hub cannot tell who sent it; make a key with `mcphub keys add NAME`, or, if that proxy authenticates everybody, write systemConfig.routing.skipAuth: true into mcp_settings.json"
    )]
    Forwarded,
    #[error("this is not the hub that the command looked for; run the command again")]
    OtherHub,
    /// RFC 9112 §3.2: two programs on the way could read different ones.
    #[error("the request has no Host header, or more than one")]
    Hosts,
}

impl GuardRefusal {
    const fn status(self) -> StatusCode {
        match self {
            Self::Hosts => StatusCode::BAD_REQUEST,
            Self::UnknownHost
            | Self::OtherOrigin
            | Self::OtherSite
            | Self::Public
            | Self::Forwarded
            | Self::OtherHub => StatusCode::FORBIDDEN,
        }
    }
}

/// The request, if whoever sent it may ask for that; else the answer.
pub(super) async fn admitted(app: &App, request: Request) -> Result<Request, Box<Response>> {
    let in_force = app.in_force();
    let asked = Asked {
        names: &in_force.names,
        has_keys: app.wants_keys(&in_force),
        method: request.method(),
        path: request.uri().path(),
        version: request.version(),
        headers: request.headers(),
    };
    if let Err(refusal) = asked.verdict() {
        return Err(Box::new(refused(refusal, app, &request.into_parts().0)));
    }
    let by_command = request.headers().contains_key(PROOF);
    let came = Came { by_command, from_here: asked.is_from_here() };
    let proved = if by_command { Box::pin(proof::proved(app, request)).await } else { Ok(request) };
    let mut request = proved.map_err(|head| Box::new(refused(GuardRefusal::OtherHub, app, &head)))?;
    admission::admit(app, &in_force, &mut request, came)?;
    Ok(request)
}

/// A page for people, JSON for scripts.
fn refused(refusal: GuardRefusal, app: &App, head: &Parts) -> Response {
    tracing::warn!("refused {} {}: {refusal}", head.method, head.uri.path());
    let accepts = head.headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    let sentence = refusal.to_string();
    if accepts.contains("text/html") {
        let links = Links::of(app);
        let content = pages::wrong(&links, &sentence, "");
        return (refusal.status(), pages::page(&links, "Not here", &content)).into_response();
    }
    (refusal.status(), axum::Json(json!({ "error": sentence }))).into_response()
}

/// What a verdict is made from.
struct Asked<'a> {
    names: &'a Names,
    /// Whether a key is asked for before anything else is served.
    has_keys: bool,
    method: &'a Method,
    path: &'a str,
    version: Version,
    headers: &'a HeaderMap,
}

impl Asked<'_> {
    fn verdict(&self) -> Result<(), GuardRefusal> {
        if self.headers.get_all(HOST).iter().count() != 1 {
            return Err(GuardRefusal::Hosts);
        }
        let standing = self.standing().ok_or(GuardRefusal::UnknownHost)?;
        if !self.is_entrance() {
            self.is_own_page()?;
        }
        match standing {
            _ if self.has_keys || self.names.is_open() || paths::is_for_logins(self.path) => Ok(()),
            Standing::Public => Err(GuardRefusal::Public),
            Standing::Local if self.is_forwarded() => Err(GuardRefusal::Forwarded),
            Standing::Local => Ok(()),
        }
    }

    /// What the name is that was asked. An address without a name cannot be a foreign name that was rebound; where keys are
    /// wanted it is one of the hub's.
    fn standing(&self) -> Option<Standing> {
        let host = host(self.headers);
        let is_address = || {
            matches!(Url::parse(&format!("http://{host}")).ok()?.host()?, Host::Ipv4(_) | Host::Ipv6(_)).then_some(())
        };
        self.names.standing(host).or_else(|| is_address().filter(|()| self.has_keys).map(|()| Standing::Public))
    }

    /// Whether the request comes from this machine, as far as the hub can tell. A proxy that speaks HTTP/1.0 may say nothing of
    /// the client it asks for.
    fn is_from_here(&self) -> bool {
        self.standing() == Some(Standing::Local) && !self.is_forwarded() && self.version >= Version::HTTP_11
    }

    /// Where people come by links from elsewhere, or are sent back by a provider.
    fn is_entrance(&self) -> bool {
        let is_navigation = self.header("sec-fetch-mode").is_none_or(|mode| mode == "navigate");
        let comes_back = matches!(*self.method, Method::GET | Method::POST) && paths::is_callback(self.path);
        is_navigation && (comes_back || *self.method == Method::GET && paths::is_linked_page(self.path))
    }

    fn is_own_page(&self) -> Result<(), GuardRefusal> {
        let site = self.header("sec-fetch-site");
        match (self.header(ORIGIN.as_str()), site) {
            (None, Some("cross-site" | "same-site")) => Err(GuardRefusal::OtherSite),
            // What a privacy setting leaves of the origin; the browser itself says that it is the same one.
            (None, _) | (Some("null"), Some("same-origin")) => Ok(()),
            (Some(_), Some(site)) if site != "same-origin" => Err(GuardRefusal::OtherOrigin),
            (Some(origin), _) if self.is_own(origin) => Ok(()),
            (Some(_), _) => Err(GuardRefusal::OtherOrigin),
        }
    }

    /// Whether an origin is that of the base address, or of the name and port that were asked.
    fn is_own(&self, origin: &str) -> bool {
        let Some(page) = Url::parse(origin).ok().filter(|page| page.origin().is_tuple()) else {
            return false;
        };
        let base = self.names.base();
        if page.origin() == base.origin() {
            return true;
        }
        let asked = |scheme: &str| Url::parse(&format!("{scheme}://{}", host(self.headers))).map(|url| url.origin());
        // The base address has one scheme.
        if asked(base.scheme()) == Ok(base.origin()) || asked(page.scheme()) != Ok(page.origin()) {
            return false;
        }
        let local = self.standing() == Some(Standing::Local) && !self.is_forwarded();
        match (self.header("x-forwarded-proto"), page.scheme()) {
            (Some(scheme), own) => own == scheme.split(',').next().unwrap_or_default().trim(),
            (None, "http") => true,
            // On this machine a page of https comes through a proxy for TLS, as the hub speaks none. The port could be another
            // program's at another address; a browser knows that, and says so where its page is of https.
            (None, "https") => !local || self.header("sec-fetch-site") == Some("same-origin"),
            (None, _) => false,
        }
    }

    /// Whether a proxy sent this request for another client. A proxy that adds no header can be recognised at most by
    /// HTTP/1.0, which some speak; that counts only where a name of the hub is public.
    fn is_forwarded(&self) -> bool {
        let by_proxy = |name: &HeaderName| {
            let name = name.as_str();
            let plain = if name.contains('_') { Cow::Owned(name.replace('_', "-")) } else { Cow::Borrowed(name) };
            plain == FORWARDED.as_str()
                || plain == VIA.as_str()
                || BY_PROXIES.iter().any(|start| plain.starts_with(start))
                || OF_A_CLIENT.iter().any(|end| plain.ends_with(end))
        };
        self.headers.keys().any(by_proxy) || (self.names.has_public() && self.version < Version::HTTP_11)
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap_or("?"))
    }
}

#[cfg(test)]
#[path = "guard_tests.rs"]
mod tests;
