//! Requests to one server, with the credential that its login gave: a refusal is answered once with a fresh one.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::header::{ACCEPT_ENCODING, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, StatusCode};
use url::Url;

use super::http::{Answer, Ask, Http, HttpError};
use super::refusal::{is_refusal, may_be_of_proxy, said, wants_nonce};
use super::stateless::DISCOVER;
use super::stdio::{Living, Premises};
use super::streamable::SESSION_ID;
use super::{headers, lost};
use crate::connect::{Connector, Credential, DpopProof, Refusal};
use crate::egress::{Redaction, Redirect, redirect};
use crate::gateway::budget::Budget;
use crate::gateway::error::UpstreamError;
use crate::gateway::limits::Limits;
use crate::gateway::lock::lock;
use crate::gateway::message::Message;
use crate::settings::{Server, TransportHint};

/// How much of a refusal's body is read.
const REFUSAL_BYTES: usize = 64 * 1024;
/// How much of any other error is read.
pub(super) const ERROR_BYTES: usize = 4 * 1024;
/// How long the body of an error is waited for.
pub(super) const ERROR_WAIT: Duration = Duration::from_secs(5);

/// Which of the HTTP transports a server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Revision 2025-03-26 and later.
    StreamableHttp,
    /// Revision 2026-07-28: Streamable HTTP without sessions.
    Stateless,
    /// Revision 2024-11-05.
    Sse,
}

/// The way to one server.
pub(crate) struct Wire {
    pub(crate) name: String,
    pub(crate) url: Url,
    pub(crate) hint: TransportHint,
    pub(crate) limits: Limits,
    /// To the answer to a request.
    pub(crate) wait: Duration,
    /// To the answer to the one that begins a session.
    pub(crate) start: Duration,
    /// Bytes that wait for the readers of streams, over all sessions.
    pub(crate) waiting: Arc<Budget>,
    http: Http,
    connector: Connector,
    headers: HeaderMap,
    uses_oauth: bool,
    redaction: Redaction,
    /// The same address with a slash more or less at its end, where the server sends everybody there.
    moved: Mutex<Option<Url>>,
    /// What worked last.
    dialect: Mutex<Option<Dialect>>,
}

/// What all wires share.
pub(crate) struct Means<'a> {
    pub(crate) http: &'a Http,
    pub(crate) connector: &'a Connector,
    pub(crate) limits: &'a Limits,
    /// Bytes that wait for the readers of streams, over all sessions.
    pub(crate) waiting: &'a Arc<Budget>,
    pub(crate) premises: &'a Premises,
    pub(crate) living: &'a Living,
}

impl Wire {
    /// A wire to the server at `url`, which may take as long as `start` to come up; the error says which of its headers cannot
    /// be sent.
    pub(crate) fn new(
        server: &Server,
        (url, hint): (&Url, TransportHint),
        start: Duration,
        means: &Means<'_>,
    ) -> Result<Self, String> {
        Ok(Self {
            name: server.name.clone(),
            url: url.clone(),
            hint,
            limits: means.limits.clone(),
            wait: server.timeout.unwrap_or(means.limits.answer),
            start,
            waiting: means.waiting.clone(),
            http: means.http.clone(),
            connector: means.connector.clone(),
            headers: headers::of_settings(server)?,
            uses_oauth: server.uses_oauth(),
            redaction: means.connector.redaction(&server.name),
            moved: Mutex::new(None),
            dialect: Mutex::new(None),
        })
    }

    /// How long the answer to a message is waited for.
    pub(crate) fn wait_for(&self, message: &Message) -> Duration {
        match message.method() {
            Some("initialize" | DISCOVER) => self.start,
            Some(_) | None => self.wait,
        }
    }

    /// Where the server is asked.
    pub(crate) fn address(&self) -> Url {
        lock(&self.moved).clone().unwrap_or_else(|| self.url.clone())
    }

    /// What worked last.
    pub(crate) fn dialect(&self) -> Option<Dialect> {
        *lock(&self.dialect)
    }

    /// Remembers what worked.
    pub(crate) fn remember(&self, dialect: Option<Dialect>) {
        *lock(&self.dialect) = dialect;
    }

    /// Sends a request; `tool` is the one that it calls. Any status but a refusal is the caller's to judge.
    pub(crate) async fn send(&self, ask: Ask, tool: Option<&str>) -> Result<Answer, UpstreamError> {
        if !self.uses_oauth {
            return self.send_with_own_headers(ask).await;
        }
        let used = self.connector.credential(&self.name).await?;
        let answer = self.once(ask.clone(), used.as_ref()).await?;
        if !is_refusal(&answer) {
            return Ok(answer);
        }
        let refusal = self.refusal(answer, tool, ask.headers.contains_key(&SESSION_ID)).await?;
        let fresh = self.connector.refused(&self.name, refusal, used.as_ref()).await?;
        let has_session = ask.headers.contains_key(&SESSION_ID);
        let answer = self.once(ask, Some(&fresh)).await?;
        if !is_refusal(&answer) {
            self.connector.accepted(&self.name, &fresh);
            return Ok(answer);
        }
        let refusal = self.refusal(answer, tool, has_session).await?;
        let status = refusal.status;
        // Either the connector knows what a person can do, or nobody does.
        self.connector.refused(&self.name, refusal, Some(&fresh)).await?;
        Err(UpstreamError::StillRefused { server: self.name.clone(), status })
    }

    /// Sends what the server need not take: a refusal says nothing of the login.
    pub(crate) async fn send_aside(&self, ask: Ask) -> Result<Answer, UpstreamError> {
        let credential = if self.uses_oauth { self.connector.credential(&self.name).await? } else { None };
        self.once(ask, credential.as_ref()).await
    }

    /// What the server says to a refusal. Err: it is about the session, not about a login.
    async fn refusal(&self, answer: Answer, tool: Option<&str>, has_session: bool) -> Result<Refusal, UpstreamError> {
        let (status, headers) = (answer.status, answer.headers.clone());
        let body = answer.read_start(REFUSAL_BYTES, ERROR_WAIT).await;
        if !headers.contains_key(WWW_AUTHENTICATE) && lost::by_refusal(&body, has_session) {
            return Err(UpstreamError::SessionEnded { server: self.name.clone() });
        }
        Ok(Refusal::new(status, &headers, body, tool.map(str::to_owned)))
    }

    async fn send_with_own_headers(&self, ask: Ask) -> Result<Answer, UpstreamError> {
        let has_session = ask.headers.contains_key(&SESSION_ID);
        let answer = self.once(ask, None).await?;
        if answer.status == StatusCode::UNAUTHORIZED {
            self.refusal(answer, None, has_session).await?;
            return Err(UpstreamError::HeadersRefused { server: self.name.clone(), status: StatusCode::UNAUTHORIZED });
        }
        Ok(answer)
    }

    async fn once(&self, mut ask: Ask, credential: Option<&Credential>) -> Result<Answer, UpstreamError> {
        let is_own = ask.url == self.url;
        if is_own {
            ask.url = self.address();
        }
        let mut headers = self.headers.clone();
        headers::replace(&mut headers, std::mem::take(&mut ask.headers));
        if let Some(credential) = credential {
            for (name, value) in &credential.headers {
                headers.insert(name, value.clone());
            }
            if !credential.query.is_empty() {
                ask.url.query_pairs_mut().extend_pairs(&credential.query);
            }
        }
        ask.headers = headers;
        let possession = credential.and_then(|credential| credential.dpop.as_ref());
        let answer = self.carry(ask.clone(), possession).await?;
        match redirect(&ask.url, answer.status, &answer.headers) {
            None => Ok(answer),
            Some(Redirect::Elsewhere(to)) => Err(UpstreamError::Moved { server: self.name.clone(), to }),
            Some(Redirect::Slash(next)) => self.once_more(Ask { url: next, ..ask }, possession, is_own).await,
        }
    }

    /// At the same address with a slash more or less at its end: once, and from then on at once.
    async fn once_more(&self, ask: Ask, possession: Option<&DpopProof>, is_own: bool) -> Result<Answer, UpstreamError> {
        let url = ask.url.clone();
        let answer = self.carry(ask, possession).await?;
        match redirect(&url, answer.status, &answer.headers) {
            None if is_own => self.settle(url.path()),
            None => {}
            Some(Redirect::Elsewhere(to)) => return Err(UpstreamError::Moved { server: self.name.clone(), to }),
            Some(Redirect::Slash(next)) => {
                let to = format!("{}{}", next.origin().ascii_serialization(), next.path());
                return Err(UpstreamError::Moved { server: self.name.clone(), to });
            }
        }
        Ok(answer)
    }

    fn settle(&self, path: &str) {
        let mut url = self.url.clone();
        url.set_path(path);
        let before = std::mem::replace(&mut *lock(&self.moved), (url != self.url).then_some(url));
        if before.is_none() {
            let (name, written) = (&self.name, self.url.path());
            tracing::info!(
                server.name = name,
                "{name} redirects from {written} to {path} and is asked there; write that in its url"
            );
        }
    }

    async fn carry(&self, mut ask: Ask, possession: Option<&DpopProof>) -> Result<Answer, UpstreamError> {
        // Who says nothing of it takes every encoding (RFC 9110 §12.5.3).
        ask.headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        let answer = match possession {
            Some(possession) => self.proven(ask, possession).await?,
            None => self.http.send(ask).await.map_err(|error| self.failure(error))?,
        };
        match answer.encoding().filter(|_| answer.status.is_success()) {
            Some(encoding) => Err(self.not_mcp(format!(
                "it compresses its answers ({encoding}), which the hub does not ask for; switch that off there"
            ))),
            None => Ok(answer),
        }
    }

    /// With a proof of possession; once more where the server wants its nonce in it (RFC 9449 §9).
    async fn proven(&self, ask: Ask, possession: &DpopProof) -> Result<Answer, UpstreamError> {
        let prove = |mut ask: Ask| {
            ask.headers.extend(possession.header(&ask.method, &ask.url));
            self.http.send(ask)
        };
        let url = ask.url.clone();
        let first = prove(ask.clone()).await.map_err(|error| self.failure(error))?;
        let is_new = possession.observe_nonce(&url, &first.headers);
        if !(is_new && wants_nonce(&first)) {
            return Ok(first);
        }
        let second = prove(ask).await.map_err(|error| self.failure(error))?;
        possession.observe_nonce(&url, &second.headers);
        Ok(second)
    }

    /// What a failure means to a person.
    pub(crate) fn failure(&self, error: HttpError) -> UpstreamError {
        let server = self.name.clone();
        match error {
            HttpError::Unreachable(problem) => UpstreamError::Unreachable { server, problem },
            HttpError::TimedOut(waited) => UpstreamError::TimedOut { server, waited },
            HttpError::TooLarge(limit) => UpstreamError::TooLarge { server, limit },
        }
    }

    /// A status that is no success, with what the server says to it.
    pub(crate) async fn status(&self, answer: Answer) -> UpstreamError {
        self.refusal_in_words(answer).await.0
    }

    /// The same, and the start of the body.
    pub(crate) async fn refusal_in_words(&self, answer: Answer) -> (UpstreamError, String) {
        let status = answer.status;
        let is_told = answer.is("application/json") || answer.is("text/plain");
        let proxy = answer.proxy.clone().filter(|_| may_be_of_proxy(status));
        let body = answer.read_start(ERROR_BYTES, ERROR_WAIT).await;
        let detail = is_told.then(|| said(&self.redaction.hide(&body))).flatten();
        let through = proxy.map(|proxy| format!("asked through the proxy {proxy}"));
        let detail = match (detail, through) {
            (Some(detail), Some(through)) => Some(format!("{detail} ({through})")),
            (detail, through) => detail.or(through),
        };
        (UpstreamError::Status { server: self.name.clone(), status, detail }, body)
    }

    /// What it speaks is not the protocol.
    pub(crate) fn not_mcp(&self, problem: impl Into<String>) -> UpstreamError {
        UpstreamError::NotMcp { server: self.name.clone(), problem: problem.into() }
    }
}
