//! Tokens that are bound to a key (RFC 9449): proofs at the token endpoint and for every request to the MCP server, with
//! the nonces that either of them gives.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response};
use mcphub_oauth::dpop::{self, DpopKey, Proof, Prover};
use mcphub_oauth::secret::AccessToken;
use url::Url;

use super::discovery::Discovered;
use super::entry::Entry;
use super::error::ConnectError;
use super::hub::Hub;
use crate::clock::Clock;
use crate::egress::Redaction;
use crate::random::Random;

/// Servers whose nonce is remembered.
const MAX_NONCES: usize = 1000;

/// The last nonce of every server, by origin.
#[derive(Clone, Default)]
pub(super) struct Nonces(Arc<Mutex<BTreeMap<String, String>>>);

impl Nonces {
    fn of(&self, url: &Url) -> Option<String> {
        let nonces = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        nonces.get(&url.origin().ascii_serialization()).cloned()
    }

    /// Takes note of the nonce in an answer. True: it is another one than before.
    fn hear(&self, url: &Url, headers: &HeaderMap) -> bool {
        let Some(nonce) = dpop::nonce(headers) else {
            return false;
        };
        let mut nonces = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if nonces.len() >= MAX_NONCES {
            nonces.clear();
        }
        nonces.insert(url.origin().ascii_serialization(), nonce.to_owned()).as_deref() != Some(nonce)
    }
}

/// Proves to an MCP server that its token is in the right hands.
#[derive(Clone)]
pub(crate) struct Possession {
    prover: Prover,
    access: AccessToken,
    nonces: Nonces,
    clock: Clock,
    random: Random,
    redaction: Redaction,
}

impl Possession {
    pub(super) fn new(hub: &Hub, key: &DpopKey, access: &AccessToken) -> Result<Self, ConnectError> {
        Ok(Self {
            prover: Prover::of(key).map_err(ConnectError::Key)?,
            access: access.clone(),
            nonces: hub.nonces.clone(),
            clock: hub.parts.clock.clone(),
            random: hub.parts.random.clone(),
            redaction: hub.parts.egress.redaction().clone(),
        })
    }

    /// A fresh proof for one request.
    pub(crate) fn header(&self, method: &Method, url: &Url) -> Option<(HeaderName, HeaderValue)> {
        let nonce = self.nonces.of(url);
        let proof = self.prover.proof(Proof {
            method,
            url,
            access: Some(&self.access),
            nonce: nonce.as_deref(),
            now: self.clock.now(),
            random: self.random.source(),
        });
        let proof = proof.ok()?;
        self.redaction.learn(&proof);
        sensitive(&proof)
    }

    /// Takes note of a nonce. True: there is a new one, so that a request refused for want of it may be sent again.
    pub(crate) fn hear(&self, url: &Url, headers: &HeaderMap) -> bool {
        self.nonces.hear(url, headers)
    }
}

fn sensitive(proof: &str) -> Option<(HeaderName, HeaderValue)> {
    let mut value = HeaderValue::try_from(proof).ok()?;
    value.set_sensitive(true);
    Some((HeaderName::from_static(dpop::HEADER), value))
}

/// The key for a new grant, if its tokens are to be bound to one.
pub(super) fn key(entry: &Entry, discovered: &Discovered) -> Result<Option<DpopKey>, ConnectError> {
    let challenged = entry.state().challenge.is_some_and(|challenge| challenge.scheme == "dpop");
    let document = discovered.protected_resource.as_ref().map(|found| &found.document);
    let required = document.and_then(|document| document.get("dpop_bound_access_tokens_required"));
    let asked_for = challenged || required == Some(&serde_json::Value::Bool(true));
    let listed = discovered.metadata.list(dpop::ALGORITHMS);
    if !dpop::is_wanted(entry.server.oauth.dpop, asked_for, listed.as_deref()) {
        return Ok(None);
    }
    DpopKey::generate().map(Some).map_err(ConnectError::Key)
}

/// Sends a request to the token endpoint, with a proof where there is a key; once more where the answer is a nonce.
pub(super) async fn send(
    hub: &Hub,
    discovered: &Discovered,
    request: Request<Vec<u8>>,
    key: Option<&DpopKey>,
) -> Result<Response<Vec<u8>>, ConnectError> {
    let Some(key) = key else {
        return Ok(hub.parts.egress.send_to_owner(request, discovered.reach).await?);
    };
    let prover = Prover::of(key).map_err(ConnectError::Key)?;
    let url = Url::parse(&request.uri().to_string()).map_err(|_| mcphub_oauth::BuildError::Url)?;
    let first = hub.parts.egress.send_to_owner(with_proof(hub, &prover, &url, &request)?, discovered.reach).await?;
    let is_new = hub.nonces.hear(&url, first.headers());
    if !(is_new && dpop::wants_nonce(&first)) {
        return Ok(first);
    }
    let second = hub.parts.egress.send_to_owner(with_proof(hub, &prover, &url, &request)?, discovered.reach).await?;
    hub.nonces.hear(&url, second.headers());
    Ok(second)
}

fn with_proof(
    hub: &Hub,
    prover: &Prover,
    url: &Url,
    request: &Request<Vec<u8>>,
) -> Result<Request<Vec<u8>>, ConnectError> {
    let nonce = hub.nonces.of(url);
    let about = Proof {
        method: request.method(),
        url,
        access: None,
        nonce: nonce.as_deref(),
        now: hub.parts.clock.now(),
        random: hub.parts.random.source(),
    };
    let proof = prover.proof(about).map_err(ConnectError::Key)?;
    let mut request = request.clone();
    request.headers_mut().extend(sensitive(&proof));
    Ok(request)
}
