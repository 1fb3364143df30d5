//! Limits: every message, list, queue and wait of the gateway has an end.

use std::time::Duration;

/// The limits of a gateway.
#[derive(Debug, Clone)]
pub struct GatewayLimits {
    /// Bytes of a single message, in either direction.
    pub message_bytes: usize,
    /// Client sessions at once. Beyond that, an unused one is ended, or no more are opened.
    pub sessions: usize,
    /// A session that was used this recently is not ended to make room.
    pub session_recent: Duration,
    /// A session that nobody used for this long is ended.
    pub session_idle: Duration,
    /// A session that was opened longer ago is not begun again after the hub forgot it.
    pub session_age: Duration,
    /// Messages that wait for a client's stream.
    pub queued: usize,
    /// Bytes of messages that wait for the reader of a stream, for one session with a client or with a server.
    pub queued_bytes: usize,
    /// The same, over all sessions.
    pub queued_bytes_in_all: usize,
    /// Bytes of answers that one client has not read yet.
    pub answered_bytes: usize,
    /// The same, over all clients.
    pub answered_bytes_in_all: usize,
    /// Bytes of streamed answers that wait for one client, also while it is away.
    pub unread_bytes: usize,
    /// The same, over all clients.
    pub unread_bytes_in_all: usize,
    /// Bytes of events that were sent and are kept, in case they did not arrive, over all clients.
    pub sent_bytes_in_all: usize,
    /// Streams of one client that go on although nobody reads them.
    pub streams_away: usize,
    /// The same, over all clients.
    pub streams_away_in_all: usize,
    /// How long a stream goes on although nobody reads it.
    pub away: Duration,
    /// The wait for a connection to a server.
    pub connect: Duration,
    /// The wait for an answer, unless the settings say otherwise.
    pub answer: Duration,
    /// The wait for one server's part of a list, or of a probe.
    pub list: Duration,
    /// The wait for the answer to `initialize`, unless the settings allow more: a command may have to be downloaded first.
    pub start: Duration,
    /// How long a client's list waits for a slow server. After that the list holds what is known of that server.
    pub patience: Duration,
    /// How long a list is taken for current, if the server does not say. An older one is read again when a client asks.
    pub list_age: Duration,
    /// Pages of one server's list.
    pub pages: usize,
    /// Entries of one server's list.
    pub entries: usize,
    /// Bytes of one server's list, over all pages.
    pub list_bytes: usize,
    /// Resources that a client may be subscribed to.
    pub subscriptions: usize,
    /// How long an answer on a shared stream is awaited before the client gets a stream, too.
    pub grace: Duration,
    /// How long it counts that a server spoke one generation of the protocol alone. After that it is asked again.
    pub generation_age: Duration,
    /// How often the store is read for a login that is awaited and may come from another process.
    pub look: Duration,
    /// The first pause between two attempts to reach a server.
    pub first_retry: Duration,
    /// The longest pause between two attempts to reach a server.
    pub longest_retry: Duration,
}

impl Default for GatewayLimits {
    fn default() -> Self {
        Self {
            message_bytes: 16 * 1024 * 1024,
            sessions: 1000,
            session_recent: Duration::from_secs(30),
            session_idle: Duration::from_hours(1),
            session_age: Duration::from_hours(7 * 24),
            queued: 256,
            queued_bytes: 8 * 1024 * 1024,
            queued_bytes_in_all: 64 * 1024 * 1024,
            answered_bytes: 128 * 1024 * 1024,
            answered_bytes_in_all: 512 * 1024 * 1024,
            unread_bytes: 8 * 1024 * 1024,
            unread_bytes_in_all: 64 * 1024 * 1024,
            sent_bytes_in_all: 32 * 1024 * 1024,
            streams_away: 32,
            streams_away_in_all: 512,
            away: Duration::from_mins(5),
            connect: Duration::from_secs(10),
            answer: Duration::from_mins(5),
            list: Duration::from_secs(15),
            start: Duration::from_mins(2),
            patience: Duration::from_secs(2),
            list_age: Duration::from_secs(5),
            pages: 100,
            entries: 10_000,
            list_bytes: 16 * 1024 * 1024,
            subscriptions: 1000,
            grace: Duration::from_secs(2),
            generation_age: Duration::from_hours(24),
            look: Duration::from_secs(5),
            first_retry: Duration::from_secs(2),
            longest_retry: Duration::from_mins(5),
        }
    }
}
