//! One request and its answer, as this revision wants them: complete, and sent again where the server's own demands for
//! headers have changed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::client_meta::ClientMeta;
use super::error_members::with_code;
use super::wire::Wire;
use crate::gateway::error::UpstreamError;
use crate::gateway::error_codes::{HEADER_MISMATCH, INTERNAL_ERROR, UNSUPPORTED_VERSION};
use crate::gateway::json::{Fields, fields, raw, string};
use crate::gateway::message::{Id, Message, MessageKind};
use crate::gateway::upstream::deadline::AnswerLimit;
use crate::gateway::upstream::reply::Reply;
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
    /// Sends a request and returns what comes back for it.
    pub(super) async fn send(self: &Arc<Self>, request: &Message) -> Result<Reply, UpstreamError> {
        let first = self.sent(request).await?;
        if error_code(&first) != Some(HEADER_MISMATCH) {
            return Ok(first);
        }
        // The tool may want other headers than when it was last listed.
        if request.method() == Some("tools/call") {
            self.read_tools().await?;
        }
        match self.sent(request).await? {
            Reply::Whole(answer) if answer.error_code() == Some(HEADER_MISMATCH) => Ok(Reply::Whole(own_fault(answer))),
            reply => Ok(reply),
        }
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

    async fn sent(&self, request: &Message) -> Result<Reply, UpstreamError> {
        match self.wire.send(&self.client.complete(request), self.limit).await {
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
            let answer = self.sent(&request).await?.answer(|_| {}).await?;
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

/// An error about the headers between the hub and the server: the client sent none of them.
fn own_fault(answer: Message) -> Message {
    let MessageKind::Response { id: Some(id) } = answer.kind().clone() else { return answer };
    with_code(answer, &id, INTERNAL_ERROR)
}
