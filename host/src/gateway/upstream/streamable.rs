//! Streamable HTTP: every message is a POST, answers come as JSON or as a stream, and a GET streams the rest.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use tokio::sync::mpsc;

use super::authorized::AuthorizedHttp;
use super::deadline::AnswerDeadline;
use super::http::{HeadWait, HttpRequest, HttpResponse};
use super::http_reply::Asked;
use super::listen::{Listened, listen};
use super::open_questions::OpenQuestions;
use super::reply::Reply;
use super::server_http::ERROR_WAIT;
use super::stream_state::StreamState;
use super::{http_reply, session_lost};
use crate::gateway::background::BackgroundTask;
use crate::gateway::error::UpstreamError;
use crate::gateway::lock::lock;
use crate::gateway::mcp_headers::{METHOD, PROTOCOL_VERSION, SESSION_ID};
use crate::gateway::message::{Message, MessageKind};

/// A session over this transport.
pub(crate) struct Streamable {
    pub(super) http: Arc<AuthorizedHttp>,
    pub(super) session: Option<HeaderValue>,
    revision: Option<HeaderValue>,
    is_closed: AtomicBool,
    /// Whether the server has forgotten the session.
    is_lost: Arc<AtomicBool>,
    listener: Mutex<Option<BackgroundTask>>,
    /// Whether the stream of that listener is open.
    stream: StreamState,
    questions: Arc<OpenQuestions>,
}

/// The outcome of the first POST.
pub(crate) enum OpenOutcome {
    /// The server speaks this transport: the session, and its answer to `initialize`.
    Session(Box<Streamable>, Message),
    /// The server may speak the older transport. If it does not, this is the error.
    Refused(UpstreamError),
}

impl Streamable {
    fn new(http: Arc<AuthorizedHttp>) -> Self {
        let (is_closed, is_lost, stream) = (AtomicBool::new(true), Arc::default(), StreamState::default());
        let (listener, questions) = (Mutex::new(None), Arc::default());
        Self { http, session: None, revision: None, is_closed, is_lost, listener, stream, questions }
    }

    /// Whether the server is known to have forgotten the session.
    pub(crate) fn is_ended(&self) -> bool {
        self.is_lost.load(Ordering::Relaxed)
    }

    /// The questions that the server has asked in this session.
    pub(super) const fn questions(&self) -> &Arc<OpenQuestions> {
        &self.questions
    }

    /// Records that the server has forgotten the session, and returns the error for the request that found out.
    pub(super) fn note_lost(&self) -> UpstreamError {
        self.is_closed.store(true, Ordering::Relaxed);
        self.is_lost.store(true, Ordering::Relaxed);
        UpstreamError::SessionEnded { server: self.http.server.name.clone() }
    }

    /// Opens a session with `initialize`.
    pub(crate) async fn open(http: Arc<AuthorizedHttp>, initialize: &Message) -> Result<OpenOutcome, UpstreamError> {
        let mut session = Self::new(http.clone());
        let deadline = http.server.limit_for(initialize).begin();
        let response = session.post(initialize, HeadWait::Answer(Box::new(deadline.clone()))).await?;
        if !response.status.is_success() {
            let may_be_older = may_be_older(response.status);
            let error = http.server.status_error(response).await;
            return if may_be_older { Ok(OpenOutcome::Refused(error)) } else { Err(error) };
        }
        let id = response.headers.get(&SESSION_ID).cloned();
        let read = async { session.reply(response, initialize, deadline).await?.answer(|_| {}).await };
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
        let deadline = self.http.server.limit_for(message).begin_with(&self.questions);
        let response = self.posted(message, &deadline).await?;
        if !response.status.is_success() {
            // Boxed, as everything rare is: each call would have room for it.
            return Box::pin(self.refusal(response, id)).await;
        }
        match self.reply(response, message, deadline).await? {
            Reply::Whole(answer) if session_lost::by_answer(&answer) => Err(self.note_lost()),
            reply => Ok(reply),
        }
    }

    async fn posted(&self, message: &Message, deadline: &AnswerDeadline) -> Result<HttpResponse, UpstreamError> {
        self.post(message, HeadWait::Answer(Box::new(deadline.clone()))).await.map_err(|error| match error {
            UpstreamError::SessionEnded { .. } => self.note_lost(),
            UpstreamError::TimedOut { server, .. } => deadline.missed(&server),
            other => other,
        })
    }

    /// Sends a notification or an answer.
    pub(crate) async fn notify(&self, message: &Message) -> Result<(), UpstreamError> {
        let response = self.posted(message, &self.http.server.limit_for(message).begin()).await?;
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
        if listener.is_none() {
            self.stream.expect();
            let told = Listened { inbound, is_lost: self.is_lost.clone(), stream: self.stream.clone() };
            *listener = Some(BackgroundTask::spawn(listen(self.http.clone(), self.headers(), told)));
        }
    }

    /// Waits until the stream for messages that belong to no request is open, or known not to come.
    pub(crate) async fn listening(&self) {
        self.stream.settled().await;
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
        is_open.then_some(HttpRequest {
            method: Method::DELETE,
            url,
            headers,
            body: None,
            wait: HeadWait::Fixed(ERROR_WAIT),
        })
    }

    fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        self.add_headers(&mut headers);
        headers
    }

    /// Names the session, and its revision.
    fn add_headers(&self, headers: &mut HeaderMap) {
        if let Some(session) = &self.session {
            headers.insert(SESSION_ID, session.clone());
        }
        if let Some(revision) = &self.revision {
            headers.insert(PROTOCOL_VERSION, revision.clone());
        }
    }

    pub(super) async fn post(&self, message: &Message, wait: HeadWait) -> Result<HttpResponse, UpstreamError> {
        let mut headers = self.http.headers_of(message);
        self.add_headers(&mut headers);
        headers.insert(ACCEPT, HeaderValue::from_static("application/json, text/event-stream"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if message.method() == Some("initialize") {
            // A server of both generations may route by it.
            headers.insert(METHOD, HeaderValue::from_static("initialize"));
        }
        let body = Some(message.to_line());
        let tool = (message.method() == Some("tools/call")).then(|| message.param("name")).flatten();
        self.http
            .send(
                HttpRequest { method: Method::POST, url: self.http.server.url.clone(), headers, body, wait },
                tool.as_deref(),
            )
            .await
    }

    /// What comes back for a request.
    async fn reply(
        &self,
        response: HttpResponse,
        request: &Message,
        deadline: AnswerDeadline,
    ) -> Result<Reply, UpstreamError> {
        let MessageKind::Request { id, .. } = request.kind() else { return Err(UpstreamError::DuplicateId) };
        // An error in the answer to `initialize` cannot mean that a session is lost.
        let can_lose_session = request.method() != Some("initialize");
        let asked = Asked {
            id: id.clone(),
            deadline,
            resume_with: Some(self.headers()),
            is_lost: can_lose_session.then(|| self.is_lost.clone()),
        };
        http_reply::read(&self.http, response, asked).await
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
