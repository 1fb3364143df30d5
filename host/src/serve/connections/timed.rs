//! Bodies of requests that must arrive in time, however they trickle.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use tokio::time::{Sleep, sleep};

/// The request, with a body that must arrive in time.
pub(super) fn in_time(request: hyper::Request<Incoming>, limit: Duration) -> Request {
    request.map(|body| if body.is_end_stream() { Body::empty() } else { Body::new(Timed { body, limit, end: None }) })
}

/// A body that did not arrive in time.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the request's body did not arrive within {} seconds", .0.as_secs())]
pub(in crate::serve) struct TooSlow(Duration);

impl TooSlow {
    /// This, if it is the reason why a body could not be read.
    pub(in crate::serve) fn in_error(error: &(dyn std::error::Error + 'static)) -> Option<Self> {
        std::iter::successors(Some(error), |error| error.source()).find_map(|error| error.downcast_ref().copied())
    }
}

/// A body with an end to its time, however it trickles.
struct Timed {
    body: Incoming,
    limit: Duration,
    /// The end of its time. Most bodies are there at once and need none.
    end: Option<Pin<Box<Sleep>>>,
}

impl HttpBody for Timed {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) {
            return Poll::Ready(frame.map(|frame| frame.map_err(axum::Error::new)));
        }
        let limit = self.limit;
        let end = self.end.get_or_insert_with(|| Box::pin(sleep(limit)));
        end.as_mut().poll(cx).map(|()| Some(Err(axum::Error::new(TooSlow(limit)))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
