//! HTTP requests to one server: its headers from the settings, a proof of possession, a redirect to the same address with
//! or without a slash at its end. Failures become sentences here.
//!
//! It stands below `authorized`, which obtains the credential and decides what a refusal means.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::header::{ACCEPT_ENCODING, AUTHORIZATION, COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue};
use url::Url;

use super::deadline::AnswerLimit;
use super::headers;
use super::http::{Http, HttpError, HttpRequest, HttpResponse};
use super::parts::UpstreamParts;
use super::refusal::{error_in, may_be_of_proxy, sentence_in, wants_nonce};
use crate::connect::{DpopProof, RequestCredential};
use crate::egress::{Redaction, Redirect, redirect};
use crate::gateway::budget::Budget;
use crate::gateway::error::UpstreamError;
use crate::gateway::limits::GatewayLimits;
use crate::gateway::lock::lock;
use crate::gateway::message::Message;
use crate::settings::Server;

/// Bytes of an error's body that are read.
pub(super) const ERROR_BYTES: usize = 4 * 1024;
/// The wait for the body of an error.
pub(super) const ERROR_WAIT: Duration = Duration::from_secs(5);

/// The way to one server over HTTP.
pub(crate) struct ServerHttp {
    pub(super) name: String,
    pub(super) url: Url,
    pub(super) limits: GatewayLimits,
    /// How long the answer to a request is awaited.
    pub(super) limit: AnswerLimit,
    /// The wait for the answer to the request that opens a session.
    pub(super) start: Duration,
    /// Bytes that wait for the readers of streams, over all sessions.
    pub(super) waiting: Arc<Budget>,
    http: Http,
    headers: HeaderMap,
    /// Names of the headers of clients that go on.
    pub(super) passthrough: Vec<HeaderName>,
    redaction: Redaction,
    /// The address with a slash more or less at its end, once the server has redirected there.
    moved: Mutex<Option<Url>>,
}

impl ServerHttp {
    /// The way to the server at `url`, which may take as long as `start` to answer `initialize`. Err: the sentence says
    /// which header of the settings cannot be sent.
    pub(super) fn new(server: &Server, url: &Url, start: Duration, parts: &UpstreamParts<'_>) -> Result<Self, String> {
        Ok(Self {
            name: server.name.clone(),
            url: url.clone(),
            limits: parts.limits.clone(),
            limit: AnswerLimit::of(server, parts.limits.answer),
            start,
            waiting: parts.waiting.clone(),
            http: parts.http.clone(),
            headers: headers::of_settings(server)?,
            passthrough: server.passthrough.clone(),
            redaction: parts.connector.redaction(&server.name),
            moved: Mutex::new(None),
        })
    }

    /// How long the answer to a message is awaited.
    pub(super) fn limit_for(&self, message: &Message) -> AnswerLimit {
        match message.method() {
            Some("initialize") => AnswerLimit::fixed(self.start),
            Some(_) | None => self.limit,
        }
    }

    /// The address in use: the one in the settings, or where the server redirects to by a slash.
    pub(super) fn address(&self) -> Url {
        lock(&self.moved).clone().unwrap_or_else(|| self.url.clone())
    }

    /// Sends a request with this credential. Any status but a redirect is the caller's to judge.
    pub(super) async fn send(
        &self,
        request: &HttpRequest,
        credential: Option<&RequestCredential>,
    ) -> Result<HttpResponse, UpstreamError> {
        let proof = credential.and_then(|credential| credential.dpop.as_ref());
        let response = self.send_checked(self.prepared(request, credential), proof).await?;
        if !response.status.is_redirection() {
            return Ok(response);
        }
        // Boxed, as everything rare is: each call would have room for it.
        Box::pin(self.redirected(self.prepared(request, credential), response, proof, request.url == self.url)).await
    }

    /// The request as it goes out: to the address in use, with the headers of the settings and the credential.
    fn prepared(&self, request: &HttpRequest, credential: Option<&RequestCredential>) -> HttpRequest {
        let mut request = request.clone();
        if request.url == self.url
            && let Some(moved) = lock(&self.moved).clone()
        {
            request.url = moved;
        }
        let identifies = request.headers.contains_key(AUTHORIZATION) || request.headers.contains_key(COOKIE);
        if identifies || !self.headers.is_empty() {
            let mut headers = self.headers.clone();
            headers::replace(&mut headers, std::mem::take(&mut request.headers), &self.passthrough);
            request.headers = headers;
        }
        if let Some(credential) = credential {
            for (name, value) in &credential.headers {
                request.headers.insert(name, value.clone());
            }
            if !credential.query.is_empty() {
                request.url.query_pairs_mut().extend_pairs(&credential.query);
            }
        }
        request
    }

    async fn redirected(
        &self,
        request: HttpRequest,
        response: HttpResponse,
        proof: Option<&DpopProof>,
        is_own: bool,
    ) -> Result<HttpResponse, UpstreamError> {
        match redirect(&request.url, response.status, &response.headers) {
            None => Ok(response),
            Some(Redirect::Elsewhere(to)) => Err(UpstreamError::Moved { server: self.name.clone(), to }),
            Some(Redirect::Slash(next)) => self.follow_slash(HttpRequest { url: next, ..request }, proof, is_own).await,
        }
    }

    /// Follows one redirect to the same address with a slash more or less at its end. Later requests go there directly.
    async fn follow_slash(
        &self,
        request: HttpRequest,
        proof: Option<&DpopProof>,
        is_own: bool,
    ) -> Result<HttpResponse, UpstreamError> {
        let url = request.url.clone();
        let response = self.send_checked(request, proof).await?;
        match redirect(&url, response.status, &response.headers) {
            None if is_own => self.remember_path(url.path()),
            None => {}
            Some(Redirect::Elsewhere(to)) => return Err(UpstreamError::Moved { server: self.name.clone(), to }),
            Some(Redirect::Slash(next)) => {
                let to = format!("{}{}", next.origin().ascii_serialization(), next.path());
                return Err(UpstreamError::Moved { server: self.name.clone(), to });
            }
        }
        Ok(response)
    }

    fn remember_path(&self, path: &str) {
        let mut url = self.url.clone();
        url.set_path(path);
        let before = std::mem::replace(&mut *lock(&self.moved), (url != self.url).then_some(url));
        if before.is_none() {
            let (name, written) = (&self.name, self.url.path());
            tracing::info!(
                server.name = name,
                "{name} redirects from {written} to {path} and is asked there from now on; write that in its url"
            );
        }
    }

    /// Sends a request, and refuses an answer that is compressed.
    async fn send_checked(
        &self,
        mut request: HttpRequest,
        proof: Option<&DpopProof>,
    ) -> Result<HttpResponse, UpstreamError> {
        // Without this header a server may use any encoding (RFC 9110 §12.5.3), and the hub decodes none.
        request.headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        let response = match proof {
            Some(proof) => Box::pin(self.send_with_proof(request, proof)).await?,
            None => self.http.send(request).await.map_err(|error| self.failure(error))?,
        };
        match response.encoding().filter(|_| response.status.is_success()) {
            Some(encoding) => Err(self.not_mcp(format!(
                "it compresses its answers ({encoding}) although the hub did not ask for that; switch that off there"
            ))),
            None => Ok(response),
        }
    }

    /// Sends a request with a proof of possession, once more if the server asks for its nonce in the proof (RFC 9449 §9).
    async fn send_with_proof(&self, request: HttpRequest, proof: &DpopProof) -> Result<HttpResponse, UpstreamError> {
        let prove = |mut request: HttpRequest| {
            request.headers.extend(proof.header(&request.method, &request.url));
            self.http.send(request)
        };
        let url = request.url.clone();
        let first = prove(request.clone()).await.map_err(|error| self.failure(error))?;
        let is_new = proof.observe_nonce(&url, &first.headers);
        if !(is_new && wants_nonce(&first)) {
            return Ok(first);
        }
        let second = prove(request).await.map_err(|error| self.failure(error))?;
        proof.observe_nonce(&url, &second.headers);
        Ok(second)
    }

    /// A failure of the HTTP client as a sentence about this server.
    pub(super) fn failure(&self, error: HttpError) -> UpstreamError {
        let server = self.name.clone();
        match error {
            HttpError::Unreachable(problem) => UpstreamError::Unreachable { server, problem },
            HttpError::Broke => UpstreamError::Closed { server },
            HttpError::TimedOut(waited) => UpstreamError::TimedOut { server, waited },
            HttpError::TooLarge(limit) => UpstreamError::TooLarge { server, limit },
        }
    }

    /// The error for a status that is no success. Of the body it holds the sentence of a JSON-RPC error and nothing else: what
    /// a server prints when it fails is not for clients.
    pub(super) async fn status_error(&self, response: HttpResponse) -> UpstreamError {
        self.status_error_and_body(response).await.0
    }

    /// The same, and the start of the body.
    pub(super) async fn status_error_and_body(&self, response: HttpResponse) -> (UpstreamError, String) {
        let status = response.status;
        let proxy = response.proxy.clone().filter(|_| may_be_of_proxy(status));
        let body = response.read_start(ERROR_BYTES, ERROR_WAIT).await;
        let masked = self.redaction.hide(&body);
        let detail = error_in(&masked);
        if let (None, Some(words)) = (&detail, sentence_in(&masked)) {
            tracing::debug!(server.name = self.name, "{} answered with HTTP status {status}: {words:?}", self.name);
        }
        let through = proxy.map(|proxy| format!("asked through the proxy {proxy}"));
        let detail = match (detail, through) {
            (Some(detail), Some(through)) => Some(format!("{detail} ({through})")),
            (detail, through) => detail.or(through),
        };
        (UpstreamError::Status { server: self.name.clone(), status, detail }, body)
    }

    /// The error for an answer that is not MCP.
    pub(super) fn not_mcp(&self, problem: impl Into<String>) -> UpstreamError {
        UpstreamError::NotMcp { server: self.name.clone(), problem: problem.into() }
    }
}
