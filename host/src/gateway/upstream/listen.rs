//! The GET of Streamable HTTP: what the server says unasked, for as long as the session lives.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::header::ACCEPT;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::authorized::AuthorizedHttp;
use super::events::{Cut, Events};
use super::http::{HttpRequest, HttpResponse};
use super::server_http::{ERROR_BYTES, ERROR_WAIT};
use super::session_lost;
use super::stream::{Cursor, LAST_EVENT_ID};
use crate::gateway::local_replies;
use crate::gateway::message::{Message, MessageKind};

/// Failures in a row after which the pause is long.
const RARELY: u32 = 6;
/// The shortest pause, whatever the server asks for.
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
/// A stream that was open for so long did not fail.
const LASTED: Duration = Duration::from_secs(5);
/// The longest pause between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// Listens until the server offers no stream, the session ends, or nobody reads any more. What is wrong with this stream
/// alone says nothing of the server, nor of the login.
pub(crate) async fn listen(
    http: Arc<AuthorizedHttp>,
    headers: HeaderMap,
    inbound: mpsc::Sender<Message>,
    is_lost: Arc<AtomicBool>,
) {
    let mut cursor = Cursor::new();
    let (mut failures, mut was_open) = (0_u32, false);
    loop {
        let mut headers = headers.clone();
        headers.insert(ACCEPT, HeaderValue::from_static("text/event-stream"));
        if let Some(last) = &cursor.last {
            headers.insert(LAST_EVENT_ID, last.clone());
        }
        let request = HttpRequest {
            method: Method::GET,
            url: http.server.url.clone(),
            headers,
            body: None,
            wait: http.server.wait,
        };
        match http.send_optional(request).await {
            Ok(answer) if answer.status.is_success() && answer.is("text/event-stream") => {
                let events = Events::new(answer.into_stream(), http.server.limits.message_bytes);
                was_open = true;
                let begun = Instant::now();
                let came = relay(events, &mut cursor, &inbound).await;
                failures = if came || begun.elapsed() >= LASTED { 0 } else { failures.saturating_add(1) };
            }
            // The token may just have ended: a request renews it. Or the server lets nobody listen.
            Ok(answer) if answer.status == StatusCode::UNAUTHORIZED => failures = RARELY,
            // 404 or 405: it offers none. Where it did, the session is over: whoever listens asks for the lists again, and
            // that begins a new one.
            Ok(answer) if !answer.status.is_server_error() => {
                if was_open && is_session_lost(answer).await {
                    is_lost.store(true, Ordering::Relaxed);
                    for change in local_replies::list_changes() {
                        drop(inbound.send(change).await);
                    }
                }
                return;
            }
            Ok(_) | Err(_) => failures = failures.saturating_add(1),
        }
        if inbound.is_closed() {
            return;
        }
        let least = cursor.pause.max(SHORTEST_PAUSE);
        let pause = least.saturating_mul(2_u32.saturating_pow(failures.min(RARELY))).min(LONGEST_PAUSE);
        tokio::time::sleep(pause.max(least)).await;
    }
}

/// Whether a message came.
async fn relay(mut events: Events, cursor: &mut Cursor, inbound: &mpsc::Sender<Message>) -> bool {
    let mut came = false;
    while let Some(event) = events.next().await {
        let event = match event {
            Ok(event) => event,
            Err(Cut { limit, .. }) => {
                tracing::debug!("an event of more than {limit} bytes was left out");
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

async fn is_session_lost(answer: HttpResponse) -> bool {
    let status = answer.status;
    session_lost::by_status(status, &answer.read_start(ERROR_BYTES, ERROR_WAIT).await, true)
}
