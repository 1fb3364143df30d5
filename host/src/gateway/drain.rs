//! The end of a hub, gently: requests in flight are answered, and streams end once nothing is expected on them.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::Gateway;
use super::session::Session;

/// How often it is looked whether all is done. Requests end in too many places for one of them to tell.
const LOOK: Duration = Duration::from_millis(10);

impl Gateway {
    /// Ends every stream on which clients listen, each once its client has no request in flight and has been sent what waited
    /// for it. Returns when there is none left; the caller decides how long that may take. Calls that wait for a client's
    /// next request are given up, because the hub takes none any more.
    pub async fn drain(&self) {
        self.0.context.is_draining.store(true, Ordering::Relaxed);
        self.0.modern.give_up_waiting();
        while self.0.all_sessions().iter().filter(|session| !ended(session)).count() > 0 {
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Whether the hub is about to end.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.0.context.is_draining.load(Ordering::Relaxed)
    }
}

/// Ends the session's stream, if nothing is expected on it.
fn ended(session: &Arc<Session>) -> bool {
    let is_expected = session.requests_in_flight() > 0 || (session.open_streams() > 0 && !session.outbox.is_empty());
    if !is_expected {
        session.outbox.end();
    }
    !is_expected
}
