//! The GET stream of Streamable HTTP: messages that belong to no request, for as long as the session lives.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::header::ACCEPT;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::authorized::AuthorizedHttp;
use super::events::{Cut, Events};
use super::http::{HeadWait, HttpRequest, HttpResponse};
use super::server_http::{ERROR_BYTES, ERROR_WAIT};
use super::session_lost;
use super::stream::Cursor;
use super::stream_state::StreamState;
use crate::gateway::local_replies;
use crate::gateway::mcp_headers::LAST_EVENT_ID;
use crate::gateway::message::{Message, MessageKind};

/// Failures in a row after which the pause is longest.
pub(super) const MAX_DOUBLINGS: u32 = 6;
/// The shortest pause, whatever the server asks for.
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
/// A stream that was open for this long does not count as failed.
pub(super) const LASTED: Duration = Duration::from_secs(5);
/// The longest pause between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// What came of one attempt to open the stream.
enum ListenAttempt {
    Open(Events),
    /// The credential was refused.
    Unauthorized,
    /// The server offers no stream, or none any more.
    Refused(Box<HttpResponse>),
    Failed,
}

/// Where a listener passes on what it hears.
pub(crate) struct Listened {
    pub(super) inbound: mpsc::Sender<Message>,
    /// Set when the server has forgotten the session.
    pub(super) is_lost: Arc<AtomicBool>,
    pub(super) stream: StreamState,
}

/// Listens until the server offers no stream, the session ends, or nobody reads any more. A failure of this stream
/// alone says nothing about the server or the login.
pub(crate) async fn listen(http: Arc<AuthorizedHttp>, headers: HeaderMap, told: Listened) {
    let Listened { inbound, is_lost, stream } = told;
    let mut cursor = Cursor::new();
    let (mut failures, mut was_open) = (0_u32, false);
    loop {
        let outcome = attempt(&http, headers.clone(), &cursor).await;
        stream.settle();
        match outcome {
            ListenAttempt::Open(events) => {
                was_open = true;
                let begun = Instant::now();
                let came = relay(events, &mut cursor, &inbound).await;
                failures = if came || begun.elapsed() >= LASTED { 0 } else { failures.saturating_add(1) };
            }
            // The token may have expired, which the next request repairs. Or the server allows nobody to listen.
            ListenAttempt::Unauthorized => failures = MAX_DOUBLINGS,
            // If the server offered a stream before, the session is over. The client is notified that its lists changed,
            // and its next request opens a new session.
            ListenAttempt::Refused(response) => {
                if was_open && is_session_lost(*response).await {
                    is_lost.store(true, Ordering::Relaxed);
                    for change in local_replies::assumed_list_changes() {
                        drop(inbound.send(change).await);
                    }
                }
                return;
            }
            ListenAttempt::Failed => failures = failures.saturating_add(1),
        }
        if inbound.is_closed() {
            return;
        }
        tokio::time::sleep(pause(cursor.pause, failures)).await;
    }
}

async fn attempt(http: &AuthorizedHttp, mut headers: HeaderMap, cursor: &Cursor) -> ListenAttempt {
    headers.insert(ACCEPT, HeaderValue::from_static("text/event-stream"));
    if let Some(last) = &cursor.last {
        headers.insert(LAST_EVENT_ID, last.clone());
    }
    let server = &http.server;
    let (url, wait) = (server.url.clone(), server.limit.wait());
    let request = HttpRequest { method: Method::GET, url, headers, body: None, wait: HeadWait::Fixed(wait) };
    match http.send_optional(request).await {
        Ok(response) if response.status.is_success() && response.is("text/event-stream") => {
            ListenAttempt::Open(Events::new(response.into_stream(), server.limits.message_bytes))
        }
        Ok(response) if response.status == StatusCode::UNAUTHORIZED => ListenAttempt::Unauthorized,
        Ok(response) if !response.status.is_server_error() => ListenAttempt::Refused(Box::new(response)),
        Ok(_) | Err(_) => ListenAttempt::Failed,
    }
}

/// The pause after this many failures in a row. It is never shorter than the server asks for.
pub(super) fn pause(asked: Duration, failures: u32) -> Duration {
    let least = asked.max(SHORTEST_PAUSE);
    let doubled = least.saturating_mul(2_u32.saturating_pow(failures.min(MAX_DOUBLINGS)));
    doubled.min(LONGEST_PAUSE).max(least)
}

/// Passes messages on until the stream ends, and returns whether one came.
async fn relay(mut events: Events, cursor: &mut Cursor, inbound: &mpsc::Sender<Message>) -> bool {
    let mut came = false;
    while let Some(event) = events.next().await {
        let event = match event {
            Ok(event) => event,
            Err(Cut { limit, .. }) => {
                tracing::debug!("an event of more than {limit} bytes was dropped");
                continue;
            }
        };
        let Some(data) = cursor.read(event) else { continue };
        let message = Message::parse(data.as_bytes()).ok();
        let Some(message) = message.filter(|message| !matches!(message.kind(), MessageKind::Response { .. })) else {
            continue;
        };
        came = true;
        if inbound.send(message).await.is_err() {
            return came;
        }
    }
    came
}

async fn is_session_lost(response: HttpResponse) -> bool {
    let status = response.status;
    session_lost::by_status(status, &response.read_start(ERROR_BYTES, ERROR_WAIT).await, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_but_never_fall_below_what_the_server_asks_for() {
        let second = Duration::from_secs(1);

        assert_eq!([0, 1, 2, 99].map(|failures| pause(second, failures)), [1, 2, 4, 60].map(Duration::from_secs));
        assert_eq!(pause(Duration::ZERO, 0), SHORTEST_PAUSE);
        assert_eq!(pause(90 * second, 3), 90 * second);
    }
}
