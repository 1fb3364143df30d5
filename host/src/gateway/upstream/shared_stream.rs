//! The part of a shared stream that belongs to one request.

use std::pin::pin;

use tokio::sync::{mpsc, oneshot};

use super::deadline::AnswerDeadline;
use crate::gateway::budget::Reservation;
use crate::gateway::error::UpstreamError;
use crate::gateway::message::Message;

/// The messages of one request on a stream that all requests share, the answer last.
pub(crate) struct SharedStream {
    pub(super) server: String,
    /// Messages before the answer, each with the bytes it occupies while it waits.
    pub(super) before: mpsc::Receiver<(Message, Reservation)>,
    /// `None` once the answer has come.
    pub(super) answer: Option<oneshot::Receiver<Result<Message, UpstreamError>>>,
    /// The end of the wait for the answer.
    pub(super) deadline: AnswerDeadline,
    /// The answer, while messages that came before it are still to be read.
    pub(super) last: Option<Result<Message, UpstreamError>>,
}

enum Next {
    Before(Message),
    Answer(Option<Result<Message, UpstreamError>>),
}

impl SharedStream {
    /// The next message; `None` after the answer or an error. May be dropped between polls: no message is lost.
    pub(super) async fn next(&mut self) -> Option<Result<Message, UpstreamError>> {
        let Some(answer) = &mut self.answer else {
            return match self.before.try_recv() {
                Ok((message, _)) => Some(Ok(message)),
                Err(_) => self.last.take(),
            };
        };
        let next = async {
            // In this order: what came before the answer is read before it.
            tokio::select! {
                biased;
                Some((message, _)) = self.before.recv() => Next::Before(message),
                answer = answer => Next::Answer(answer.ok()),
            }
        };
        let came = self.deadline.within(pin!(next)).await;
        match came {
            Some(Next::Before(message)) => {
                self.deadline.note(&message);
                Some(Ok(message))
            }
            Some(Next::Answer(Some(answer))) => {
                self.answer = None;
                self.last = Some(answer);
                // Boxed because the future contains itself. It recurses once at most.
                Box::pin(self.next()).await
            }
            Some(Next::Answer(None)) => {
                self.answer = None;
                Some(Err(UpstreamError::Closed { server: self.server.clone() }))
            }
            None => {
                self.answer = None;
                Some(Err(self.deadline.missed(&self.server)))
            }
        }
    }
}
