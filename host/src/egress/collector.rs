//! The way to whoever collects traces: an address that the person who runs the hub wrote into the environment.
//!
//! Apart from the client for OAuth traffic: the address may be any, private ones and plain http included, because no server and
//! no metadata can name it. Nothing of a login is ever sent there.

use std::time::Duration;

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue};
use url::Url;

use super::connections::through;
use super::network::Network;

/// How long a collector may take.
const TIMEOUT: Duration = Duration::from_secs(10);

pub(crate) struct Collector {
    client: reqwest::Client,
    url: Url,
    headers: HeaderMap,
}

impl Collector {
    /// The collector at this address, which wants these headers. `None` if there can be no client for it.
    pub(crate) fn new(url: Url, headers: &[(String, String)], network: &Network) -> Option<Self> {
        let builder = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).timeout(TIMEOUT);
        let client = through(builder, network).build().ok()?;
        let pair = |(name, value): &(String, String)| {
            let mut value = HeaderValue::from_str(value).ok()?;
            // Keys for collectors come this way.
            value.set_sensitive(true);
            Some((HeaderName::from_bytes(name.as_bytes()).ok()?, value))
        };
        Some(Self { client, url, headers: headers.iter().filter_map(pair).collect() })
    }

    /// Sends a JSON document, or says why that failed. The sentence holds neither the address nor a header.
    pub(crate) async fn post(&self, body: Vec<u8>) -> Result<(), String> {
        let request = self.client.post(self.url.clone()).headers(self.headers.clone());
        let answer = request.header(CONTENT_TYPE, "application/json").body(body).send().await;
        let answer = answer.map_err(|error| format!("the collector cannot be reached: {}", error.without_url()))?;
        match answer.status() {
            status if status.is_success() => Ok(()),
            status => Err(format!("the collector answered with HTTP status {status}")),
        }
    }
}
