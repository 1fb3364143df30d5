//! The client: checks an address, sends a request, reads the answer, and shows both to the witness.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use http::{Method, Request, Response, StatusCode};
use mcphub_oauth::mask::{self, Mask};
use url::Url;

use super::address::{self, AddressPolicy};
use super::connections::{Pool, build, failure, read, with_headers};
use super::error::EgressError;
use super::host;
use super::network::{Lookup, Network};
use super::own::Own;
use super::patience::{self, Patient};
use super::proxies::{Proxies, shown as shown_proxy};
use super::redaction::Redaction;
use super::redirect::{Redirect, redirect};
use super::stand_in::{StandIn, Witness};

/// How many redirects are remembered as reported.
const MAX_TOLD: usize = 1000;

/// The client for OAuth traffic. Clones share everything. No cookie is kept, and no redirect is followed but for a
/// slash.
#[derive(Clone, Default)]
pub struct Egress {
    clients: Arc<Mutex<HashMap<Pool, reqwest::Client>>>,
    network: Network,
    redaction: Redaction,
    told: Arc<Mutex<BTreeSet<String>>>,
    stand_in: Option<Arc<dyn StandIn>>,
    witness: Option<Arc<Witness>>,
}

impl Egress {
    /// A client without proxies. No connection is opened yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A client without a network: `stand_in` answers every request that the policy allows.
    pub fn answered_by(stand_in: impl StandIn + 'static) -> Self {
        Self { stand_in: Some(Arc::new(stand_in)), ..Self::default() }
    }

    /// The same, with a witness that sees every request and answer, secrets included.
    #[must_use]
    pub fn witnessed_by(self, witness: Arc<Witness>) -> Self {
        Self { witness: Some(witness), ..self }
    }

    /// The same, behind these proxies.
    #[must_use]
    pub fn behind(self, proxies: Proxies) -> Self {
        Self { network: self.network.with_proxies(proxies), clients: Arc::default(), ..self }
    }

    /// The same, with names resolved by this function.
    #[must_use]
    pub fn resolved_by(self, lookup: Arc<Lookup>) -> Self {
        Self { network: self.network.with_lookup(lookup), clients: Arc::default(), ..self }
    }

    /// From now on nothing is sent to these addresses, which are the hub's own.
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

    /// What removes everything secret that was sent from a text.
    pub(crate) const fn redaction(&self) -> &Redaction {
        &self.redaction
    }

    /// How far a flow may reach, judged by the URLs that the person wrote for it. No name is looked up: what one resolves
    /// to opens nothing.
    #[must_use]
    pub fn policy_for(&self, written: &[Url]) -> AddressPolicy {
        if self.stand_in.is_some() { AddressPolicy::EVERYWHERE } else { self.network.policy_for(written) }
    }

    /// Whether a person's browser may be sent to this address: the same rules as for the hub's own requests, as far as the
    /// address itself tells.
    pub fn may_lead_to(&self, url: &Url, policy: AddressPolicy) -> Result<(), EgressError> {
        self.check(url, policy)
    }

    /// Sends a request and reads the whole answer.
    pub async fn send(
        &self,
        request: Request<Vec<u8>>,
        policy: AddressPolicy,
    ) -> Result<Response<Vec<u8>>, EgressError> {
        self.exchange(request, policy, |_| true).await
    }

    /// Sends a request whose answer may be an endless stream: the body is read only of an error.
    pub async fn probe(
        &self,
        request: Request<Vec<u8>>,
        policy: AddressPolicy,
    ) -> Result<Response<Vec<u8>>, EgressError> {
        self.exchange(request, policy, |status| status.is_client_error() || status.is_server_error()).await
    }

    /// Sends a request that carries a secret: an answer that redirects it is a fault.
    pub async fn send_to_owner(
        &self,
        request: Request<Vec<u8>>,
        policy: AddressPolicy,
    ) -> Result<Response<Vec<u8>>, EgressError> {
        let asked = url_of(&request)?;
        let response = self.send(request, policy).await?;
        match redirect(&asked, response.status(), response.headers()) {
            None => Ok(response),
            Some(Redirect::Slash(to)) => Err(moved(&asked, to.path().to_owned())),
            Some(Redirect::Elsewhere(to)) => Err(moved(&asked, to)),
        }
    }

    /// Sends a request, and once more where a GET is redirected to the same address with or without a slash at its end.
    async fn exchange(
        &self,
        request: Request<Vec<u8>>,
        policy: AddressPolicy,
        is_read: impl Fn(StatusCode) -> bool,
    ) -> Result<Response<Vec<u8>>, EgressError> {
        let asked = url_of(&request)?;
        let again = (request.method() == Method::GET).then(|| request.clone());
        let response = self.once(request, &asked, policy, &is_read).await?;
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
        self.once(again, &next, policy, &is_read).await
    }

    async fn once(
        &self,
        request: Request<Vec<u8>>,
        url: &Url,
        policy: AddressPolicy,
        is_read: &impl Fn(StatusCode) -> bool,
    ) -> Result<Response<Vec<u8>>, EgressError> {
        self.check(url, policy)?;
        self.redaction.learn_request(&request);
        let sent = self.witness.as_ref().map(|_| request.clone());
        let mask = request.extensions().get::<Mask>().cloned();
        let response = match &self.stand_in {
            Some(stand_in) => stand_in.answer(request).await?,
            None => self.over_the_network(request, url, policy, is_read).await?,
        };
        self.redaction.learn_answer(&response);
        // Whoever reads the answer masks what was sent.
        let response = mask::carried(mask, response);
        if let (Some(sent), Some(witness)) = (&sent, &self.witness) {
            witness(sent, &response);
        }
        Ok(response)
    }

    async fn over_the_network(
        &self,
        request: Request<Vec<u8>>,
        url: &Url,
        policy: AddressPolicy,
        is_read: &impl Fn(StatusCode) -> bool,
    ) -> Result<Response<Vec<u8>>, EgressError> {
        let unsendable = || EgressError::Request(origin(url));
        let is_patient = request.extensions().get::<Patient>().is_some();
        let request = reqwest::Request::try_from(request).map_err(|_| unsendable())?;
        let own_port = url.port_or_known_default().filter(|port| self.network.own().has_port(*port));
        let policy = Pool { policy, is_plain: url.scheme() == "http", own_port };
        let client = self.client(policy).ok_or_else(unsendable)?;
        let asked = match self.network.proxy(url) {
            Some(proxy) => format!("{}, asked through the proxy {},", origin(url), shown_proxy(proxy)),
            None => origin(url),
        };
        if is_patient {
            let answer = patience::send(&client, request, &asked).await?;
            let (status, headers) = (answer.status(), answer.headers().clone());
            return Ok(with_headers(status, headers, patience::read(answer, &asked).await?));
        }
        let answer = client.execute(request).await.map_err(|error| failure(&error, asked.clone()))?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let body = if is_read(status) { read(answer, &asked).await? } else { Vec::new() };
        Ok(with_headers(status, headers, body))
    }

    fn client(&self, policy: Pool) -> Option<reqwest::Client> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(&policy) {
            return Some(client.clone());
        }
        let client = build(policy, &self.network).ok()?;
        clients.insert(policy, client.clone());
        Some(client)
    }

    /// Checks scheme and literal addresses. Names are checked when they are resolved.
    fn check(&self, url: &Url, policy: AddressPolicy) -> Result<(), EgressError> {
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
        let on_loopback =
            literal.map_or(is_localhost, |address| address::kind(address) == address::AddressKind::Loopback);
        match url.scheme() {
            "https" => {}
            "http" if on_loopback && (policy.loopback || is_listed) => {}
            // What such a name leads to is checked when it is resolved: http goes to loopback only.
            "http" if is_listed && literal.is_none() => {}
            _ => return Err(EgressError::Scheme(origin(url))),
        }
        let wide = if is_listed { AddressPolicy::EVERYWHERE } else { policy };
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
    Url::parse(&request.uri().to_string()).map_err(|_| EgressError::Request("an address that is not a URL".into()))
}

fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

fn moved(asked: &Url, to: String) -> EgressError {
    EgressError::Moved { origin: format!("{}{}", origin(asked), asked.path()), to }
}

#[cfg(test)]
mod tests;
