//! HTTP requests to one server with the credential of its login. A refused request is sent once more with a fresh
//! credential, and never a third time.

use std::sync::Arc;
use std::time::Duration;

use http::header::WWW_AUTHENTICATE;
use http::{HeaderMap, StatusCode};
use url::Url;

use super::http::{HttpRequest, HttpResponse};
use super::known_transport::KnownTransport;
use super::parts::UpstreamParts;
use super::refusal::is_refusal;
use super::server_http::{ERROR_WAIT, ServerHttp};
use super::session_lost;
use super::stateless::ToolHeaders;
use crate::connect::{Connector, Refusal, RequestCredential};
use crate::gateway::client_headers::{self, LastHeaders};
use crate::gateway::error::UpstreamError;
use crate::gateway::mcp_headers::{METHOD, SESSION_ID};
use crate::gateway::message::Message;
use crate::settings::{Server, TransportHint};

/// Bytes of a refusal's body that are read.
const REFUSAL_BYTES: usize = 64 * 1024;

/// The way to one server, with its login. A clone is the same way.
#[derive(Clone)]
pub(crate) struct AuthorizedHttp {
    pub(super) server: Arc<ServerHttp>,
    /// The transport that the settings name.
    pub(super) hint: TransportHint,
    connector: Connector,
    uses_oauth: bool,
    transport: Arc<KnownTransport>,
    /// Of the client whose session it is, if it is one's.
    client: Option<Arc<LastHeaders>>,
    /// Which arguments of its tools go into headers.
    pub(super) tool_headers: Arc<ToolHeaders>,
}

impl AuthorizedHttp {
    /// The way to the server at `url`, which may take as long as `start` to answer `initialize`. Err: the sentence says
    /// which header of the settings cannot be sent.
    pub(super) fn new(
        server: &Server,
        url: &Url,
        hint: TransportHint,
        start: Duration,
        parts: &UpstreamParts<'_>,
    ) -> Result<Self, String> {
        Ok(Self {
            server: Arc::new(ServerHttp::new(server, url, start, parts)?),
            hint,
            connector: parts.connector.clone(),
            uses_oauth: server.uses_oauth(),
            transport: Arc::new(KnownTransport::lasting(parts.limits.generation_age)),
            client: None,
            tool_headers: Arc::default(),
        })
    }

    /// The same way for the session of one client, whose headers go along as far as the settings name them.
    pub(super) fn for_client(&self, headers: Arc<LastHeaders>) -> Arc<Self> {
        Arc::new(Self { client: Some(headers), ..self.clone() })
    }

    /// What of the client's own request goes along with this message.
    pub(super) fn headers_of(&self, message: &Message) -> HeaderMap {
        client_headers::of_message(message, &self.server.passthrough)
    }

    /// The same request with the client's last headers, where it has none of its own.
    fn of_client(&self, mut request: HttpRequest) -> HttpRequest {
        if self.server.passthrough.is_empty() {
            return request;
        }
        let mut headers = self.client.as_ref().map(|last| last.of_names(&self.server.passthrough)).unwrap_or_default();
        headers.extend(std::mem::take(&mut request.headers));
        HttpRequest { headers, ..request }
    }

    /// The transport that worked last, as far as is known.
    pub(super) fn transport(&self) -> &KnownTransport {
        &self.transport
    }

    /// Sends a request. `tool` is the tool that it calls, if any. Any status but a refusal of the credential is the caller's
    /// to judge.
    pub(super) async fn send(&self, request: HttpRequest, tool: Option<&str>) -> Result<HttpResponse, UpstreamError> {
        let request = self.of_client(request);
        if !self.uses_oauth {
            return self.send_with_own_headers(&request).await;
        }
        let used = self.connector.credential(&self.server.name).await?;
        let response = self.server.send(&request, used.as_ref()).await?;
        if !is_refusal(&response) {
            return Ok(response);
        }
        // Boxed, as everything rare is: each call would have room for it.
        Box::pin(self.send_again(&request, response, tool, used)).await
    }

    /// Sends a refused request once more, with a fresh credential.
    async fn send_again(
        &self,
        request: &HttpRequest,
        refused: HttpResponse,
        tool: Option<&str>,
        used: Option<RequestCredential>,
    ) -> Result<HttpResponse, UpstreamError> {
        let name = &self.server.name;
        let has_session = may_lose_session(request);
        let refusal = self.refusal(refused, tool, has_session).await?;
        let fresh = self.connector.refused(name, refusal, used.as_ref()).await?;
        let response = self.server.send(request, Some(&fresh)).await?;
        if !is_refusal(&response) {
            self.connector.accepted(name, &fresh);
            return Ok(response);
        }
        let refusal = self.refusal(response, tool, has_session).await?;
        let status = refusal.status;
        // If a person can do something, the connector says what. Else the sentence below is all there is to say.
        self.connector.refused(name, refusal, Some(&fresh)).await?;
        Err(UpstreamError::StillRefused { server: name.clone(), status })
    }

    /// Sends a request that the server is free to refuse: a refusal says nothing about the login.
    pub(super) async fn send_optional(&self, request: HttpRequest) -> Result<HttpResponse, UpstreamError> {
        let credential = if self.uses_oauth { self.connector.credential(&self.server.name).await? } else { None };
        self.server.send(&self.of_client(request), credential.as_ref()).await
    }

    /// What the connector needs to know about a refusal. Err: it is about the session, not about a login.
    async fn refusal(
        &self,
        response: HttpResponse,
        tool: Option<&str>,
        has_session: bool,
    ) -> Result<Refusal, UpstreamError> {
        let (status, headers) = (response.status, response.headers.clone());
        let body = response.read_start(REFUSAL_BYTES, ERROR_WAIT).await;
        if !headers.contains_key(WWW_AUTHENTICATE) && session_lost::by_refusal(&body, has_session) {
            return Err(UpstreamError::SessionEnded { server: self.server.name.clone() });
        }
        Ok(Refusal::new(status, &headers, body, tool.map(str::to_owned)))
    }

    async fn send_with_own_headers(&self, request: &HttpRequest) -> Result<HttpResponse, UpstreamError> {
        let response = self.server.send(request, None).await?;
        if response.status == StatusCode::UNAUTHORIZED {
            Box::pin(self.refusal(response, None, may_lose_session(request))).await?;
            let server = self.server.name.clone();
            return Err(UpstreamError::HeadersRefused { server, status: StatusCode::UNAUTHORIZED });
        }
        Ok(response)
    }
}

/// Whether a refusal of this request may be about a session: it is in one, or the server may expect that it is.
fn may_lose_session(request: &HttpRequest) -> bool {
    request.headers.contains_key(&SESSION_ID) || request.headers.contains_key(&METHOD)
}
