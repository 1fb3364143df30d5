//! Listening: on loopback, or with keys anywhere, on every address asked for that this machine has.

use std::io;
use std::net::SocketAddr;

use tokio::net::TcpListener;

use super::connections::{self, Bounds};
use super::front::Front;
use crate::app::App;

/// Free ports that are tried, where any will do.
const TRIES: u8 = 8;

/// Sockets that are bound, before anything is served.
pub struct Listeners(Vec<TcpListener>);

/// Why the hub cannot listen.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The address is not loopback, and no key is in force.
    #[error(
        "{0} is not a loopback address, and without a key everybody in the network could use your logins; make one with `mcphub keys add NAME --admin`, or listen on 127.0.0.1"
    )]
    NotLoopback(SocketAddr),
    /// Another program uses the port.
    #[error("{0} is in use; stop the other program or choose another port with --listen 127.0.0.1:PORT")]
    InUse(SocketAddr),
    /// The system does not allow it.
    #[error("{address} cannot be listened on: {source}")]
    Io {
        /// The address to listen on.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The hub stopped accepting connections.
    #[error("serving ended: {0}")]
    Serving(io::Error),
}

impl Listeners {
    /// Binds all addresses. An IPv6 address that the machine does not have is passed over if another one is bound. Where any
    /// port will do, one that is free on all of them is looked for.
    pub async fn bind(addresses: &[SocketAddr]) -> Result<Self, ListenError> {
        match addresses.iter().find(|address| !address.ip().is_loopback()) {
            Some(address) => Err(ListenError::NotLoopback(*address)),
            None => Self::bind_anywhere(addresses).await,
        }
    }

    /// The same, also where other machines reach the hub. Only for a hub with keys.
    pub async fn bind_anywhere(addresses: &[SocketAddr]) -> Result<Self, ListenError> {
        let any_port = addresses.iter().any(|address| address.port() == 0);
        for _ in 1..TRIES {
            match Self::bind_once(addresses).await {
                Err(ListenError::InUse(_)) if any_port => {}
                bound => return bound,
            }
        }
        Self::bind_once(addresses).await
    }

    async fn bind_once(addresses: &[SocketAddr]) -> Result<Self, ListenError> {
        let mut listeners: Vec<TcpListener> = Vec::new();
        for asked in addresses {
            // Port 0 on several addresses means the same free port on all.
            let port = listeners.first().and_then(|first| first.local_addr().ok()).map(|address| address.port());
            let address = SocketAddr::new(asked.ip(), port.filter(|_| asked.port() == 0).unwrap_or(asked.port()));
            match TcpListener::bind(address).await {
                Ok(listener) => listeners.push(listener),
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => return Err(ListenError::InUse(address)),
                Err(error) if !listeners.is_empty() && error.kind() == io::ErrorKind::AddrNotAvailable => {
                    tracing::warn!("{address} is not available on this machine; going on without it");
                }
                Err(source) => return Err(ListenError::Io { address, source }),
            }
        }
        Ok(Self(listeners))
    }

    /// The addresses that are bound, with their real ports.
    #[must_use]
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.0.iter().filter_map(|listener| listener.local_addr().ok()).collect()
    }

    /// Serves until `stop` is ready. Then no connection is accepted any more, streams end, and requests under way have as long
    /// as the hub's options say. Returns once none is left, or that time is over.
    pub async fn serve(self, app: App, stop: impl Future<Output = ()> + Send + 'static) -> Result<(), ListenError> {
        let (stopping, stopped) = tokio::sync::watch::channel(false);
        let bounds = Bounds { end: app.life.drain, ..Bounds::usual() };
        let places = bounds.places();
        let gateway = app.gateway.clone();
        let front = Front::new(app);
        let mut tasks = tokio::task::JoinSet::new();
        for listener in self.0 {
            tasks.spawn(connections::serve(listener, front.clone(), bounds, places.clone(), stopped.clone()));
        }
        tokio::spawn(async move {
            stop.await;
            // Nobody waiting is no fault.
            let _ = stopping.send(true);
            // Whoever waits for the connections does not wait longer than for them.
            drop(tokio::time::timeout(bounds.end, gateway.drain()).await);
        });
        while let Some(ended) = tasks.join_next().await {
            ended.map_err(|error| ListenError::Serving(io::Error::other(error)))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{Ipv4Addr, Ipv6Addr};

    #[tokio::test]
    async fn other_addresses_than_loopback_are_refused_with_the_remedy() {
        let error = Listeners::bind(&[SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0))]).await.err().expect("refused");

        assert!(error.to_string().contains("is not a loopback address"), "{error}");
    }

    #[tokio::test]
    async fn a_port_in_use_is_told_with_the_remedy() {
        let first = Listeners::bind(&[SocketAddr::from((Ipv4Addr::LOCALHOST, 0))]).await.expect("bound");

        let error = Listeners::bind(&first.addresses()).await.err().expect("in use");

        assert!(error.to_string().contains("is in use"), "{error}");
    }

    #[tokio::test]
    async fn both_loopback_addresses_get_the_same_free_port() {
        let both = [SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), SocketAddr::from((Ipv6Addr::LOCALHOST, 0))];

        let addresses = Listeners::bind(&both).await.expect("bound").addresses();

        let first = addresses.first().expect("one").port();
        assert!(addresses.iter().all(|address| address.port() == first));
    }
}
