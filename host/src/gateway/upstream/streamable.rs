//! Streamable HTTP: every message is a POST, answers come as JSON or as a stream, and a GET streams the rest.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use tokio::sync::mpsc;

use super::authorized::AuthorizedHttp;
use super::events::Events;
use super::headers::{PROTOCOL_VERSION, SESSION_ID};
use super::http::{HttpRequest, HttpResponse};
use super::listen::listen;
use super::reply::Reply;
use super::server_http::ERROR_WAIT;
use super::stateless::Stateless;
use super::stream::{Cursor, PostStream};
use super::{incoming, session_lost, stateless};
use crate::gateway::background::BackgroundTask;
use crate::gateway::error::UpstreamError;
use crate::gateway::lock::lock;
use crate::gateway::message::{Id, Message, MessageKind, fields};

/// A session over this transport.
pub(crate) struct Streamable {
    pub(super) http: Arc<AuthorizedHttp>,
    pub(super) session: Option<HeaderValue>,
    revision: Option<HeaderValue>,
    /// Set if the server speaks the revision without sessions.
    pub(super) stateless: Option<Stateless>,
    is_closed: AtomicBool,
    /// Whether the server has forgotten the session.
    is_lost: Arc<AtomicBool>,
    listener: Mutex<Option<BackgroundTask>>,
}

/// The outcome of the first POST.
pub(crate) enum OpenOutcome {
    /// The server speaks this transport: the session, and its answer to `initialize`.
    Session(Box<Streamable>, Message),
    /// The server may speak the older transport. If it does not, this is the error.
    Refused(UpstreamError),
}

impl Streamable {
    fn new(http: Arc<AuthorizedHttp>, stateless: Option<Stateless>) -> Self {
        let (is_closed, is_lost) = (AtomicBool::new(true), Arc::default());
        Self { http, session: None, revision: None, stateless, is_closed, is_lost, listener: Mutex::new(None) }
    }

    /// Whether the server is known to have forgotten the session.
    pub(crate) fn is_ended(&self) -> bool {
        self.is_lost.load(Ordering::Relaxed)
    }

    /// Records that the server has forgotten the session, and returns the error for the request that found out.
    pub(super) fn note_lost(&self) -> UpstreamError {
        self.is_closed.store(true, Ordering::Relaxed);
        self.is_lost.store(true, Ordering::Relaxed);
        UpstreamError::SessionEnded { server: self.http.server.name.clone() }
    }

    /// Opens a session with a server of the revision without sessions, with an answer as if to `initialize`. `None` if
    /// the server does not speak that revision.
    pub(crate) async fn discover(
        http: Arc<AuthorizedHttp>,
        initialize: &Message,
    ) -> Result<Option<(Self, Message)>, UpstreamError> {
        let session = Self::new(http, Some(Stateless::of(&initialize.params())));
        let MessageKind::Request { id, .. } = initialize.kind() else { return Err(UpstreamError::DuplicateId) };
        let answer = match session.request(&stateless::discover(id.clone())).await {
            Ok(reply) => reply.answer(|_| {}).await?,
            Err(UpstreamError::Status { .. } | UpstreamError::NotMcp { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let greeting = stateless::greeting(&fields(answer.result_raw()), &initialize.params());
        Ok(greeting.map(|greeting| (session, Message::result(id.clone(), &greeting))))
    }

    /// Opens a session with `initialize`.
    pub(crate) async fn open(http: Arc<AuthorizedHttp>, initialize: &Message) -> Result<OpenOutcome, UpstreamError> {
        let mut session = Self::new(http.clone(), None);
        let response = session.post(initialize, http.server.start).await?;
        if !response.status.is_success() {
            let may_be_older = may_be_older(response.status);
            let error = http.server.status_error(response).await;
            return if may_be_older { Ok(OpenOutcome::Refused(error)) } else { Err(error) };
        }
        let id = response.headers.get(&SESSION_ID).cloned();
        let MessageKind::Request { id: request, .. } = initialize.kind() else {
            return Err(UpstreamError::DuplicateId);
        };
        let read = async { session.reply(response, initialize, request).await?.answer(|_| {}).await };
        let greeting = match read.await {
            Ok(greeting) => greeting,
            Err(error @ (UpstreamError::NotMcp { .. } | UpstreamError::Closed { .. })) => {
                return Ok(OpenOutcome::Refused(error));
            }
            Err(error) => return Err(error),
        };
        if let Some(problem) = greeting.error_text() {
            return Ok(OpenOutcome::Refused(UpstreamError::Rejected { server: http.server.name.clone(), problem }));
        }
        session.session = id;
        session.is_closed = AtomicBool::new(session.session.is_none());
        Ok(OpenOutcome::Session(Box::new(session), greeting))
    }

    /// Uses the revision that the server chose.
    pub(crate) fn agree(&mut self, revision: &str) {
        self.revision = HeaderValue::from_str(revision).ok();
    }

    /// Posts a request. Fails with `SessionEnded` if the server does not know the session any more.
    pub(crate) async fn request(&self, message: &Message) -> Result<Reply, UpstreamError> {
        let MessageKind::Request { id, .. } = message.kind() else { return Err(UpstreamError::DuplicateId) };
        if let Some(answer) = self.stateless.as_ref().and_then(|_| Stateless::answered_here(message)) {
            return Ok(Reply::Whole(answer));
        }
        let response = self.posted(message).await?;
        if !response.status.is_success() {
            return self.refusal(response, id).await;
        }
        match self.reply(response, message, id).await? {
            Reply::Whole(answer) if self.stateless.is_none() && session_lost::by_answer(&answer) => {
                Err(self.note_lost())
            }
            reply => Ok(reply),
        }
    }

    async fn posted(&self, message: &Message) -> Result<HttpResponse, UpstreamError> {
        self.post(message, self.http.server.wait_for(message)).await.map_err(|error| match error {
            UpstreamError::SessionEnded { .. } => self.note_lost(),
            other => other,
        })
    }

    /// Sends a notification or an answer. Without sessions there is nowhere to send either: a request is given up by
    /// closing its stream.
    pub(crate) async fn notify(&self, message: &Message) -> Result<(), UpstreamError> {
        if self.stateless.is_some() {
            return Ok(());
        }
        let response = self.posted(message).await?;
        if response.status.is_success() {
            return Ok(());
        }
        let status = response.status;
        let (error, body) = self.http.server.status_error_and_body(response).await;
        if session_lost::by_status(status, &body, self.session.is_some()) {
            return Err(self.note_lost());
        }
        Err(error)
    }

    /// Starts to listen for messages that belong to no request, once.
    pub(crate) fn listen(&self, inbound: mpsc::Sender<Message>) {
        let mut listener = lock(&self.listener);
        if listener.is_none() && self.stateless.is_none() {
            let is_lost = self.is_lost.clone();
            *listener = Some(BackgroundTask::spawn(listen(self.http.clone(), self.headers(), inbound, is_lost)));
        }
    }

    /// Tells the server that the session is over, once.
    pub(crate) async fn close(&self) {
        lock(&self.listener).take();
        if let Some(request) = self.closing_request() {
            // A server may refuse this, and nothing depends on it.
            drop(self.http.send_optional(request).await);
        }
    }

    fn closing_request(&self) -> Option<HttpRequest> {
        let is_open = !self.is_closed.swap(true, Ordering::Relaxed);
        let (url, headers) = (self.http.server.url.clone(), self.headers());
        is_open.then_some(HttpRequest { method: Method::DELETE, url, headers, body: None, wait: ERROR_WAIT })
    }

    fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if let Some(session) = &self.session {
            headers.insert(SESSION_ID, session.clone());
        }
        if let Some(revision) = &self.revision {
            headers.insert(PROTOCOL_VERSION, revision.clone());
        }
        headers
    }

    pub(super) async fn post(&self, message: &Message, wait: Duration) -> Result<HttpResponse, UpstreamError> {
        let mut headers = self.http.headers_of(message);
        headers.extend(self.headers());
        headers.insert(ACCEPT, HeaderValue::from_static("application/json, text/event-stream"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let body = match &self.stateless {
            None => message.to_line(),
            Some(stateless) => {
                headers.extend(Stateless::headers(message));
                stateless.complete(message).to_line()
            }
        };
        let body = Some(body);
        let tool = (message.method() == Some("tools/call")).then(|| message.param("name")).flatten();
        self.http
            .send(
                HttpRequest { method: Method::POST, url: self.http.server.url.clone(), headers, body, wait },
                tool.as_deref(),
            )
            .await
    }

    /// What comes back for the request of this id.
    async fn reply(&self, response: HttpResponse, request: &Message, id: &Id) -> Result<Reply, UpstreamError> {
        let wait = self.http.server.wait_for(request);
        let limit = self.http.server.limits.message_bytes;
        if response.is("text/event-stream") {
            let stream = PostStream {
                http: self.http.clone(),
                headers: self.headers(),
                id: id.clone(),
                events: Events::new(response.into_stream(), limit),
                cursor: Cursor::new(),
                broken: 0,
                wait,
                is_lost: self.can_lose_session(request).then(|| self.is_lost.clone()),
                is_at_work: false,
                ready: VecDeque::new(),
                is_done: false,
            };
            return Ok(Reply::own(stream));
        }
        if !response.is("application/json") {
            return Err(self.http.server.not_mcp("the answer is neither JSON nor an event stream"));
        }
        let body = tokio::time::timeout(wait, response.read(limit)).await;
        let body = body.map_err(|_| UpstreamError::TimedOut { server: self.http.server.name.clone(), waited: wait })?;
        self.json_reply(&body.map_err(|error| self.http.server.failure(error))?, id)
    }

    /// Whether an error in the answer to this request can mean that the session is lost.
    fn can_lose_session(&self, request: &Message) -> bool {
        self.stateless.is_none() && request.method() != Some("initialize")
    }

    fn json_reply(&self, body: &Bytes, id: &Id) -> Result<Reply, UpstreamError> {
        let messages = incoming::messages(body).map_err(|error| self.http.server.not_mcp(error.to_string()))?;
        let answer = messages.into_iter().find(|message| message.answers(id));
        let answer = answer.ok_or_else(|| self.http.server.not_mcp("the answer is to another request"))?;
        Ok(Reply::Whole(answer.with_id(id.clone())))
    }
}

/// Ends the session when its last user drops it, so that calls in flight finish first.
impl Drop for Streamable {
    fn drop(&mut self) {
        if let (Some(request), Ok(runtime)) = (self.closing_request(), tokio::runtime::Handle::try_current()) {
            let http = self.http.clone();
            runtime.spawn(async move { drop(http.send_optional(request).await) });
        }
    }
}

/// Whether the server may speak the older transport. By "Backwards Compatibility" 400, 404 and 405 mean that; in
/// practice most errors do that are not about the caller.
fn may_be_older(status: StatusCode) -> bool {
    let about_caller =
        [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN, StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_MANY_REQUESTS];
    let unprepared = [StatusCode::INTERNAL_SERVER_ERROR, StatusCode::NOT_IMPLEMENTED];
    status.is_client_error() && !about_caller.contains(&status) || unprepared.contains(&status)
}
