//! The connections: one pool for each policy, through the proxies of the environment.

use std::sync::Arc;
use std::time::Duration;

use http::{Response, StatusCode};

use super::address::AddressPolicy;
use super::error::EgressError;
use super::network::Network;
use super::resolver;

/// How long one request may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The largest answer that is read, bytes.
const MAX_BODY: usize = 1024 * 1024;
/// How the hub names itself.
const USER_AGENT: &str = concat!("mcphub/", env!("CARGO_PKG_VERSION"));

/// Where the connections of one pool may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Pool {
    pub(super) policy: AddressPolicy,
    pub(super) is_plain: bool,
    /// The port, where the hub listens at it, too: what a name leads to must not be the hub.
    pub(super) own_port: Option<u16>,
}

pub(super) fn build(policy: Pool, network: &Network) -> Result<reqwest::Client, reqwest::Error> {
    let Pool { policy, is_plain, own_port } = policy;
    let builder = reqwest::Client::builder()
        .user_agent(USER_AGENT)
        .redirect(reqwest::redirect::Policy::none())
        .timeout(TIMEOUT)
        .dns_resolver(Arc::new(resolver::PolicyResolver { network: network.clone(), policy, is_plain, own_port }));
    through(builder, network).build()
}

/// A client that goes through the proxies of the environment, as the policy here sees them.
pub(crate) fn through(builder: reqwest::ClientBuilder, network: &Network) -> reqwest::ClientBuilder {
    if !network.has_proxies() {
        return builder.no_proxy();
    }
    let network = network.clone();
    builder.proxy(reqwest::Proxy::custom(move |url| network.proxy(url).cloned()))
}

pub(super) fn failure(error: &reqwest::Error, asked: String) -> EgressError {
    use std::error::Error;
    let mut cause: Option<&dyn Error> = error.source();
    while let Some(inner) = cause {
        if inner.is::<resolver::NoAddress>() {
            return EgressError::Address(asked);
        }
        cause = inner.source();
    }
    if error.is_timeout() { EgressError::Timeout(asked) } else { EgressError::Unreachable(asked) }
}

pub(super) async fn read(mut answer: reqwest::Response, asked: &str) -> Result<Vec<u8>, EgressError> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| failure(&error, asked.to_owned()))? {
        if body.len() + chunk.len() > MAX_BODY {
            return Err(EgressError::TooLarge(asked.to_owned()));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

pub(super) fn with_headers(status: StatusCode, headers: http::HeaderMap, body: Vec<u8>) -> Response<Vec<u8>> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}
