//! The GET of Streamable HTTP: what the server says unasked, for as long as the session lives.

use std::sync::Arc;
use std::time::Duration;

use http::header::ACCEPT;
use http::{HeaderMap, HeaderValue, Method};
use tokio::sync::mpsc;

use super::events::Events;
use super::http::Ask;
use super::stream::{Cursor, LAST_EVENT_ID};
use super::wire::Wire;
use crate::gateway::message::{Kind, Message};

/// The longest pause between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// Listens until the server offers no stream, the session ends, or nobody reads any more.
pub(crate) async fn listen(wire: Arc<Wire>, headers: HeaderMap, inbound: mpsc::Sender<Message>) {
    let mut cursor = Cursor::new();
    let mut failures: u32 = 0;
    loop {
        let mut headers = headers.clone();
        headers.insert(ACCEPT, HeaderValue::from_static("text/event-stream"));
        if let Some(last) = &cursor.last {
            headers.insert(LAST_EVENT_ID, last.clone());
        }
        let ask = Ask { method: Method::GET, url: wire.url.clone(), headers, body: None };
        match wire.send(ask, None).await {
            Ok(answer) if answer.status.is_success() && answer.is("text/event-stream") => {
                let events = Events::new(answer.into_stream(), wire.limits.message_bytes);
                failures = if relay(events, &mut cursor, &inbound).await { 0 } else { failures + 1 };
            }
            // 405: it offers none. Any other refusal shows itself at the next request.
            Ok(answer) if !answer.status.is_server_error() => return,
            Ok(_) | Err(_) => failures += 1,
        }
        if inbound.is_closed() {
            return;
        }
        let pause = cursor.pause.saturating_mul(2_u32.saturating_pow(failures.min(6))).min(LONGEST_PAUSE);
        tokio::time::sleep(pause.max(cursor.pause)).await;
    }
}

/// Whether anything came.
async fn relay(mut events: Events, cursor: &mut Cursor, inbound: &mpsc::Sender<Message>) -> bool {
    let mut came = false;
    while let Some(Ok(event)) = events.next().await {
        came = true;
        let Some(data) = cursor.read(event) else { continue };
        let message = Message::parse(data.as_bytes()).ok();
        let Some(message) = message.filter(|message| !matches!(message.kind(), Kind::Response { .. })) else {
            continue;
        };
        if inbound.send(message).await.is_err() {
            return came;
        }
    }
    came
}
