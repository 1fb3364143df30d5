//! The body of an answer, read from its connection.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use hyper::body::{Body, Incoming};

use super::connection::PlainConnection;
use super::pool::Pool;

/// The body. Once it is read to its end, its connection waits for the next request; dropped before, it is closed.
pub(in crate::gateway::upstream) struct PlainBody {
    body: Incoming,
    /// `None` once it has ended or is given back.
    connection: Option<PlainConnection>,
    pool: Arc<Pool>,
    place: Box<str>,
}

/// The connection broke before the end.
pub(in crate::gateway::upstream) struct Broken;

impl PlainBody {
    pub(super) fn new(body: Incoming, connection: Option<PlainConnection>, pool: Arc<Pool>, place: &str) -> Self {
        let mut body = Self { body, connection, pool, place: place.into() };
        body.give_back_at_end();
        body
    }

    /// The next part; `None` at the end.
    pub(in crate::gateway::upstream) fn poll_chunk(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Broken>>> {
        let mut is_moved = false;
        loop {
            match Pin::new(&mut self.body).poll_frame(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(Some(Ok(frame))) => {
                    is_moved = false;
                    self.give_back_at_end();
                    // Trailers say nothing that the hub reads.
                    if let Ok(data) = frame.into_data() {
                        return Poll::Ready(Some(Ok(data)));
                    }
                }
                Poll::Ready(Some(Err(_))) => return Poll::Ready(Some(Err(Broken))),
                Poll::Ready(None) => {
                    self.give_back();
                    return Poll::Ready(None);
                }
                Poll::Pending => match &mut self.connection {
                    None => return Poll::Ready(Some(Err(Broken))),
                    Some(_) if is_moved => return Poll::Pending,
                    Some(connection) => {
                        is_moved = true;
                        if connection.poll(cx).is_ready() {
                            self.connection = None;
                        }
                    }
                },
            }
        }
    }

    fn give_back_at_end(&mut self) {
        if self.body.is_end_stream() {
            self.give_back();
        }
    }

    fn give_back(&mut self) {
        if let Some(mut connection) = self.connection.take().filter(|_| self.body.is_end_stream())
            && connection.is_ready()
        {
            self.pool.give_back(&self.place, connection);
        }
    }
}
