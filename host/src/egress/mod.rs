//! The one HTTP client for OAuth traffic, and its policy.
//!
//! https, except on loopback where the person configured a server; no private, link-local or metadata addresses, unless
//! the configured server itself lives there; no redirects, no proxies, no cookies; 10 seconds and 1 MiB. Connections are
//! pooled per policy, because a pooled connection is not checked again.

mod address;
mod resolver;
mod stand_in;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http::{Request, Response, StatusCode};
use mcphub_oauth::mask::{self, Mask};
use reqwest::redirect::Policy;
use url::Url;

pub use address::Reach;
use resolver::{PolicyResolver, addresses};
pub use stand_in::{Seen, StandIn, Witness};

/// How long one request may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The largest answer that is read, bytes.
const MAX_BODY: usize = 1024 * 1024;
/// How the hub names itself.
const USER_AGENT: &str = concat!("mcphub/", env!("CARGO_PKG_VERSION"));

/// The client for OAuth traffic.
#[derive(Clone, Default)]
pub struct Egress {
    clients: Arc<[OnceLock<reqwest::Client>; 4]>,
    stand_in: Option<Arc<dyn StandIn>>,
    witness: Option<Arc<Witness>>,
}

/// Why a request was not made or not answered. No URL's query and no body is in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EgressError {
    /// https, or http on loopback that the person configured.
    #[error("{0} is not https, and http is for loopback addresses of configured servers only")]
    Scheme(String),
    /// The address policy.
    #[error("{0} leads to an address inside a private network, which only a server configured there may use")]
    Address(String),
    /// No answer in time.
    #[error("{0} did not answer within 10 seconds")]
    Timeout(String),
    /// No connection.
    #[error("{0} cannot be reached")]
    Unreachable(String),
    /// More than 1 MiB.
    #[error("{0} answered with more than 1 MiB")]
    TooLarge(String),
    /// The request itself.
    #[error("the request to {0} cannot be sent")]
    Request(String),
}

impl EgressError {
    /// Whether trying again later may help.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        match self {
            Self::Timeout(_) | Self::Unreachable(_) => true,
            Self::Scheme(_) | Self::Address(_) | Self::TooLarge(_) | Self::Request(_) => false,
        }
    }
}

impl Egress {
    /// A client. Nothing is opened yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// One without a network: this answers every request that the policy lets through.
    pub fn answered_by(stand_in: impl StandIn + 'static) -> Self {
        Self { stand_in: Some(Arc::new(stand_in)), ..Self::default() }
    }

    /// The same, with somebody who sees everything, secrets included.
    #[must_use]
    pub fn witnessed_by(self, witness: Arc<Witness>) -> Self {
        Self { witness: Some(witness), ..self }
    }

    /// Tells the witness.
    pub fn tell(&self, seen: Seen<'_>) {
        if let Some(witness) = &self.witness {
            witness(seen);
        }
    }

    /// How far a flow may reach, judged by the URLs that the person configured for it.
    pub async fn reach_of(&self, configured: &[Url]) -> Reach {
        if self.stand_in.is_some() {
            return Reach { loopback: true, private: true };
        }
        let mut reach = Reach::default();
        for host in configured.iter().filter_map(Url::host) {
            for address in addresses(host).await {
                reach = reach.widened_for(address);
            }
        }
        reach
    }

    /// Whether a person's browser may be sent to this address: the same rules as for the hub's own requests, as far as the
    /// address itself tells.
    pub fn may_lead_to(&self, url: &Url, reach: Reach) -> Result<(), EgressError> {
        check(url, reach, &url.origin().ascii_serialization())
    }

    /// Sends a request and reads the whole answer.
    pub async fn send(&self, request: Request<Vec<u8>>, reach: Reach) -> Result<Response<Vec<u8>>, EgressError> {
        self.exchange(request, reach, |_| true).await
    }

    /// Sends a request whose answer may be an endless stream: the body is read only of an error.
    pub async fn probe(&self, request: Request<Vec<u8>>, reach: Reach) -> Result<Response<Vec<u8>>, EgressError> {
        self.exchange(request, reach, |status| status.is_client_error() || status.is_server_error()).await
    }

    async fn exchange(
        &self,
        request: Request<Vec<u8>>,
        reach: Reach,
        is_read: impl Fn(StatusCode) -> bool,
    ) -> Result<Response<Vec<u8>>, EgressError> {
        let url = Url::parse(&request.uri().to_string())
            .map_err(|_| EgressError::Request("an address that is no URL".into()))?;
        let origin = url.origin().ascii_serialization();
        check(&url, reach, &origin)?;
        let sent = self.witness.as_ref().map(|_| request.clone());
        let mask = request.extensions().get::<Mask>().cloned();
        let response = match &self.stand_in {
            Some(stand_in) => stand_in.answer(request).await?,
            None => self.over_the_network(request, reach, (&origin, is_read)).await?,
        };
        // Whoever reads the answer masks what was sent.
        let response = mask::carried(mask, response);
        if let Some(sent) = &sent {
            self.tell(Seen::Exchange(sent, &response));
        }
        Ok(response)
    }

    async fn over_the_network(
        &self,
        request: Request<Vec<u8>>,
        reach: Reach,
        (origin, is_read): (&str, impl Fn(StatusCode) -> bool),
    ) -> Result<Response<Vec<u8>>, EgressError> {
        let request = reqwest::Request::try_from(request).map_err(|_| EgressError::Request(origin.to_owned()))?;
        let answer = self.client(reach, origin)?.execute(request).await;
        let answer = answer.map_err(|error| failure(&error, origin.to_owned()))?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let body = if is_read(status) { read(answer, origin).await? } else { Vec::new() };
        Ok(with_headers(status, headers, body))
    }

    fn client(&self, reach: Reach, origin: &str) -> Result<reqwest::Client, EgressError> {
        let index = usize::from(reach.loopback) + 2 * usize::from(reach.private);
        let slot = self.clients.get(index).ok_or_else(|| EgressError::Request(origin.to_owned()))?;
        if let Some(client) = slot.get() {
            return Ok(client.clone());
        }
        let client = build(reach).map_err(|_| EgressError::Request(origin.to_owned()))?;
        Ok(slot.get_or_init(|| client).clone())
    }
}

fn build(reach: Reach) -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder()
        .user_agent(USER_AGENT)
        .redirect(Policy::none())
        .no_proxy()
        .timeout(TIMEOUT)
        .dns_resolver(Arc::new(PolicyResolver(reach)))
        .build()
}

/// A client for the hub's own API on this machine, as the command line uses it.
pub fn loopback_client() -> Result<reqwest::Client, reqwest::Error> {
    build(Reach { loopback: true, private: false })
}

/// Literal addresses are checked here, names when they are resolved.
fn check(url: &Url, reach: Reach, origin: &str) -> Result<(), EgressError> {
    let literal = match url.host() {
        Some(url::Host::Ipv4(address)) => Some(address.into()),
        Some(url::Host::Ipv6(address)) => Some(address.into()),
        Some(url::Host::Domain(_)) | None => None,
    };
    let on_loopback = match literal {
        Some(address) => address::kind(address) == address::Kind::Loopback,
        None => url.host_str() == Some("localhost"),
    };
    match url.scheme() {
        "https" => {}
        "http" if on_loopback && reach.loopback => {}
        _ => return Err(EgressError::Scheme(origin.to_owned())),
    }
    if literal.is_some_and(|address| !reach.admits(address)) {
        return Err(EgressError::Address(origin.to_owned()));
    }
    Ok(())
}

fn failure(error: &reqwest::Error, origin: String) -> EgressError {
    use std::error::Error;
    let mut cause: Option<&dyn Error> = error.source();
    while let Some(inner) = cause {
        if inner.is::<resolver::NoAddress>() {
            return EgressError::Address(origin);
        }
        cause = inner.source();
    }
    if error.is_timeout() { EgressError::Timeout(origin) } else { EgressError::Unreachable(origin) }
}

async fn read(mut answer: reqwest::Response, origin: &str) -> Result<Vec<u8>, EgressError> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| failure(&error, origin.to_owned()))? {
        if body.len() + chunk.len() > MAX_BODY {
            return Err(EgressError::TooLarge(origin.to_owned()));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn with_headers(status: StatusCode, headers: http::HeaderMap, body: Vec<u8>) -> Response<Vec<u8>> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn refused(url: &str, reach: Reach) -> EgressError {
        let request = Request::get(url).body(Vec::new()).expect("request");
        Egress::new().send(request, reach).await.expect_err("refused")
    }

    #[tokio::test]
    async fn http_is_refused_outside_loopback_and_without_permission_there() {
        let loopback = Reach { loopback: true, private: false };

        assert!(matches!(refused("http://as.example/token", loopback).await, EgressError::Scheme(_)));
        assert!(matches!(refused("http://127.0.0.1:1/token", Reach::default()).await, EgressError::Scheme(_)));
        assert!(matches!(refused("https://127.0.0.1:1/token", Reach::default()).await, EgressError::Address(_)));
    }

    #[tokio::test]
    async fn a_name_that_leads_inside_is_refused() {
        let error = refused("https://localhost:1/token?secret=1", Reach::default()).await;

        assert_eq!(error, EgressError::Address("https://localhost:1".into()));
    }

    #[tokio::test]
    async fn a_closed_port_is_told_without_the_query() {
        let error = refused("http://127.0.0.1:1/token?secret=1", Reach { loopback: true, private: false }).await;

        assert_eq!(error.to_string(), "http://127.0.0.1:1 cannot be reached");
    }

    #[tokio::test]
    async fn a_configured_loopback_server_widens_the_reach() {
        let url = Url::parse("http://localhost:4000/mcp").expect("url");

        let reach = Egress::new().reach_of(&[url]).await;

        assert_eq!(reach, Reach { loopback: true, private: false });
    }
}
