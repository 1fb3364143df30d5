//! The HTTP client for MCP servers: the one place of the gateway that names reqwest.
//!
//! No redirects (a credential must not travel on), no cookies, no compression; small messages leave at once. The proxies of
//! the environment are used; a name that has led outside does not turn inwards.

use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;
use futures::stream::BoxStream;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, Method, StatusCode};
use url::Url;

use crate::egress::{Network, for_servers, shown_proxy, through};
use crate::gateway::error::GatewayError;

/// How the hub names itself.
const USER_AGENT: &str = concat!("mcphub/", env!("CARGO_PKG_VERSION"));

/// The client.
#[derive(Clone)]
pub(crate) struct Http {
    client: reqwest::Client,
    network: Network,
}

/// A request.
#[derive(Clone)]
pub(crate) struct HttpRequest {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<Bytes>,
    /// How long the head of the answer is waited for.
    pub(crate) wait: Duration,
}

/// An answer whose body is not read yet.
pub(crate) struct HttpResponse {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// The proxy that it came through.
    pub(crate) proxy: Option<String>,
    response: reqwest::Response,
}

/// RenameReason there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HttpError {
    /// No connection, or it broke. Never holds a URL.
    #[error("{0}")]
    Unreachable(String),
    /// No head of an answer in time.
    #[error("no answer within {} seconds", .0.as_secs())]
    TimedOut(Duration),
    /// A body beyond the limit.
    #[error("more than {0} bytes")]
    TooLarge(usize),
}

impl Http {
    /// Makes the client.
    pub(crate) fn new(connect: Duration, network: &Network) -> Result<Self, GatewayError> {
        let builder = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .tcp_nodelay(true)
            .connect_timeout(connect)
            .dns_resolver(for_servers(network));
        let client = through(builder, network).build().map_err(|error| GatewayError::Client(error.into()))?;
        Ok(Self { client, network: network.clone() })
    }

    /// Sends, and waits for the head of the answer.
    pub(crate) async fn send(&self, ask: HttpRequest) -> Result<HttpResponse, HttpError> {
        let wait = ask.wait;
        let proxy = self.network.proxy(&ask.url).map(shown_proxy);
        let mut request = reqwest::Request::new(ask.method, ask.url);
        *request.headers_mut() = ask.headers;
        *request.body_mut() = ask.body.map(reqwest::Body::from);
        let sent = tokio::time::timeout(wait, self.client.execute(request)).await;
        let response = sent.map_err(|_| HttpError::TimedOut(wait))?;
        let response = response.map_err(|error| by_way_of(proxy.as_deref(), failure(&error)))?;
        Ok(HttpResponse { status: response.status(), headers: response.headers().clone(), proxy, response })
    }
}

impl HttpResponse {
    /// Whether the body is of this media type.
    pub(crate) fn is(&self, media_type: &str) -> bool {
        let named = self.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        named.split(';').next().is_some_and(|named| named.trim().eq_ignore_ascii_case(media_type))
    }

    /// What the body is encoded with, where it is.
    pub(crate) fn encoding(&self) -> Option<&str> {
        let named = self.headers.get(CONTENT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default().trim();
        Some(named).filter(|named| !named.is_empty() && !named.eq_ignore_ascii_case("identity"))
    }

    /// The whole body.
    pub(crate) async fn read(mut self, limit: usize) -> Result<Bytes, HttpError> {
        let mut body = Vec::new();
        while let Some(chunk) = self.response.chunk().await.map_err(|error| failure(&error))? {
            if body.len() + chunk.len() > limit {
                return Err(HttpError::TooLarge(limit));
            }
            if body.is_empty() && self.response.content_length() == u64::try_from(chunk.len()).ok() {
                return Ok(chunk);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.into())
    }

    /// The start of the body, as text: what an error says.
    pub(crate) async fn read_start(mut self, limit: usize, wait: Duration) -> String {
        let mut body = Vec::new();
        let reading = async {
            while let Ok(Some(chunk)) = self.response.chunk().await {
                body.extend_from_slice(&chunk);
                if body.len() >= limit {
                    break;
                }
            }
        };
        // What came in time is enough.
        drop(tokio::time::timeout(wait, reading).await);
        body.truncate(limit);
        String::from_utf8_lossy(&body).into_owned()
    }

    /// The body as it comes.
    pub(crate) fn into_stream(self) -> BoxStream<'static, Result<Bytes, HttpError>> {
        self.response.bytes_stream().map(|chunk| chunk.map_err(|error| failure(&error))).boxed()
    }
}

/// Whose fault it is cannot be told, but whom to ask can.
fn by_way_of(proxy: Option<&str>, error: HttpError) -> HttpError {
    match (proxy, error) {
        (Some(proxy), HttpError::Unreachable(problem)) => {
            HttpError::Unreachable(format!("{problem}, through the proxy {proxy}"))
        }
        (_, error) => error,
    }
}

/// The innermost cause says it best, and holds no URL.
fn failure(error: &reqwest::Error) -> HttpError {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    let problem = if error.is_timeout() { "the connection was not made in time".to_owned() } else { cause.to_string() };
    HttpError::Unreachable(problem)
}
