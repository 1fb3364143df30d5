//! A response to a POST as a reply: JSON alone, or a stream of events with the answer last.
//!
//! It stands apart because both generations of Streamable HTTP answer in these two ways.

use std::collections::VecDeque;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use bytes::Bytes;
use http::HeaderMap;

use super::authorized::AuthorizedHttp;
use super::deadline::AnswerDeadline;
use super::events::Events;
use super::http::HttpResponse;
use super::incoming;
use super::reply::Reply;
use super::stream::{Cursor, PostStream};
use crate::gateway::error::UpstreamError;
use crate::gateway::message::Id;

/// What is known of the request that a response answers.
pub(super) struct Asked {
    pub(super) id: Id,
    /// The end of the wait for the answer.
    pub(super) deadline: AnswerDeadline,
    /// The headers with which a broken stream is resumed. `None` if it cannot be.
    pub(super) resume_with: Option<HeaderMap>,
    /// Set to true when the server says that it does not know the session. `None` if there is no session to be lost.
    pub(super) is_lost: Option<Arc<AtomicBool>>,
}

/// What comes back for a request in a response of a good status.
pub(super) async fn read(
    http: &Arc<AuthorizedHttp>,
    response: HttpResponse,
    mut asked: Asked,
) -> Result<Reply, UpstreamError> {
    let limit = http.server.limits.message_bytes;
    if response.is("text/event-stream") {
        return Ok(Reply::own(PostStream {
            http: http.clone(),
            resume_with: asked.resume_with,
            id: asked.id,
            events: Events::new(response.into_stream(), limit),
            cursor: Cursor::new(),
            broken: 0,
            deadline: asked.deadline,
            is_lost: asked.is_lost,
            is_at_work: false,
            ready: VecDeque::new(),
            is_done: false,
        }));
    }
    if !response.is("application/json") {
        return Err(http.server.not_mcp("the answer is neither JSON nor an event stream"));
    }
    let Some(body) = asked.deadline.within(pin!(response.read(limit))).await else {
        return Err(asked.deadline.missed(&http.server.name));
    };
    let body = body.map_err(|error| http.server.failure(error))?;
    alone(http, &body, asked.id)
}

fn alone(http: &AuthorizedHttp, body: &Bytes, id: Id) -> Result<Reply, UpstreamError> {
    let messages = incoming::messages(body).map_err(|error| http.server.not_mcp(error.to_string()))?;
    let answer = messages.into_iter().find(|message| message.answers(&id));
    let answer = answer.ok_or_else(|| http.server.not_mcp("the answer is to another request"))?;
    Ok(Reply::Whole(answer.with_id(id)))
}
