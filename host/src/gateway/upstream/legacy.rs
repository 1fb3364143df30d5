//! HTTP with SSE, the transport of revision 2024-11-05: one GET streams everything that the server says, and messages
//! are posted to another address.

use std::sync::Arc;

use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method};
use tokio::sync::mpsc;
use url::Url;

use super::authorized::AuthorizedHttp;
use super::correlator::Correlator;
use super::events::{Cut, Events};
use super::http::{HeadWait, HttpRequest};
use super::open_questions::OpenQuestions;
use super::reply::Reply;
use super::{incoming, session_lost};
use crate::gateway::background::BackgroundTask;
use crate::gateway::error::UpstreamError;
use crate::gateway::message::Message;

/// A session over this transport.
pub(crate) struct Legacy {
    http: Arc<AuthorizedHttp>,
    endpoint: Url,
    correlator: Arc<Correlator>,
    _reader: BackgroundTask,
}

impl Legacy {
    /// Opens the stream, and waits for the address that messages are posted to.
    pub(crate) async fn open(http: Arc<AuthorizedHttp>, inbound: mpsc::Sender<Message>) -> Result<Self, UpstreamError> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("text/event-stream"));
        let request = HttpRequest {
            method: Method::GET,
            url: http.server.url.clone(),
            headers,
            body: None,
            wait: HeadWait::Fixed(http.server.start),
        };
        let response = http.send(request, None).await?;
        if !response.status.is_success() {
            return Err(http.server.status_error(response).await);
        }
        if !response.is("text/event-stream") {
            return Err(http.server.not_mcp("the answer to GET is not an event stream"));
        }
        let mut events = Events::new(response.into_stream(), http.server.limits.message_bytes);
        let endpoint = endpoint(&http, &mut events).await?;
        let correlator = Arc::new(Correlator::new(
            &http.server.name,
            inbound,
            http.server.waiting.clone().within(http.server.limits.queued_bytes),
        ));
        let reader = BackgroundTask::spawn(read(events, correlator.clone()));
        Ok(Self { http, endpoint, correlator, _reader: reader })
    }

    /// The questions that the server has asked in this session.
    pub(crate) fn questions(&self) -> &Arc<OpenQuestions> {
        self.correlator.questions()
    }

    /// Whether the stream has ended.
    pub(crate) fn is_ended(&self) -> bool {
        self.correlator.is_ended()
    }

    /// Posts a request. Its answer comes on the stream.
    pub(crate) async fn request(&self, message: &Message) -> Result<Reply, UpstreamError> {
        let stream = self.correlator.expect(message, self.http.server.limit_for(message))?;
        self.notify(message).await?;
        Ok(Reply::shared(stream))
    }

    /// Posts a message. Fails with `SessionEnded` if the server does not know the session any more.
    pub(crate) async fn notify(&self, message: &Message) -> Result<(), UpstreamError> {
        let mut headers = self.http.headers_of(message);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let tool = (message.method() == Some("tools/call")).then(|| message.param("name")).flatten();
        let body = Some(message.to_line());
        let wait = HeadWait::Fixed(self.http.server.limit_for(message).wait());
        let request = HttpRequest { method: Method::POST, url: self.endpoint.clone(), headers, body, wait };
        let response = self.http.send(request, tool.as_deref()).await?;
        if response.status.is_success() {
            return Ok(());
        }
        let status = response.status;
        let (error, body) = self.http.server.status_error_and_body(response).await;
        if session_lost::by_status(status, &body, true) {
            // No answer will come on the stream for the requests in flight.
            self.correlator.end(None);
            return Err(UpstreamError::SessionEnded { server: self.http.server.name.clone() });
        }
        Err(error)
    }
}

/// Waits for the `endpoint` event, which names the address for messages. It must be of the same origin as the stream,
/// because every message carries a credential. Some servers send other events before it.
async fn endpoint(http: &AuthorizedHttp, events: &mut Events) -> Result<Url, UpstreamError> {
    let named = async {
        while let Some(event) = events.next().await {
            let event = event.map_err(|cut| http.server.failure(cut.into()))?;
            if event.event.as_deref() == Some("endpoint") {
                return Ok(event.data.unwrap_or_default());
            }
        }
        Err(http.server.not_mcp("the stream ended before its endpoint event"))
    };
    let named = tokio::time::timeout(http.server.limits.list, named).await;
    let address = named.map_err(|_| http.server.not_mcp("no endpoint event came"))??;
    let address = address.trim();
    // Some servers write it as a JSON string.
    let address = address.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(address);
    let url =
        http.server.address().join(address).map_err(|_| http.server.not_mcp("the endpoint event holds no address"))?;
    if url.origin() != http.server.url.origin() {
        let origin = url.origin().ascii_serialization();
        return Err(UpstreamError::ForeignEndpoint { server: http.server.name.clone(), origin });
    }
    Ok(url)
}

async fn read(mut events: Events, correlator: Arc<Correlator>) {
    while let Some(event) = events.next().await {
        let event = match event {
            Ok(event) => event,
            Err(Cut { id, limit }) => {
                correlator.too_large(id, limit);
                continue;
            }
        };
        if !matches!(event.event.as_deref(), None | Some("" | "message")) {
            continue;
        }
        for message in incoming::messages(event.data.unwrap_or_default().as_bytes()).unwrap_or_default() {
            correlator.deliver(message).await;
        }
    }
    correlator.end(None);
}
