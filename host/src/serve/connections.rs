//! Connections: how many there may be at once, and how long a request may take to arrive. An answer takes as long as it takes.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::middleware::map_request;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{Sleep, sleep, timeout};

/// After the system refused a connection, as it does where too many files are open.
const PAUSE: Duration = Duration::from_millis(100);

/// Bounds of what strangers can hold.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// How long the head of a request may take, and how long a connection may wait for one.
    pub(super) head: Duration,
    /// How long a body may take.
    pub(super) body: Duration,
    /// How long requests under way may go on when the hub stops.
    pub(super) end: Duration,
    /// The most bytes of a head.
    pub(super) head_bytes: usize,
    /// Connections at once; more wait.
    pub(super) connections: usize,
}

impl Bounds {
    /// What is usual; fewer connections where the system allows few open files, so that some are left for the hub itself.
    pub(super) fn usual() -> Self {
        let files = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
        let half = files.and_then(|files| usize::try_from(files / 2).ok()).unwrap_or(usize::MAX);
        Self {
            head: Duration::from_secs(30),
            body: Duration::from_mins(1),
            end: Duration::from_secs(10),
            head_bytes: 64 * 1024,
            connections: half.clamp(16, 1024),
        }
    }
}

/// Serves the connections of a listener until the hub stops. `places` are shared by all listeners.
pub(super) async fn serve(
    listener: TcpListener,
    router: Router,
    (bounds, places): (Bounds, Arc<Semaphore>),
    mut stopped: watch::Receiver<bool>,
) {
    let router = router.layer(map_request(move |request: Request| in_time(request, bounds.body)));
    let mut connections = JoinSet::new();
    loop {
        let next = tokio::select! {
            next = next(&listener, &places) => next,
            () = stop(&mut stopped) => break,
        };
        match next {
            Ok((stream, place)) => {
                connections.spawn(connection(stream, place, (router.clone(), bounds), stopped.clone()));
            }
            Err(error) => {
                tracing::debug!("a connection was not taken: {error}");
                sleep(PAUSE).await;
            }
        }
        while connections.try_join_next().is_some() {}
    }
    drop(listener);
    let all = async { while connections.join_next().await.is_some() {} };
    if timeout(bounds.end, all).await.is_err() {
        tracing::debug!("requests that were still under way are cut off");
    }
}

/// The next connection, once there is a place for one.
async fn next(listener: &TcpListener, places: &Arc<Semaphore>) -> io::Result<(TcpStream, OwnedSemaphorePermit)> {
    let place = places.clone().acquire_owned().await.map_err(io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    Ok((stream, place))
}

/// Ends when the hub stops.
async fn stop(stopped: &mut watch::Receiver<bool>) {
    // An error means that the sender is gone: stopping too.
    let _ = stopped.wait_for(|stop| *stop).await;
}

async fn connection(
    stream: TcpStream,
    place: OwnedSemaphorePermit,
    (router, bounds): (Router, Bounds),
    mut stopped: watch::Receiver<bool>,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!("TCP_NODELAY cannot be set: {error}");
    }
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(bounds.head).max_buf_size(bounds.head_bytes);
    let connection = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop(&mut stopped) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!("a connection ended: {error}");
    }
    drop(place);
}

/// The request, with a body that must arrive in time.
#[expect(clippy::unused_async, reason = "what middleware is made of")]
async fn in_time(request: Request, limit: Duration) -> Request {
    if request.body().is_end_stream() {
        return request;
    }
    request.map(|body| Body::new(Timed { body, limit, end: Box::pin(sleep(limit)) }))
}

/// A body that did not arrive in time.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the request's body did not arrive within {} seconds", .0.as_secs())]
pub(super) struct TooSlow(Duration);

impl TooSlow {
    /// This, if it is the reason why a body could not be read.
    pub(super) fn in_error(error: &(dyn std::error::Error + 'static)) -> Option<Self> {
        std::iter::successors(Some(error), |error| error.source()).find_map(|error| error.downcast_ref().copied())
    }
}

/// A body with an end to its time, however it trickles.
struct Timed {
    body: Body,
    limit: Duration,
    end: Pin<Box<Sleep>>,
}

impl HttpBody for Timed {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) {
            return Poll::Ready(frame);
        }
        let limit = self.limit;
        self.end.as_mut().poll(cx).map(|()| Some(Err(axum::Error::new(TooSlow(limit)))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
#[path = "connections_tests.rs"]
mod tests;
