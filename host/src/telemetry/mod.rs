//! What is measured and told of the hub's work: counters and histograms, the line that each request leaves in the log.
//!
//! It stands low, so that whoever does the work can note what came of it. Measuring costs a few atomic additions for each
//! request: every count has a fixed place in a table, and a table is looked up once for each server. Nothing here waits, and
//! no label holds what a client or a server could choose freely: methods are those of MCP or `other`, codes are known ones or
//! `other`, and tools are no label. Nothing here is secret.
//!
//! The tables are plain atomics and the text is written here, in place of a library for metrics: those look labels up under
//! a lock for each observation, or keep a histogram behind one.
//!
//! | what | where |
//! |---|---|
//! | durations, in buckets | `histogram` |
//! | methods and outcomes, as labels | `labels` |
//! | the tables of requests | `traffic` |
//! | one request of a client, from its arrival to its answer | `exchange`, `at_servers` |
//! | its line in the log | `line` |
//! | the text of `/metrics` | `exposition` |
//! | the text of the log's lines, and their way to standard error | `log_fields`, `log_queue` |
//! | spans: their place in a trace, their way out, their form | `trace_context`, `spans`, `otlp` |
//! | the span of a request | `request_span` |
//! | the trace of a login | `login_trace` |
//!
//! May use `clock`, `random` and `visible`.

mod at_servers;
pub(crate) mod exchange;
pub(crate) mod exposition;
mod histogram;
mod labels;
mod line;
pub mod log_fields;
pub mod log_queue;
mod login_trace;
pub(crate) mod otlp;
mod request_span;
pub(crate) mod spans;
mod trace_context;
pub(crate) mod traffic;

pub(crate) use self::exchange::Exchange;
pub(crate) use self::exposition::{Exposition, MetricKind};
pub(crate) use self::labels::Ended;
pub(crate) use self::login_trace::{LoginTrace, TracedStep};
pub(crate) use self::traffic::{ServerTraffic, Traffic};
