//! Tokens that are bound to a key (RFC 9449): proofs for the token endpoint and for every request to the MCP server,
//! with the nonces that these servers give.

use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response};
use mcphub_oauth::dpop::{self, DpopKey, Proof, Prover};
use mcphub_oauth::secret::AccessToken;
use url::Url;

use crate::clock::Clock;
use crate::connect::core::at_issuer::AtIssuer;
use crate::connect::core::error::{ConnectError, ServerError};
use crate::connect::core::nonces::Nonces;
use crate::connect::core::parts::Core;
use crate::connect::core::target::Discovered;
use crate::egress::Redaction;
use crate::random::Random;

/// Proves to an MCP server that the hub holds the key of its token.
#[derive(Clone)]
pub(crate) struct DpopProof {
    prover: Prover,
    access: AccessToken,
    nonces: Nonces,
    clock: Clock,
    random: Random,
    redaction: Redaction,
}

impl DpopProof {
    pub(crate) fn new(core: &Core, key: &DpopKey, access: &AccessToken) -> Result<Self, ConnectError> {
        Ok(Self {
            prover: Prover::of(key).map_err(ServerError::Key)?,
            access: access.clone(),
            nonces: core.nonces.clone(),
            clock: core.parts.clock.clone(),
            random: core.parts.random.clone(),
            redaction: core.parts.egress.redaction().clone(),
        })
    }

    /// A new proof for one request. `None` means that none can be made.
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

    /// Remembers a nonce. Returns whether it is new, so that a request that was refused for lack of it may be sent
    /// again.
    pub(crate) fn observe_nonce(&self, url: &Url, headers: &HeaderMap) -> bool {
        self.nonces.observe_nonce(url, headers)
    }
}

fn sensitive(proof: &str) -> Option<(HeaderName, HeaderValue)> {
    let mut value = HeaderValue::try_from(proof).ok()?;
    value.set_sensitive(true);
    Some((HeaderName::from_static(dpop::HEADER), value))
}

/// Whether the tokens of a new grant are to be bound to a key.
pub(crate) fn is_wanted(at: AtIssuer<'_>) -> bool {
    let AtIssuer { entry, discovered, .. } = at;
    let challenged = entry.memory().demand.challenge.is_some_and(|challenge| challenge.scheme == "dpop");
    let document = discovered.protected_resource.as_ref().map(|found| &found.document);
    let required = document.and_then(|document| document.get("dpop_bound_access_tokens_required"));
    let asked_for = challenged || required == Some(&serde_json::Value::Bool(true));
    let listed = discovered.metadata.list(dpop::ALGORITHMS);
    dpop::is_wanted(entry.server.oauth.dpop, asked_for, listed.as_deref())
}

/// A key for a new grant, if its tokens are to be bound to one.
pub(crate) fn key(is_wanted: bool) -> Result<Option<DpopKey>, ConnectError> {
    let key = is_wanted.then(DpopKey::generate).transpose();
    Ok(key.map_err(ServerError::Key)?)
}

/// Sends a request to the token endpoint, with a proof if there is a key. If the server answers with a nonce, the
/// request is sent once more.
pub(crate) async fn send(
    core: &Core,
    discovered: &Discovered,
    request: Request<Vec<u8>>,
    key: Option<&DpopKey>,
) -> Result<Response<Vec<u8>>, ConnectError> {
    let Some(key) = key else {
        return Ok(core.parts.egress.send_to_owner(request, discovered.policy).await?);
    };
    let prover = Prover::of(key).map_err(ServerError::Key)?;
    let url = Url::parse(&request.uri().to_string()).map_err(|_| mcphub_oauth::BuildError::Url)?;
    let first = core.parts.egress.send_to_owner(with_proof(core, &prover, &url, &request)?, discovered.policy).await?;
    let is_new = core.nonces.observe_nonce(&url, first.headers());
    if !(is_new && dpop::wants_nonce(&first)) {
        return Ok(first);
    }
    let second = core.parts.egress.send_to_owner(with_proof(core, &prover, &url, &request)?, discovered.policy).await?;
    core.nonces.observe_nonce(&url, second.headers());
    Ok(second)
}

fn with_proof(
    core: &Core,
    prover: &Prover,
    url: &Url,
    request: &Request<Vec<u8>>,
) -> Result<Request<Vec<u8>>, ConnectError> {
    let nonce = core.nonces.of(url);
    let about = Proof {
        method: request.method(),
        url,
        access: None,
        nonce: nonce.as_deref(),
        now: core.now(),
        random: core.parts.random.source(),
    };
    let proof = prover.proof(about).map_err(ServerError::Key)?;
    let mut request = request.clone();
    request.headers_mut().extend(sensitive(&proof));
    Ok(request)
}
