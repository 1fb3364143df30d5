//! A request of the hub's own session that is cancelled when nobody waits for its answer any more.
//!
//! Apart from `tools`, because of what has to stay alive: under which number the server knows the request is known only as
//! long as the wait for its answer goes on. So that wait is a task of its own, which outlives its caller for a moment.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use super::error::UpstreamError;
use super::message::{Id, Message};
use super::session::Session;
use super::upstream::Upstream;

/// How long a server may take to accept a cancellation.
const ACCEPTED: Duration = Duration::from_secs(5);

/// Sends a request and waits for its answer. If the caller stops waiting, the server is told (Cancellation).
pub(super) async fn answer_of(
    session: &Arc<Session>,
    upstream: &Arc<Upstream>,
    id: Id,
    request: Message,
) -> Result<Message, UpstreamError> {
    let (caller, gone) = oneshot::channel::<()>();
    let (session, server, asked) = (session.clone(), upstream.name().to_owned(), upstream.clone());
    let waiting = tokio::spawn(async move {
        let mut answer = std::pin::pin!(session.answer_of(&asked, &request));
        tokio::select! {
            answer = &mut answer => answer.map(|(_, answer)| answer),
            _ = gone => {
                cancel(&session, &asked, &id).await;
                Err(closed(asked.name()))
            }
        }
    });
    let answer = waiting.await;
    drop(caller);
    answer.unwrap_or_else(|_| Err(closed(&server)))
}

fn closed(server: &str) -> UpstreamError {
    UpstreamError::Closed { server: server.to_owned() }
}

/// A request that was not sent yet is not cancelled: it is not sent.
async fn cancel(session: &Session, upstream: &Upstream, id: &Id) {
    let Some(upstream_session) = session.upstream_sessions.open(upstream.name()) else { return };
    let params = serde_json::json!({ "requestId": id.to_raw(), "reason": "the command that asked has ended" });
    let notice = Message::notification("notifications/cancelled", Some(&params));
    // The server may be the reason why nobody waits any more.
    drop(tokio::time::timeout(ACCEPTED, upstream_session.notify(&notice)).await);
}
