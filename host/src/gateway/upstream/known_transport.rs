//! Which transport of a server over HTTP worked last, and when the server is asked again what it speaks.
//!
//! A server with sessions that learns the revision without them, too, goes on to work, so nothing would ever show it. It is
//! asked again some time after it was last asked, and in a new run of the hub sooner than that.

use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;

use crate::gateway::lock::lock;

/// How long after the start of the hub a server is asked again that an earlier run knew. Most commands of the command line
/// end before that.
const RECALLED: Duration = Duration::from_hours(1);

/// The transports over HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HttpTransport {
    /// Streamable HTTP with `initialize`: revision 2025-03-26 and later.
    StreamableHttp,
    /// Streamable HTTP without sessions: revision 2026-07-28.
    Stateless,
    /// Streamable HTTP with and without sessions.
    Both,
    /// HTTP with SSE: revision 2024-11-05.
    Sse,
}

impl HttpTransport {
    const ALL: [Self; 4] = [Self::StreamableHttp, Self::Stateless, Self::Both, Self::Sse];

    /// The name under which it is kept on disk.
    const fn as_str(self) -> &'static str {
        match self {
            Self::StreamableHttp => "streamable-http",
            Self::Stateless => "stateless",
            Self::Both => "both",
            Self::Sse => "sse",
        }
    }
}

/// The transport that worked last.
pub(crate) struct KnownTransport {
    /// How long an answer to the question what the server speaks counts.
    age: Duration,
    known: Mutex<Option<Known>>,
}

#[derive(Clone, Copy)]
struct Known {
    transport: HttpTransport,
    /// When the server is to be asked again.
    due: Instant,
}

impl KnownTransport {
    /// Nothing is known yet. What is found out counts for this long.
    pub(super) const fn lasting(age: Duration) -> Self {
        Self { age, known: Mutex::new(None) }
    }

    /// The transport that worked last.
    pub(super) fn get(&self) -> Option<HttpTransport> {
        lock(&self.known).map(|known| known.transport)
    }

    /// The name of the transport that worked last.
    pub(super) fn name(&self) -> Option<&'static str> {
        self.get().map(HttpTransport::as_str)
    }

    /// Takes the transport of this name for the one that worked last, if there is none yet.
    pub(super) fn recall(&self, name: &str) {
        let recalled = HttpTransport::ALL.into_iter().find(|known| known.as_str() == name);
        let due = Instant::now() + self.age.min(RECALLED);
        let mut known = lock(&self.known);
        *known = known.or_else(|| recalled.map(|transport| Known { transport, due }));
    }

    /// Remembers the transport that worked. `None` if the last one does not work any more, or another one is better now.
    pub(super) fn remember(&self, transport: Option<HttpTransport>) {
        let mut known = lock(&self.known);
        if known.map(|known| known.transport) != transport {
            *known = transport.map(|transport| Known { transport, due: Instant::now() + self.age });
        }
    }

    /// Whether the server has sessions as far as is known, and was asked so long ago that it is to be asked again. Says so
    /// once.
    pub(super) fn is_to_be_asked(&self) -> bool {
        let mut known = lock(&self.known);
        let Some(known) = known.as_mut().filter(|known| known.transport == HttpTransport::StreamableHttp) else {
            return false;
        };
        let is_due = known.due <= Instant::now();
        if is_due {
            known.due = Instant::now() + self.age;
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_hours(24);

    #[tokio::test(start_paused = true)]
    async fn a_server_with_sessions_is_asked_again_once_a_day() {
        let known = KnownTransport::lasting(DAY);
        known.remember(Some(HttpTransport::StreamableHttp));
        tokio::time::advance(DAY / 2).await;
        known.remember(Some(HttpTransport::StreamableHttp));
        assert!(!known.is_to_be_asked());
        tokio::time::advance(DAY / 2).await;

        assert!(known.is_to_be_asked() && !known.is_to_be_asked());
        known.remember(Some(HttpTransport::Both));
        tokio::time::advance(DAY).await;
        assert!(!known.is_to_be_asked(), "each client of that revision asks it");
    }

    #[tokio::test(start_paused = true)]
    async fn what_an_earlier_run_knew_is_asked_again_sooner() {
        let known = KnownTransport::lasting(DAY);
        known.recall("streamable-http");
        known.recall("sse");
        assert_eq!((known.name(), known.is_to_be_asked()), (Some("streamable-http"), false));

        tokio::time::advance(RECALLED).await;

        assert!(known.is_to_be_asked());
    }
}
