//! The span of a client's request.

use std::time::SystemTime;

use http::HeaderMap;

use super::labels::Outcome;
use super::spans::{SpanKind, SpanRecord, SpanValue, spans};
use super::trace_context::{TRACEPARENT, TraceContext, TraceParent};
use super::traffic::Measured;

/// A request that is traced.
pub(super) struct RequestSpan {
    /// What servers see as the span that their work is part of.
    pub(super) context: TraceContext,
    parent: Option<[u8; 8]>,
    start: SystemTime,
}

/// What a span says that is not measured.
pub(super) struct SpanFacts<'a> {
    pub(super) server: &'a str,
    pub(super) tool: Option<&'a str>,
    pub(super) key: &'a str,
}

impl RequestSpan {
    /// The span of a request that comes now, below its client's. `None` where nobody collects traces, or the client wants none
    /// of this request.
    pub(super) fn begin(headers: &HeaderMap) -> Option<Self> {
        let spans = spans()?;
        let parent = headers.get(TRACEPARENT).map_or(TraceParent::None, |value| TraceParent::read(value.as_bytes()));
        let (context, parent) = match parent {
            TraceParent::Sampled(parent) => (parent.another(&spans.random), Some(parent.span)),
            TraceParent::None => (TraceContext::first(&spans.random), None),
            TraceParent::Unsampled => return None,
        };
        Some(Self { context, parent, start: spans.clock.now() })
    }

    /// Records it. Of arguments and results nothing is in it.
    pub(super) fn end(&self, measured: &Measured, facts: &SpanFacts<'_>) {
        let Some(spans) = spans() else { return };
        let (method, outcome) = (measured.method.text(), measured.outcome);
        let text = |text: &str| SpanValue::Text(text.to_owned());
        let mut attributes = vec![
            ("mcp.method.name", text(method)),
            ("mcphub.outcome", text(outcome.text())),
            ("mcphub.server_ms", SpanValue::Fraction(measured.at_server.as_secs_f64() * 1000.0)),
        ];
        for (name, value) in [("mcphub.server", facts.server), ("mcphub.key", facts.key)] {
            if !value.is_empty() {
                attributes.push((name, text(value)));
            }
        }
        attributes.extend(facts.tool.map(|tool| ("gen_ai.tool.name", text(tool))));
        let ended = measured.ended;
        let status = ended.and_then(|ended| ended.status).map(i64::from);
        attributes.extend(status.map(|status| ("http.response.status_code", SpanValue::Number(status))));
        let code = ended.and_then(|ended| ended.code);
        attributes.extend(code.map(|code| ("rpc.jsonrpc.error_code", SpanValue::Number(code))));
        spans.record(SpanRecord {
            context: self.context,
            parent: self.parent,
            link: None,
            kind: SpanKind::Server,
            name: facts.tool.map_or_else(|| method.to_owned(), |tool| format!("{method} {tool}")),
            start: self.start,
            duration: measured.whole,
            attributes,
            failure: (outcome != Outcome::Ok).then(|| outcome.text().to_owned()),
        });
    }
}
