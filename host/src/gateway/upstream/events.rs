//! Server-sent events, one bounded event at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use sse_stream::{Sse, SseByteStream};

use super::http::HttpError;

/// The events of a body.
pub(crate) struct Events {
    stream: BoxStream<'static, Result<Sse, sse_stream::Error>>,
    /// Bytes since the last event.
    unread: Arc<AtomicUsize>,
    limit: usize,
}

impl Events {
    /// Reads events of at most `limit` bytes.
    pub(crate) fn new(body: BoxStream<'static, Result<Bytes, HttpError>>, limit: usize) -> Self {
        let unread = Arc::new(AtomicUsize::new(0));
        let total_unread = unread.clone();
        let counted = body.and_then(move |chunk| {
            let total = total_unread.fetch_add(chunk.len(), Ordering::Relaxed) + chunk.len();
            std::future::ready(if total > limit { Err(HttpError::TooLarge(limit)) } else { Ok(chunk) })
        });
        Self { stream: SseByteStream::new(counted).boxed(), unread, limit }
    }

    /// The next event; `None` when the stream ends or breaks.
    pub(crate) async fn next(&mut self) -> Option<Result<Sse, HttpError>> {
        match self.stream.next().await? {
            Ok(event) => {
                self.unread.store(0, Ordering::Relaxed);
                Some(Ok(event))
            }
            Err(_) if self.unread.load(Ordering::Relaxed) > self.limit => Some(Err(HttpError::TooLarge(self.limit))),
            Err(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(chunks: &[&'static str], limit: usize) -> Events {
        let chunks: Vec<Result<Bytes, HttpError>> = chunks.iter().map(|chunk| Ok(Bytes::from(*chunk))).collect();
        Events::new(futures::stream::iter(chunks).boxed(), limit)
    }

    #[tokio::test]
    async fn events_are_read_across_chunks_with_their_ids() {
        let mut events = events(&["id: 7\nda", "ta: a\ndata: b\n", "\n: nothing\n\nretry: 5\ndata:\n\n"], 100);

        let first = events.next().await.expect("event").expect("first");
        let second = events.next().await.expect("event").expect("second");

        assert_eq!((first.id.as_deref(), first.data.as_deref()), (Some("7"), Some("a\nb")));
        assert_eq!((second.retry, second.data.as_deref()), (Some(5), Some("")));
        assert!(events.next().await.is_none());
    }

    #[tokio::test]
    async fn an_event_beyond_the_limit_is_refused_and_many_small_ones_are_not() {
        let mut small = events(&["data: 12345\n\n"; 20], 20);
        let mut large = events(&["data: 12345", "1234567890"], 20);

        for _ in 0..20 {
            assert!(small.next().await.expect("event").is_ok());
        }
        assert!(matches!(large.next().await, Some(Err(HttpError::TooLarge(20)))));
    }
}
