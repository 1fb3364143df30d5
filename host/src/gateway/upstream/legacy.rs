//! The transport of revision 2024-11-05: one GET streams everything the server says, messages are posted elsewhere.

use std::sync::Arc;

use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method};
use tokio::sync::mpsc;
use url::Url;

use super::authorized::AuthorizedHttp;
use super::correlator::Correlator;
use super::events::{Cut, Events};
use super::http::HttpRequest;
use super::reply::Reply;
use super::{incoming, session_lost};
use crate::gateway::background::BackgroundTask;
use crate::gateway::error::UpstreamError;
use crate::gateway::message::Message;

/// A session with a server.
pub(crate) struct Legacy {
    http: Arc<AuthorizedHttp>,
    endpoint: Url,
    correlator: Arc<Correlator>,
    _reader: BackgroundTask,
}

impl Legacy {
    /// Opens the stream and waits for the address that messages go to.
    pub(crate) async fn open(http: Arc<AuthorizedHttp>, inbound: mpsc::Sender<Message>) -> Result<Self, UpstreamError> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("text/event-stream"));
        let request = HttpRequest {
            method: Method::GET,
            url: http.server.url.clone(),
            headers,
            body: None,
            wait: http.server.start,
        };
        let answer = http.send(request, None).await?;
        if !answer.status.is_success() {
            return Err(http.server.status_error(answer).await);
        }
        if !answer.is("text/event-stream") {
            return Err(http.server.not_mcp("the answer to GET is no event stream"));
        }
        let mut events = Events::new(answer.into_stream(), http.server.limits.message_bytes);
        let endpoint = endpoint(&http, &mut events).await?;
        let correlator = Arc::new(Correlator::new(
            &http.server.name,
            inbound,
            http.server.waiting.clone().within(http.server.limits.queued_bytes),
        ));
        let reader = BackgroundTask::spawn(read(events, correlator.clone()));
        Ok(Self { http, endpoint, correlator, _reader: reader })
    }

    /// Whether the stream is over.
    pub(crate) fn is_ended(&self) -> bool {
        self.correlator.is_ended()
    }

    /// Sends a request; its answer comes on the stream.
    pub(crate) async fn request(&self, message: &Message) -> Result<Reply, UpstreamError> {
        let stream = self.correlator.expect(message, self.http.server.wait_for(message))?;
        self.notify(message).await?;
        Ok(Reply::shared(stream))
    }

    /// Posts a message.
    pub(crate) async fn notify(&self, message: &Message) -> Result<(), UpstreamError> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let tool = (message.method() == Some("tools/call")).then(|| message.param("name")).flatten();
        let body = Some(message.to_line());
        let wait = self.http.server.wait_for(message);
        let request = HttpRequest { method: Method::POST, url: self.endpoint.clone(), headers, body, wait };
        let answer = self.http.send(request, tool.as_deref()).await?;
        if answer.status.is_success() {
            return Ok(());
        }
        let status = answer.status;
        let (error, body) = self.http.server.status_error_and_body(answer).await;
        if session_lost::by_status(status, &body, true) {
            // Whoever waits for an answer on the stream waits for nothing.
            self.correlator.end(None);
            return Err(UpstreamError::SessionEnded { server: self.http.server.name.clone() });
        }
        Err(error)
    }
}

/// The endpoint event names the address, which must be where the stream is: a credential goes with every message. Some
/// servers say that they are alive before it.
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
    // Some write it as a JSON text.
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
