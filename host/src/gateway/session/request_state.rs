//! What a session knows of a request in flight: which server has it, and whether its client has given it up.
//!
//! It stands apart from `in_flight` because the session itself is made of it.

use std::sync::Arc;

use tokio::sync::watch;

/// The state of one request in flight.
#[derive(Default)]
pub(super) struct RequestState {
    /// The server that has it, as soon as that is known.
    pub(super) server: Option<String>,
    pub(super) cancellation: Arc<Cancellation>,
}

/// Whether the client has given a request up.
#[derive(Default)]
pub(super) struct Cancellation(watch::Sender<bool>);

impl Cancellation {
    /// Records that the client has given the request up.
    pub(super) fn cancel(&self) {
        self.0.send_replace(true);
    }

    /// Returns once the client has given the request up.
    pub(super) async fn cancelled(&self) {
        // The sender is this one, so the wait never fails.
        drop(self.0.subscribe().wait_for(|is_cancelled| *is_cancelled).await);
    }
}
