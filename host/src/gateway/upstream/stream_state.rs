//! Whether the stream for messages that belong to no request is open, for those who must not lose an early message.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

/// How long a stream is waited for, from the moment that it was asked for. Some servers send nothing, not even the head of
/// the response, before there is something to say.
const LISTENING: Duration = Duration::from_secs(2);

/// The state of one such stream. Clones share it.
#[derive(Clone, Default)]
pub(super) struct StreamState(watch::Sender<Option<Instant>>);

impl StreamState {
    /// Records that the stream was asked for.
    pub(super) fn expect(&self) {
        self.0.send_replace(Some(Instant::now() + LISTENING));
    }

    /// Records that the stream is open, or that it does not come now.
    pub(super) fn settle(&self) {
        self.0.send_replace(None);
    }

    /// Waits until the stream is open or known not to come, or was waited for long enough.
    pub(super) async fn settled(&self) {
        let Some(end) = *self.0.borrow() else { return };
        let mut state = self.0.subscribe();
        drop(tokio::time::timeout_at(end, state.wait_for(Option::is_none)).await);
    }
}
