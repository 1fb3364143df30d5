//! Server-sent events of bounded size. An event that is too large is cut off and reported; the events after it are
//! read.

use bytes::{Bytes, BytesMut};
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use sse_stream::{Sse, SseByteStream};

use super::envelope::Envelope;
use super::http::HttpError;
use super::utf8::Utf8Chunks;

/// The event type that marks an event as cut.
const CUT: &str = "mcphub-cut";
/// Inserted where an event is cut: ends it, and marks it.
const CUTTING: &[u8] = b"\nevent: mcphub-cut\n\n";

/// The events of a response body.
pub(crate) struct Events {
    stream: BoxStream<'static, Result<Sse, sse_stream::Error>>,
    limit: usize,
}

/// An event was too large to be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cut {
    /// The id of the answer in it, if there is one.
    pub(crate) id: Option<u64>,
    pub(crate) limit: usize,
}

impl From<Cut> for HttpError {
    fn from(cut: Cut) -> Self {
        Self::TooLarge(cut.limit)
    }
}

impl Events {
    /// Reads events of at most `limit` bytes.
    pub(crate) fn new(body: BoxStream<'static, Result<Bytes, HttpError>>, limit: usize) -> Self {
        let (mut utf8, mut cutter) = (Utf8Chunks::default(), Cutter::new(limit));
        let bounded = body.map_ok(move |chunk| cutter.pass(utf8.pass(chunk)));
        Self { stream: SseByteStream::new(bounded).boxed(), limit }
    }

    /// The next event; `None` when the stream ends or breaks.
    pub(crate) async fn next(&mut self) -> Option<Result<Sse, Cut>> {
        let event = self.stream.next().await?.ok()?;
        if event.event.as_deref() != Some(CUT) {
            return Some(Ok(event));
        }
        let mut envelope = Envelope::default();
        envelope.read(event.data.unwrap_or_default().as_bytes());
        Some(Err(Cut { id: envelope.id(), limit: self.limit }))
    }
}

/// Lets no more of an event pass than the limit.
struct Cutter {
    limit: usize,
    /// Bytes of the current event so far.
    count: usize,
    is_line_empty: bool,
    is_after_return: bool,
    is_cut: bool,
}

impl Cutter {
    const fn new(limit: usize) -> Self {
        Self { limit, count: 0, is_line_empty: true, is_after_return: false, is_cut: false }
    }

    fn pass(&mut self, chunk: Bytes) -> Bytes {
        if !self.is_cut && self.count + chunk.len() <= self.limit {
            for byte in &chunk {
                self.take(*byte);
            }
            return chunk;
        }
        let mut passed = BytesMut::with_capacity(chunk.len().min(self.limit) + CUTTING.len());
        for byte in chunk {
            let was_cut = self.is_cut;
            let is_end = self.take(byte);
            // Only cuts between characters, so that the event stays UTF-8.
            if !was_cut && !is_end && self.count > self.limit && byte & 0b1100_0000 != 0b1000_0000 {
                self.is_cut = true;
                passed.extend_from_slice(CUTTING);
            } else if !was_cut {
                passed.extend_from_slice(&[byte]);
            }
        }
        passed.freeze()
    }

    /// Counts a byte, and returns whether an event ends with it.
    fn take(&mut self, byte: u8) -> bool {
        self.count += 1;
        let is_break = matches!(byte, b'\n' | b'\r') && !(byte == b'\n' && self.is_after_return);
        let is_end = is_break && self.is_line_empty;
        self.is_line_empty = matches!(byte, b'\n' | b'\r');
        self.is_after_return = byte == b'\r';
        if is_end {
            (self.count, self.is_cut) = (0, false);
        }
        is_end
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
    async fn an_event_may_span_chunks_and_keeps_its_id() {
        let mut events = events(&["id: 7\nda", "ta: a\ndata: b\n", "\n: nothing\n\nretry: 5\ndata:\n\n"], 100);

        let first = events.next().await.expect("event").expect("first");
        let second = events.next().await.expect("event").expect("second");

        assert_eq!((first.id.as_deref(), first.data.as_deref()), (Some("7"), Some("a\nb")));
        assert_eq!((second.retry, second.data.as_deref()), (Some(5), Some("")));
        assert!(events.next().await.is_none());
    }

    #[tokio::test]
    async fn the_limit_counts_for_each_event_by_itself() {
        let mut small = events(&["data: 12345\n\n"; 20], 20);
        let mut large = events(&["data: 12345", "1234567890"], 20);

        for _ in 0..20 {
            assert!(small.next().await.expect("event").is_ok());
        }
        assert_eq!(large.next().await.expect("told").expect_err("too large"), Cut { id: None, limit: 20 });
    }

    #[tokio::test]
    async fn events_after_one_beyond_the_limit_are_read() {
        let euros = "€".repeat(200);
        let large = format!("data: {{\"id\":7,\"result\":\"{euros}\r\n\r\n");
        let chunks: Vec<Result<Bytes, HttpError>> = [large, "data: next\r\n\r\ndata: last\n\n".to_owned()]
            .iter()
            .flat_map(|text| text.as_bytes().chunks(7))
            .map(|chunk| Ok(Bytes::copy_from_slice(chunk)))
            .collect();
        let mut events = Events::new(futures::stream::iter(chunks).boxed(), 100);

        let cut = events.next().await.expect("event").expect_err("too large");
        let next = events.next().await.expect("event").expect("next");
        let last = events.next().await.expect("event").expect("last");

        assert_eq!(cut, Cut { id: Some(7), limit: 100 });
        assert_eq!((next.data.as_deref(), last.data.as_deref()), (Some("next"), Some("last")));
    }
}
