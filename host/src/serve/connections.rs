//! Connections: how many there may be at once, and how long a request may take to arrive. An answer may take as long as it
//! needs, as long as its client keeps reading.
//!
//! | what | where |
//! |---|---|
//! | which connection has a place, and which makes room | `places` |
//! | what answers requests | `answering` |
//! | whether a request is under way, and refused connections | `attended` |
//! | bodies that must arrive in time | `timed` |
//! | the end of a connection whose client reads nothing | `stall` |

mod answering;
mod attended;
mod places;
mod stall;
mod timed;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

pub(super) use self::answering::Answering;
use self::attended::Attended;
use self::places::ConnectionPlace;
pub(super) use self::places::Places;
use self::stall::Stall;
pub(super) use self::timed::TooSlow;
use super::forwarded::Peer;

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
    /// How long a client may read nothing of its answer.
    pub(super) stall: Duration,
    /// Connections at once; for more, those that wait for a request make room.
    pub(super) connections: usize,
    /// Further connections, which are answered with 503.
    pub(super) reserve: usize,
    /// How many connections may be streams that stay open.
    pub(super) streams: usize,
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
            stall: Duration::from_mins(1),
            connections: half.clamp(16, 1024),
            reserve: half.clamp(16, 1024) / 16,
            streams: half.clamp(16, 1024) / 4 * 3,
        }
    }

    /// The places that all listeners share.
    pub(super) fn places(&self) -> Arc<Places> {
        Places::new(self.connections, self.reserve, self.streams)
    }
}

/// Serves the connections of a listener until the hub stops. `places` are shared by all listeners.
pub(super) async fn serve(
    listener: TcpListener,
    hub: Arc<impl Answering>,
    bounds: Bounds,
    places: Arc<Places>,
    mut stopped: watch::Receiver<bool>,
) {
    let mut connections = JoinSet::new();
    loop {
        let next = tokio::select! {
            next = next(&listener, &places) => next,
            () = stop(&mut stopped) => break,
        };
        match next {
            Ok((stream, place)) => {
                connections.spawn(connection(stream, place, hub.clone(), bounds, stopped.clone()));
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

/// The next connection, once there is a place for it.
async fn next(listener: &TcpListener, places: &Arc<Places>) -> io::Result<(TcpStream, ConnectionPlace)> {
    let (stream, _) = listener.accept().await?;
    Ok((stream, places.take().await))
}

/// Ends when the hub stops.
async fn stop(stopped: &mut watch::Receiver<bool>) {
    // An error means that the sender is gone: stopping too.
    let _ = stopped.wait_for(|stop| *stop).await;
}

async fn connection(
    stream: TcpStream,
    place: ConnectionPlace,
    hub: Arc<impl Answering>,
    bounds: Bounds,
    mut stopped: watch::Receiver<bool>,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!("TCP_NODELAY cannot be set: {error}");
    }
    let peer = stream.peer_addr().ok().map(|address| Peer(address.ip()));
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(bounds.head).max_buf_size(bounds.head_bytes);
    let place = Arc::new(place);
    let service = Attended { hub, place: place.clone(), peer, body: bounds.body };
    let connection = builder.serve_connection(TokioIo::new(Stall::new(stream, bounds.stall)), service);
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = place.told_to_go() => return tracing::debug!("a connection without a request makes room for another one"),
        () = stop(&mut stopped) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!("a connection ended: {error}");
    }
}

#[cfg(test)]
mod tests;
