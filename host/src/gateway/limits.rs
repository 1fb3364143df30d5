//! Bounds: every message, list, queue and wait of the gateway has an end.

use std::time::Duration;

/// The bounds of a gateway.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Largest single message, bytes, in either direction.
    pub message_bytes: usize,
    /// Sessions of clients at once; past it one that nobody uses ends, or no more are begun.
    pub sessions: usize,
    /// A session that was used this lately is not ended to make room.
    pub session_recent: Duration,
    /// A session that nobody used for this long ends.
    pub session_idle: Duration,
    /// Messages that wait for a client's stream.
    pub queued: usize,
    /// Bytes of messages that wait for the reader of a stream, for one session with a client or with a server.
    pub queued_bytes: usize,
    /// The same, over all sessions.
    pub queued_bytes_in_all: usize,
    /// Bytes of answers that one client has not taken yet.
    pub answered_bytes: usize,
    /// The same, over all clients.
    pub answered_bytes_in_all: usize,
    /// To connect to a server.
    pub connect: Duration,
    /// To an answer, and between two events of a streamed one, where the settings say nothing else.
    pub answer: Duration,
    /// For one server's share of a list, or of a probe.
    pub list: Duration,
    /// To the answer to `initialize`, where the settings say nothing longer: a command may have to be downloaded first.
    pub start: Duration,
    /// How long a client's list waits for a server that is slow; then it holds what is known of that server.
    pub patience: Duration,
    /// Pages of one server's list.
    pub pages: usize,
    /// Entries of one server's list.
    pub entries: usize,
    /// Bytes of one server's list, all pages.
    pub list_bytes: usize,
    /// Resources that a client may be subscribed to.
    pub subscriptions: usize,
    /// How long an answer over a shared stream is waited for before it is streamed on.
    pub grace: Duration,
    /// How often it is looked whether a login that is waited for came from elsewhere.
    pub look: Duration,
    /// First and longest pause between two attempts to reach a server.
    pub retry: (Duration, Duration),
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            message_bytes: 16 * 1024 * 1024,
            sessions: 1000,
            session_recent: Duration::from_secs(30),
            session_idle: Duration::from_hours(1),
            queued: 256,
            queued_bytes: 8 * 1024 * 1024,
            queued_bytes_in_all: 64 * 1024 * 1024,
            answered_bytes: 128 * 1024 * 1024,
            answered_bytes_in_all: 512 * 1024 * 1024,
            connect: Duration::from_secs(10),
            answer: Duration::from_mins(5),
            list: Duration::from_secs(15),
            start: Duration::from_mins(2),
            patience: Duration::from_secs(2),
            pages: 100,
            entries: 10_000,
            list_bytes: 16 * 1024 * 1024,
            subscriptions: 1000,
            grace: Duration::from_secs(2),
            look: Duration::from_secs(5),
            retry: (Duration::from_secs(2), Duration::from_mins(5)),
        }
    }
}
