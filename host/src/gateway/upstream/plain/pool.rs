//! Connections that wait for the next request to the same host and port.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use tokio::time::Instant;

use super::connection::PlainConnection;
use crate::gateway::lock::lock;

/// How long a connection is kept that nothing uses. Many servers close one after 5 seconds, and a request that meets such an
/// end is lost.
pub(in crate::gateway::upstream) const IDLE: Duration = Duration::from_secs(4);
/// Connections that wait for one host and port.
const MAX_WAITING: usize = 512;

/// The connections that wait. Each is closed once it has waited for [`IDLE`].
#[derive(Default)]
pub(super) struct Pool(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    /// By host and port, the one that began to wait last at the end.
    connections: HashMap<Box<str>, Vec<(Instant, PlainConnection)>>,
    /// Whether a task looks after those that wait too long.
    is_swept: bool,
}

impl Pool {
    pub(super) fn new() -> Arc<Self> {
        Arc::default()
    }

    /// A connection to this host and port that can be used.
    pub(super) fn take(&self, place: &str) -> Option<PlainConnection> {
        loop {
            let (since, mut connection) = lock(&self.0).connections.get_mut(place)?.pop()?;
            if since.elapsed() < IDLE && connection.is_ready() {
                return Some(connection);
            }
        }
    }

    /// Keeps a connection for the next request.
    pub(super) fn give_back(self: &Arc<Self>, place: &str, connection: PlainConnection) {
        let mut waiting = lock(&self.0);
        let now = Instant::now();
        match waiting.connections.get_mut(place) {
            Some(same) if same.len() < MAX_WAITING => same.push((now, connection)),
            Some(_) => {}
            None => drop(waiting.connections.insert(place.into(), vec![(now, connection)])),
        }
        if !std::mem::replace(&mut waiting.is_swept, true) {
            drop(waiting);
            tokio::spawn(sweep(Arc::downgrade(self)));
        }
    }

    /// Closes those that waited too long. Returns whether others wait.
    fn close_old(&self) -> bool {
        let mut waiting = lock(&self.0);
        waiting.connections.retain(|_, same| {
            same.retain(|(since, _)| since.elapsed() < IDLE);
            !same.is_empty()
        });
        waiting.is_swept = !waiting.connections.is_empty();
        waiting.is_swept
    }
}

/// Goes on as long as any connection waits.
async fn sweep(pool: Weak<Pool>) {
    loop {
        tokio::time::sleep(IDLE).await;
        let Some(pool) = pool.upgrade() else { return };
        if !pool.close_old() {
            return;
        }
    }
}
