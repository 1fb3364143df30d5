//! Events that a client may still have to be sent, or sent again (Streamable HTTP, "Resumability and Redelivery").
//!
//! Each stream has a number, and each of its events, too; the id of an event says both. What one stream carried is never
//! replayed on another. Everything here is bounded: events and bytes of a stream, bytes of a session and of all sessions,
//! streams whose client is away, and how long a client may be away.
//!
//! It knows neither servers nor HTTP: `session` fills the logs, and `serve` writes the events.
//!
//! | what | file |
//! |---|---|
//! | the id of an event | `event_id` |
//! | what all sessions may keep | `bounds` |
//! | the stream of one answer | `stream_log`, `log_state` |
//! | what was sent on the stream that answers nothing | `sent_events` |
//! | all streams of a session | `streams` |

mod bounds;
mod event_id;
mod log_state;
mod sent_events;
mod stream_log;
mod streams;

pub(crate) use self::bounds::ReplayBounds;
pub(crate) use self::event_id::EventId;
pub(crate) use self::log_state::StreamEvent;
pub(crate) use self::stream_log::{LogReader, Pushed, StreamLog};
pub(crate) use self::streams::ReplayStreams;
