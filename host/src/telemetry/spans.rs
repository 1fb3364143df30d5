//! Spans on their way to whoever collects traces. Without a collector there are none, and asking costs one load.
//!
//! There is one place for them in the process, set once when the program starts, as there is one log.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use tokio::sync::{mpsc, oneshot};

use super::trace_context::TraceContext;
use crate::clock::Clock;
use crate::random::Random;

/// Spans that wait. Further ones are dropped.
const WAITING: usize = 4096;

static SPANS: OnceLock<Spans> = OnceLock::new();

pub(crate) struct Spans {
    sender: mpsc::Sender<SpanJob>,
    dropped: AtomicU64,
    pub(super) random: Random,
    pub(super) clock: Clock,
}

/// What the exporter gets.
pub(crate) enum SpanJob {
    /// A span that has ended.
    Span(Box<SpanRecord>),
    /// All spans so far are to be sent now. Answered once they are.
    Flush(oneshot::Sender<()>),
}

/// A span that has ended. It holds no secret.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SpanRecord {
    pub(crate) context: TraceContext,
    /// The span below which it stands, in the same trace.
    pub(crate) parent: Option<[u8; 8]>,
    /// A span of another trace that led to this one.
    pub(crate) link: Option<TraceContext>,
    pub(crate) kind: SpanKind,
    pub(crate) name: String,
    pub(crate) start: SystemTime,
    pub(crate) duration: Duration,
    pub(crate) attributes: Vec<(&'static str, SpanValue)>,
    pub(crate) failure: Option<String>,
}

/// The side of a request that a span describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SpanKind {
    /// Work inside the hub.
    Internal,
    /// A request that the hub answers.
    Server,
}

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum SpanValue {
    Text(String),
    Number(i64),
    Fraction(f64),
}

/// Takes spans from now on. `None` if somebody takes them already.
pub(crate) fn collect(random: Random, clock: Clock) -> Option<mpsc::Receiver<SpanJob>> {
    let (sender, receiver) = mpsc::channel(WAITING);
    SPANS.set(Spans { sender, dropped: AtomicU64::new(0), random, clock }).ok()?;
    Some(receiver)
}

/// Where spans go. `None` where nobody collects them.
pub(crate) fn spans() -> Option<&'static Spans> {
    SPANS.get()
}

/// How many spans were dropped, because the collector was too slow.
pub(crate) fn dropped() -> u64 {
    spans().map_or(0, |spans| spans.dropped.load(Ordering::Relaxed))
}

/// Has all spans so far sent, and waits for that, but not longer than this.
pub(crate) async fn flush(patience: Duration) {
    let Some(spans) = spans() else { return };
    let flushed = async {
        let (sender, done) = oneshot::channel();
        if spans.sender.send(SpanJob::Flush(sender)).await.is_ok() {
            // An exporter that has ended answers nothing.
            let _ = done.await;
        }
    };
    drop(tokio::time::timeout(patience, flushed).await);
}

impl Spans {
    /// Takes a span. It never waits.
    pub(super) fn record(&self, span: SpanRecord) {
        if self.sender.try_send(SpanJob::Span(Box::new(span))).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}
