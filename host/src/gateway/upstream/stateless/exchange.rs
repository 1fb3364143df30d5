//! One request and its answer, as this revision wants them: complete, and sent again where the server's own demands for
//! headers have changed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::StreamExt;
use futures::stream::{BoxStream, iter, once, unfold};

use super::client_meta::ClientMeta;
use super::error_members::with_code;
use super::wire::Wire;
use crate::gateway::error::UpstreamError;
use crate::gateway::error_codes::{HEADER_MISMATCH, INTERNAL_ERROR, UNSUPPORTED_VERSION};
use crate::gateway::json::{Fields, fields, raw, string};
use crate::gateway::message::{Id, Message, MessageKind};
use crate::gateway::upstream::deadline::AnswerLimit;
use crate::gateway::upstream::reply::{Reply, ReplyStream};
use crate::gateway::upstream::request_ids::RequestIds;

/// Pages of tools that are read to learn their headers.
const PAGES: usize = 100;

/// What all requests of one session with a server share.
pub(crate) struct Exchange {
    pub(crate) server: String,
    pub(crate) wire: Wire,
    pub(crate) client: ClientMeta,
    pub(crate) request_ids: RequestIds,
    /// How long an answer is awaited.
    pub(crate) limit: AnswerLimit,
    /// Whether the server turned out to speak another revision now.
    pub(crate) is_lost: AtomicBool,
}

impl Exchange {
    /// Sends a request and returns what comes back for it. `limit` is for the answer.
    pub(super) async fn send(self: &Arc<Self>, request: &Message, limit: AnswerLimit) -> Result<Reply, UpstreamError> {
        match self.sent(request, limit).await? {
            // Boxed, so that the usual case does not carry what the rare one needs.
            Reply::Whole(answer) if answer.error_code() == Some(HEADER_MISMATCH) => {
                Box::pin(self.sent_again(request, limit)).await
            }
            Reply::Stream(stream) => Ok(self.healed(request.clone(), stream, limit)),
            whole @ Reply::Whole(_) => Ok(whole),
        }
    }

    /// Sends a request for the second time: the tool may want other headers than when it was last listed.
    async fn sent_again(self: &Arc<Self>, request: &Message, limit: AnswerLimit) -> Result<Reply, UpstreamError> {
        if request.method() == Some("tools/call") {
            self.read_tools().await?;
        }
        Ok(match self.sent(request, limit).await? {
            Reply::Whole(answer) => Reply::Whole(own_fault(answer)),
            Reply::Stream(stream) => {
                let is_own = stream.is_own_stream();
                Reply::driven(messages_of(stream).map(|message| message.map(own_fault)).boxed(), is_own)
            }
        })
    }

    /// A stream that begins with such an error is the same answer as the error alone. Behind any other message the server
    /// has worked on the request, which is not sent again.
    fn healed(self: &Arc<Self>, request: Message, mut stream: ReplyStream, limit: AnswerLimit) -> Reply {
        let (exchange, is_own) = (self.clone(), stream.is_own_stream());
        let messages = once(async move {
            let first = stream.next().await;
            match first.as_ref().and_then(|first| first.as_ref().ok()?.error_code()) {
                Some(HEADER_MISMATCH) => match exchange.sent_again(&request, limit).await {
                    Ok(reply) => all_of(reply),
                    Err(error) => once(async { Err(error) }).boxed(),
                },
                Some(UNSUPPORTED_VERSION) => {
                    exchange.note_lost();
                    let ended = UpstreamError::SessionEnded { server: exchange.server.clone() };
                    once(async { Err(ended) }).boxed()
                }
                Some(_) | None => iter(first).chain(messages_of(stream)).boxed(),
            }
        });
        Reply::driven(messages.flatten().boxed(), is_own)
    }

    /// Reads what the answer to a request says about later ones.
    pub(super) fn note(&self, request: &Message, answer: &Message) {
        if let (Some("tools/list"), Some(tools)) = (request.method(), self.wire.tools()) {
            tools.note(answer.result_raw());
        }
    }

    /// Records that the server does not speak this revision any more.
    pub(super) fn note_lost(&self) {
        self.wire.doubt();
        self.is_lost.store(true, Ordering::Relaxed);
    }

    async fn sent(&self, request: &Message, limit: AnswerLimit) -> Result<Reply, UpstreamError> {
        match self.wire.send(&self.client.complete(request), limit).await {
            Ok(reply) if error_code(&reply) == Some(UNSUPPORTED_VERSION) => {
                self.note_lost();
                Err(UpstreamError::SessionEnded { server: self.server.clone() })
            }
            Err(error) => {
                if speaks_otherwise(&error) {
                    self.note_lost();
                }
                Err(error)
            }
            reply => reply,
        }
    }

    /// Reads the list of tools for their headers.
    async fn read_tools(&self) -> Result<(), UpstreamError> {
        let mut cursor = None::<String>;
        for _ in 0..PAGES {
            let params: Fields = cursor.iter().map(|cursor| ("cursor".to_owned(), raw(cursor))).collect();
            let request = Message::request(Id::number(self.request_ids.next_number()), "tools/list", &params);
            let answer = self.sent(&request, self.limit).await?.answer(|_| {}).await?;
            self.note(&request, &answer);
            let next = string(&fields(answer.result_raw()), "nextCursor");
            if next.is_none() || next == cursor {
                break;
            }
            cursor = next;
        }
        Ok(())
    }
}

/// Whether an error without words of the protocol may mean that the server speaks another revision now.
const fn speaks_otherwise(error: &UpstreamError) -> bool {
    match error {
        UpstreamError::SessionEnded { .. } => true,
        UpstreamError::Status { status, .. } => matches!(status.as_u16(), 400 | 404..=406 | 410 | 415 | 422),
        _ => false,
    }
}

fn error_code(reply: &Reply) -> Option<i64> {
    match reply {
        Reply::Whole(answer) => answer.error_code(),
        Reply::Stream(_) => None,
    }
}

fn all_of(reply: Reply) -> BoxStream<'static, Result<Message, UpstreamError>> {
    match reply {
        Reply::Whole(answer) => once(async { Ok(answer) }).boxed(),
        Reply::Stream(stream) => messages_of(stream),
    }
}

fn messages_of(stream: ReplyStream) -> BoxStream<'static, Result<Message, UpstreamError>> {
    unfold(stream, |mut stream| async move { Some((stream.next().await?, stream)) }).boxed()
}

/// An error about the headers between the hub and the server: the client sent none of them. Other messages stay as they are.
fn own_fault(answer: Message) -> Message {
    if answer.error_code() != Some(HEADER_MISMATCH) {
        return answer;
    }
    let MessageKind::Response { id: Some(id) } = answer.kind().clone() else { return answer };
    with_code(answer, &id, INTERNAL_ERROR)
}
