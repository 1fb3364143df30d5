//! HTTP/1.1 without TLS and without a proxy, as servers on this machine and in a network of one's own speak it.
//!
//! It stands beside the general client because most of what a call costs was there: a request goes out and its answer comes
//! in on the task that waits for it, with no other task between that has to be woken. Connections are kept for the next
//! request as they are everywhere else.
//!
//! | what | file |
//! |---|---|
//! | a connection that one request has | `connection` |
//! | connections that wait for the next one | `pool` |
//! | the body of an answer | `body` |

mod body;
mod connection;
mod pool;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{HOST, USER_AGENT};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri};
use http_body_util::Full;
use tokio::net::TcpStream;
use url::{Host, Position, Url};

pub(super) use self::body::PlainBody;
use self::connection::{PlainConnection, Unanswered};
pub(super) use self::pool::IDLE;
use self::pool::Pool;
use crate::egress::{Network, addresses_of_server};

/// The client. Clones share its connections.
#[derive(Clone)]
pub(super) struct PlainHttp {
    pool: Arc<Pool>,
    network: Network,
    /// The wait for a connection.
    connect: Duration,
    user_agent: HeaderValue,
}

/// The head of an answer, and the way to its body.
pub(super) struct PlainResponse {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: PlainBody,
}

impl PlainHttp {
    pub(super) fn new(connect: Duration, network: &Network, user_agent: &'static str) -> Self {
        let user_agent = HeaderValue::from_static(user_agent);
        Self { pool: Pool::new(), network: network.clone(), connect, user_agent }
    }

    /// Sends a request, and waits for the head of the answer. A connection that the server closed while it waited in the pool
    /// costs no request: the next one takes it. Err: why there is none, without any URL.
    pub(super) async fn send(
        &self,
        method: Method,
        url: &Url,
        mut headers: HeaderMap,
        body: Option<Bytes>,
    ) -> Result<PlainResponse, String> {
        let place = &url[Position::BeforeHost..Position::AfterPort];
        let target = PathAndQuery::try_from(&url[Position::BeforePath..Position::AfterQuery]);
        headers.insert(HOST, HeaderValue::from_str(place).map_err(|error| error.to_string())?);
        headers.insert(USER_AGENT, self.user_agent.clone());
        let mut request = Request::new(Full::new(body.unwrap_or_default()));
        *request.method_mut() = method;
        *request.uri_mut() = Uri::from(target.map_err(|error| error.to_string())?);
        *request.headers_mut() = headers;
        while let Some(kept) = self.pool.take(place) {
            match kept.exchange(request).await {
                Ok((response, connection)) => return Ok(self.answered(response, connection, place)),
                Err(Unanswered::Unsent(unsent)) => request = *unsent,
                Err(Unanswered::Failed(problem)) => return Err(problem),
            }
        }
        // Boxed: nearly every request finds a connection.
        let new = Box::pin(tokio::time::timeout(self.connect, self.connected(url))).await;
        let new =
            new.map_err(|_| "the connection was not made in time".to_owned())?.map_err(|error| error.to_string())?;
        match new.exchange(request).await {
            Ok((response, connection)) => Ok(self.answered(response, connection, place)),
            Err(Unanswered::Unsent(_)) => Err("the connection was closed at once".to_owned()),
            Err(Unanswered::Failed(problem)) => Err(problem),
        }
    }

    fn answered(
        &self,
        response: http::Response<hyper::body::Incoming>,
        connection: Option<PlainConnection>,
        place: &str,
    ) -> PlainResponse {
        let (head, body) = response.into_parts();
        let body = PlainBody::new(body, connection, self.pool.clone(), place);
        PlainResponse { status: head.status, headers: head.headers, body }
    }

    /// A new connection, to the first address of the host that takes one.
    async fn connected(&self, url: &Url) -> io::Result<PlainConnection> {
        let port = url.port_or_known_default().unwrap_or(80);
        let addresses: Vec<IpAddr> = match url.host() {
            Some(Host::Ipv4(address)) => vec![address.into()],
            Some(Host::Ipv6(address)) => vec![address.into()],
            Some(Host::Domain(name)) => addresses_of_server(&self.network, name).await?,
            None => Vec::new(),
        };
        let mut failure = io::Error::other("the address names no host");
        for address in addresses {
            match TcpStream::connect(SocketAddr::new(address, port)).await {
                Ok(stream) => return PlainConnection::over(stream).await,
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }
}

#[cfg(test)]
mod tests;
