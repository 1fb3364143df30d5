//! Requests over Streamable HTTP without sessions: each is a POST by itself, and closing it cancels the request.

use std::sync::Arc;

use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderValue, Method, StatusCode};

use super::request_headers;
use super::tool_headers::ToolHeaders;
use crate::gateway::error::UpstreamError;
use crate::gateway::message::{Id, Message, MessageKind};
use crate::gateway::upstream::authorized::AuthorizedHttp;
use crate::gateway::upstream::deadline::{AnswerDeadline, AnswerLimit};
use crate::gateway::upstream::http::{HeadWait, HttpRequest, HttpResponse};
use crate::gateway::upstream::http_reply::{self, Asked};
use crate::gateway::upstream::reply::Reply;
use crate::gateway::upstream::server_http::{ERROR_BYTES, ERROR_WAIT};
use crate::gateway::upstream::session_lost;

/// Codes that the revision leaves to implementations. Servers of earlier revisions use them about sessions.
const OWN_CODES: std::ops::RangeInclusive<i64> = -32019..=-32000;

/// The way to a server over HTTP.
pub(super) struct HttpWire {
    pub(super) http: Arc<AuthorizedHttp>,
    pub(super) tools: Arc<ToolHeaders>,
}

impl HttpWire {
    /// Posts a request that is complete. `limit` is for the answer.
    pub(super) async fn send(&self, request: &Message, limit: AnswerLimit) -> Result<Reply, UpstreamError> {
        let MessageKind::Request { id, .. } = request.kind() else { return Err(UpstreamError::DuplicateId) };
        let tool = (request.method() == Some("tools/call")).then(|| request.param("name")).flatten();
        let deadline = limit.begin();
        let sent =
            self.http.send(self.post(request, HeadWait::Answer(Box::new(deadline.clone()))), tool.as_deref()).await;
        let response = sent.map_err(|error| match error {
            UpstreamError::TimedOut { server, .. } => deadline.missed(&server),
            other => other,
        })?;
        self.read(response, id, deadline).await
    }

    /// Posts a request that the server is free to refuse, and whose answer has no end. `None` if the credential is refused.
    pub(super) async fn send_endless(
        &self,
        request: &Message,
        limit: AnswerLimit,
    ) -> Result<Option<Reply>, UpstreamError> {
        let MessageKind::Request { id, .. } = request.kind() else { return Err(UpstreamError::DuplicateId) };
        let response =
            self.http.send_optional(self.post(request, HeadWait::Fixed(self.http.server.limit.wait()))).await?;
        if response.status == StatusCode::UNAUTHORIZED {
            return Ok(None);
        }
        self.read(response, id, limit.begin()).await.map(Some)
    }

    fn post(&self, request: &Message, wait: HeadWait) -> HttpRequest {
        let mut headers = self.http.headers_of(request);
        headers.extend(request_headers::of_message(request));
        headers.extend(self.tools.of_call(request));
        headers.insert(ACCEPT, HeaderValue::from_static("application/json, text/event-stream"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let (url, body) = (self.http.server.url.clone(), Some(request.to_line()));
        HttpRequest { method: Method::POST, url, headers, body, wait }
    }

    async fn read(&self, response: HttpResponse, id: &Id, deadline: AnswerDeadline) -> Result<Reply, UpstreamError> {
        if !response.status.is_success() {
            return self.refusal(response, id).await;
        }
        // A stream that broke is lost: the revision has no way to go on with it.
        let asked = Asked { id: id.clone(), deadline, resume_with: None, is_lost: None };
        http_reply::read(&self.http, response, asked).await
    }

    /// What an error status is to the request of this id. A JSON-RPC error is the answer, whatever the status; a server that
    /// speaks of sessions speaks another revision now.
    async fn refusal(&self, response: HttpResponse, id: &Id) -> Result<Reply, UpstreamError> {
        let status = response.status;
        let body = response.read_start(self.http.server.limits.message_bytes, ERROR_WAIT).await;
        let server = || self.http.server.name.clone();
        let message = Message::parse(body.as_bytes()).ok().filter(|message| message.error_text().is_some());
        let is_of_protocol =
            message.as_ref().is_some_and(|message| message.error_code().is_some_and(|code| !OWN_CODES.contains(&code)));
        let sentence = message.as_ref().and_then(Message::error_text);
        let said = sentence.unwrap_or_else(|| body.chars().take(ERROR_BYTES).collect());
        if !is_of_protocol && session_lost::by_status(status, &said, false) {
            return Err(UpstreamError::SessionEnded { server: server() });
        }
        match message {
            Some(message) => Ok(Reply::Whole(message.with_id(id.clone()))),
            None => Err(UpstreamError::Status { server: server(), status, detail: None }),
        }
    }
}
