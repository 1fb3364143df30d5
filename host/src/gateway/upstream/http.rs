//! The HTTP client for MCP servers. No other file of the gateway names reqwest.
//!
//! It follows no redirects (a credential must not travel on), keeps no cookies and asks for no compression. It uses the
//! proxies of the environment. A name that has resolved to a public address is never resolved to a private one later.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;
use futures::stream::{BoxStream, unfold};
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, Method, StatusCode};
use tokio::sync::OnceCell;
use tokio::task::spawn_blocking;
use tokio::time::Instant;
use url::Url;

use super::deadline::AnswerDeadline;
use super::plain::{IDLE, PlainBody, PlainHttp, PlainResponse};
use crate::egress::{Network, for_servers, shown_proxy, through};
use crate::gateway::in_seconds::InSeconds;

/// The `User-Agent` of the hub.
const USER_AGENT: &str = concat!("mcphub/", env!("CARGO_PKG_VERSION"));

/// Bytes of a body that are kept in one piece while it comes.
const PART: usize = 64 * 1024;

/// The client. Clones share its connections.
#[derive(Clone)]
pub(crate) struct Http {
    plain: PlainHttp,
    otherwise: Arc<OnceCell<reqwest::Client>>,
    /// The wait for a connection.
    connect: Duration,
    network: Network,
}

/// A request with everything it needs to be sent.
#[derive(Clone)]
pub(crate) struct HttpRequest {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<Bytes>,
    /// The wait for the head of the response.
    pub(crate) wait: HeadWait,
}

/// How long the head of a response is awaited.
#[derive(Clone)]
pub(crate) enum HeadWait {
    /// So long, whatever happens meanwhile.
    Fixed(Duration),
    /// As long as the answer to a request: a server may hold the head back until it has its answer.
    Answer(Box<AnswerDeadline>),
}

impl HeadWait {
    /// The head if it comes in time, else how long it was awaited.
    async fn head<T>(self, head: impl Future<Output = T> + Unpin) -> Result<T, Duration> {
        let begun = Instant::now();
        match self {
            Self::Fixed(wait) => tokio::time::timeout(wait, head).await.map_err(|_| wait),
            Self::Answer(mut deadline) => deadline.within(head).await.ok_or_else(|| begun.elapsed()),
        }
    }
}

/// A response whose body has not been read.
pub(crate) struct HttpResponse {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// The proxy that it came through.
    pub(crate) proxy: Option<String>,
    body: ResponseBody,
}

enum ResponseBody {
    Plain(PlainBody),
    Other(reqwest::Response),
}

/// Why there is no response, or only a part of it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HttpError {
    /// No connection was made, or it broke before the response began. Never holds a URL.
    #[error("{0}")]
    Unreachable(String),
    /// The connection broke in the middle of the body.
    #[error("the connection was closed in the middle of the answer")]
    Broke,
    /// No head of a response came in time.
    #[error("no answer within {}", InSeconds(*.0))]
    TimedOut(Duration),
    /// The body is beyond the limit.
    #[error("more than {0} bytes")]
    TooLarge(usize),
}

impl Http {
    /// Makes the client. `connect` is the wait for a connection.
    pub(crate) fn new(connect: Duration, network: &Network) -> Self {
        let plain = PlainHttp::new(connect, network, USER_AGENT);
        Self { plain, otherwise: Arc::default(), connect, network: network.clone() }
    }

    /// The client for TLS and proxies, made when it is first needed: all root certificates of the machine are read for it.
    async fn otherwise(&self) -> Result<&reqwest::Client, HttpError> {
        let made = async || {
            let (connect, network) = (self.connect, self.network.clone());
            let made = spawn_blocking(move || Self::made(connect, &network)).await;
            let unusable = "the hub cannot set up TLS; usually the machine has no root certificates (ca-certificates)";
            made.ok().and_then(Result::ok).ok_or_else(|| HttpError::Unreachable(unusable.to_owned()))
        };
        self.otherwise.get_or_try_init(made).await
    }

    fn made(connect: Duration, network: &Network) -> reqwest::Result<reqwest::Client> {
        let builder = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .tcp_nodelay(true)
            .connect_timeout(connect)
            .pool_idle_timeout(IDLE)
            .dns_resolver(for_servers(network));
        through(builder, network).build()
    }

    /// Sends a request, and waits for the head of the response.
    pub(crate) async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let proxy = self.network.proxy(&request.url).map(shown_proxy);
        if request.url.scheme() == "http" && proxy.is_none() {
            let HttpRequest { method, url, headers, body, wait } = request;
            let sent = pin!(self.plain.send(method, &url, headers, body));
            let response = wait.head(sent).await.map_err(HttpError::TimedOut)?.map_err(HttpError::Unreachable)?;
            let PlainResponse { status, headers, body } = response;
            return Ok(HttpResponse { status, headers, proxy, body: ResponseBody::Plain(body) });
        }
        // Boxed: the other way is the one that has to be short.
        Box::pin(self.send_otherwise(request, proxy)).await
    }

    /// Over TLS, or through a proxy.
    async fn send_otherwise(&self, request: HttpRequest, proxy: Option<String>) -> Result<HttpResponse, HttpError> {
        let mut sent = reqwest::Request::new(request.method, request.url);
        *sent.headers_mut() = request.headers;
        *sent.body_mut() = request.body.map(reqwest::Body::from);
        let client = self.otherwise().await?;
        let response = request.wait.head(pin!(client.execute(sent))).await.map_err(HttpError::TimedOut)?;
        let response = response.map_err(|error| by_way_of(proxy.as_deref(), failure(&error)))?;
        let (status, headers) = (response.status(), response.headers().clone());
        Ok(HttpResponse { status, headers, proxy, body: ResponseBody::Other(response) })
    }
}

impl ResponseBody {
    /// The next part; `None` at the end.
    async fn chunk(&mut self) -> Result<Option<Bytes>, HttpError> {
        match self {
            Self::Plain(body) => poll_fn(|cx| body.poll_chunk(cx)).await.transpose().map_err(|_| HttpError::Broke),
            Self::Other(response) => response.chunk().await.map_err(|_| HttpError::Broke),
        }
    }
}

impl HttpResponse {
    /// Whether the body is of this media type.
    pub(crate) fn is(&self, media_type: &str) -> bool {
        let named = self.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        named.split(';').next().is_some_and(|named| named.trim().eq_ignore_ascii_case(media_type))
    }

    /// The encoding of the body; `None` if it is plain.
    pub(crate) fn encoding(&self) -> Option<&str> {
        let named = self.headers.get(CONTENT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default().trim();
        Some(named).filter(|named| !named.is_empty() && !named.eq_ignore_ascii_case("identity"))
    }

    /// The whole body, up to `limit` bytes.
    pub(crate) async fn read(mut self, limit: usize) -> Result<Bytes, HttpError> {
        let length = self.headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        // In parts that never move, so that a large body takes its own size, and one that is too large no more than the limit.
        let (mut parts, mut size) = (Vec::<Vec<u8>>::new(), 0);
        while let Some(chunk) = self.body.chunk().await? {
            size += chunk.len();
            if size > limit {
                return Err(HttpError::TooLarge(limit));
            }
            if parts.is_empty() && length == Some(chunk.len()) {
                return Ok(chunk);
            }
            match parts.last_mut().filter(|part| part.capacity() - part.len() >= chunk.len()) {
                Some(part) => part.extend_from_slice(&chunk),
                None => {
                    let mut part = Vec::with_capacity(chunk.len().max(PART));
                    part.extend_from_slice(&chunk);
                    parts.push(part);
                }
            }
        }
        Ok(match parts.pop() {
            Some(only) if parts.is_empty() => only.into(),
            last => parts.into_iter().chain(last).collect::<Vec<_>>().concat().into(),
        })
    }

    /// The start of the body as text, as far as it comes in time. For the bodies of errors.
    pub(crate) async fn read_start(mut self, limit: usize, wait: Duration) -> String {
        let mut body = Vec::new();
        let reading = async {
            while let Ok(Some(chunk)) = self.body.chunk().await {
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
        let parts = unfold(Some(self.body), |body| async move {
            let mut body = body?;
            let part = body.chunk().await.transpose()?;
            let rest = part.is_ok().then_some(body);
            Some((part, rest))
        });
        parts.boxed()
    }
}

/// Names the proxy: nothing says whether the proxy or the server is at fault, but the person knows whom to ask.
fn by_way_of(proxy: Option<&str>, error: HttpError) -> HttpError {
    match (proxy, error) {
        (Some(proxy), HttpError::Unreachable(problem)) => {
            HttpError::Unreachable(format!("{problem}, through the proxy {proxy}"))
        }
        (_, error) => error,
    }
}

/// The innermost cause says most, and holds no URL.
fn failure(error: &reqwest::Error) -> HttpError {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    let problem = if error.is_timeout() { "the connection was not made in time".to_owned() } else { cause.to_string() };
    HttpError::Unreachable(problem)
}
