//! The one HTTP client for OAuth traffic, and its policy.
//!
//! https, except on loopback where the person configured a server; no private, link-local or metadata addresses, unless
//! the person wrote the configured server as one; no redirects but for a slash; no cookies; 10 seconds and 1 MiB.
//! Connections are pooled per policy, because a pooled connection is not checked again.
//!
//! | what | file |
//! |---|---|
//! | kinds of addresses | `address` |
//! | the hub itself, which is never asked | `own` |
//! | what the person says of the network, proxies | `network`, `proxies` |
//! | what a name may lead to | `resolver` |
//! | connections | `client` |
//! | redirects | `redirect` |
//! | what was sent is not shown | `redaction` |
//! | recordings | `stand_in` |

mod address;
mod client;
mod error;
mod host;
mod network;
mod own;
mod proxies;
mod redaction;
mod redirect;
mod resolver;
mod stand_in;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use http::{Method, Request, Response, StatusCode};
use mcphub_oauth::mask::{self, Mask};
use url::Url;

pub use address::Reach;
pub(crate) use client::through;
use client::{Policy, build, failure, read, with_headers};
pub use error::EgressError;
pub use network::Lookup;
pub(crate) use network::Network;
pub use own::Own;
pub use proxies::Proxies;
pub(crate) use proxies::shown as shown_proxy;
pub(crate) use redaction::Redaction;
pub(crate) use redirect::{Redirect, redirect, without_query};
pub(crate) use resolver::for_servers;
pub use stand_in::{Seen, StandIn, Witness};

/// Redirects that are remembered to have been told.
const MAX_TOLD: usize = 1000;

/// The client for OAuth traffic. Clones share everything.
#[derive(Clone, Default)]
pub struct Egress {
    clients: Arc<Mutex<HashMap<Policy, reqwest::Client>>>,
    network: Network,
    redaction: Redaction,
    told: Arc<Mutex<BTreeSet<String>>>,
    stand_in: Option<Arc<dyn StandIn>>,
    witness: Option<Arc<Witness>>,
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

    /// The same behind these proxies.
    #[must_use]
    pub fn behind(self, proxies: Proxies) -> Self {
        Self { network: self.network.with_proxies(proxies), clients: Arc::default(), ..self }
    }

    /// The same with names looked up by this.
    #[must_use]
    pub fn resolved_by(self, lookup: Arc<Lookup>) -> Self {
        Self { network: self.network.with_lookup(lookup), clients: Arc::default(), ..self }
    }

    /// From now on nothing is sent to the hub that is at these addresses.
    pub fn never_to(&self, own: Own) {
        self.network.set_own(own);
        self.clients.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// From now on these names, and no others, may lead to private addresses.
    pub fn allow_private(&self, names: &[String]) {
        if self.network.allow(names) {
            self.clients.lock().unwrap_or_else(PoisonError::into_inner).clear();
        }
    }

    /// The network around the hub.
    pub(crate) const fn network(&self) -> &Network {
        &self.network
    }

    /// What takes everything that was sent out of a text.
    pub(crate) const fn redaction(&self) -> &Redaction {
        &self.redaction
    }

    /// Tells the witness.
    pub fn tell(&self, seen: Seen<'_>) {
        if let Some(witness) = &self.witness {
            witness(seen);
        }
    }

    /// How far a flow may reach, judged by the URLs that the person wrote for it. No name is looked up: what one resolves
    /// to opens nothing.
    #[must_use]
    pub fn reach_of(&self, written: &[Url]) -> Reach {
        if self.stand_in.is_some() { Reach::EVERYWHERE } else { self.network.reach_of(written) }
    }

    /// Whether a person's browser may be sent to this address: the same rules as for the hub's own requests, as far as the
    /// address itself tells.
    pub fn may_lead_to(&self, url: &Url, reach: Reach) -> Result<(), EgressError> {
        self.check(url, reach)
    }

    /// Sends a request and reads the whole answer.
    pub async fn send(&self, request: Request<Vec<u8>>, reach: Reach) -> Result<Response<Vec<u8>>, EgressError> {
        self.exchange(request, reach, |_| true).await
    }

    /// Sends a request whose answer may be an endless stream: the body is read only of an error.
    pub async fn probe(&self, request: Request<Vec<u8>>, reach: Reach) -> Result<Response<Vec<u8>>, EgressError> {
        self.exchange(request, reach, |status| status.is_client_error() || status.is_server_error()).await
    }

    /// Sends a request that carries a secret: an answer that redirects it is a fault.
    pub async fn send_to_owner(
        &self,
        request: Request<Vec<u8>>,
        reach: Reach,
    ) -> Result<Response<Vec<u8>>, EgressError> {
        let asked = url_of(&request)?;
        let response = self.send(request, reach).await?;
        match redirect(&asked, response.status(), response.headers()) {
            None => Ok(response),
            Some(Redirect::Slash(to)) => Err(moved(&asked, to.path().to_owned())),
            Some(Redirect::Elsewhere(to)) => Err(moved(&asked, to)),
        }
    }

    /// Once more, where a GET is redirected to the same address with or without a slash at its end.
    async fn exchange(
        &self,
        request: Request<Vec<u8>>,
        reach: Reach,
        is_read: impl Fn(StatusCode) -> bool,
    ) -> Result<Response<Vec<u8>>, EgressError> {
        let asked = url_of(&request)?;
        let again = (request.method() == Method::GET).then(|| request.clone());
        let response = self.once(request, (&asked, reach), &is_read).await?;
        let (Some(mut again), Some(Redirect::Slash(next))) =
            (again, redirect(&asked, response.status(), response.headers()))
        else {
            return Ok(response);
        };
        self.tell_once(&format!(
            "{}{} redirects to {}, which is asked instead",
            origin(&asked),
            asked.path(),
            next.path()
        ));
        let unsendable = || EgressError::Request(origin(&next));
        *again.uri_mut() = next.as_str().parse().map_err(|_| unsendable())?;
        self.once(again, (&next, reach), &is_read).await
    }

    async fn once(
        &self,
        request: Request<Vec<u8>>,
        (url, reach): (&Url, Reach),
        is_read: &impl Fn(StatusCode) -> bool,
    ) -> Result<Response<Vec<u8>>, EgressError> {
        self.check(url, reach)?;
        self.redaction.learn_request(&request);
        let sent = self.witness.as_ref().map(|_| request.clone());
        let mask = request.extensions().get::<Mask>().cloned();
        let response = match &self.stand_in {
            Some(stand_in) => stand_in.answer(request).await?,
            None => self.over_the_network(request, (url, reach), is_read).await?,
        };
        self.redaction.learn_answer(&response);
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
        (url, reach): (&Url, Reach),
        is_read: &impl Fn(StatusCode) -> bool,
    ) -> Result<Response<Vec<u8>>, EgressError> {
        let unsendable = || EgressError::Request(origin(url));
        let request = reqwest::Request::try_from(request).map_err(|_| unsendable())?;
        let own_port = url.port_or_known_default().filter(|port| self.network.own().has_port(*port));
        let policy = Policy { reach, is_plain: url.scheme() == "http", own_port };
        let client = self.client(policy).ok_or_else(unsendable)?;
        let asked = match self.network.proxy(url) {
            Some(proxy) => format!("{}, asked through the proxy {},", origin(url), shown_proxy(proxy)),
            None => origin(url),
        };
        let answer = client.execute(request).await.map_err(|error| failure(&error, asked.clone()))?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let body = if is_read(status) { read(answer, &asked).await? } else { Vec::new() };
        Ok(with_headers(status, headers, body))
    }

    fn client(&self, policy: Policy) -> Option<reqwest::Client> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(&policy) {
            return Some(client.clone());
        }
        let client = build(policy, &self.network).ok()?;
        clients.insert(policy, client.clone());
        Some(client)
    }

    /// Literal addresses are checked here, names when they are resolved.
    fn check(&self, url: &Url, reach: Reach) -> Result<(), EgressError> {
        if self.network.own().is_at(url) {
            return Err(EgressError::Own(origin(url)));
        }
        let (literal, is_localhost) = match url.host() {
            Some(url::Host::Ipv4(address)) => (Some(address.into()), false),
            Some(url::Host::Ipv6(address)) => (Some(address.into()), false),
            Some(url::Host::Domain(name)) => (None, host::is_localhost(name)),
            None => (None, false),
        };
        let is_listed = url.host_str().is_some_and(|host| self.network.allows(host));
        let on_loopback = literal.map_or(is_localhost, |address| address::kind(address) == address::Kind::Loopback);
        match url.scheme() {
            "https" => {}
            "http" if on_loopback && (reach.loopback || is_listed) => {}
            // What such a name leads to is checked when it is resolved: http goes to loopback only.
            "http" if is_listed && literal.is_none() => {}
            _ => return Err(EgressError::Scheme(origin(url))),
        }
        let wide = if is_listed { Reach::EVERYWHERE } else { reach };
        if literal.is_some_and(|address| !wide.admits(address)) {
            return Err(EgressError::Address(origin(url)));
        }
        Ok(())
    }

    fn tell_once(&self, sentence: &str) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.len() < MAX_TOLD && told.insert(sentence.to_owned()) {
            tracing::info!("{}", self.redaction.shown(sentence));
        }
    }
}

fn url_of(request: &Request<Vec<u8>>) -> Result<Url, EgressError> {
    Url::parse(&request.uri().to_string()).map_err(|_| EgressError::Request("an address that is no URL".into()))
}

fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

fn moved(asked: &Url, to: String) -> EgressError {
    EgressError::Moved { origin: format!("{}{}", origin(asked), asked.path()), to }
}

#[cfg(test)]
mod tests;
