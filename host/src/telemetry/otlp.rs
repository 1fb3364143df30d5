//! Spans as OTLP/JSON (OpenTelemetry Protocol 1.x, "OTLP/HTTP", JSON Protobuf Encoding), and the task that sends them in
//! batches.
//!
//! Written here because the crates for it bring a second HTTP client, or protocol buffers and their generated code, for what
//! is one document of a fixed form. Collectors take it at the same address as the binary form.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use tokio::sync::mpsc::Receiver;
use tokio::time::timeout;

use super::spans::{SpanJob, SpanKind, SpanRecord, SpanValue};
use super::trace_context::hexadecimal;

/// Spans of one document.
const BATCH: usize = 512;
/// How long spans wait for others.
const GATHER: Duration = Duration::from_millis(500);

/// Sends spans in batches for as long as there may be any. A batch that is refused is lost; the log says so once, and again
/// when the collector takes spans again.
pub(crate) async fn export<P>(mut jobs: Receiver<SpanJob>, service: &str, post: impl Fn(Vec<u8>) -> P)
where
    P: Future<Output = Result<(), String>>,
{
    let mut is_failing = false;
    loop {
        let (mut batch, mut flushed) = (Vec::new(), None);
        let Some(first) = jobs.recv().await else { return };
        let mut next = Some(first);
        while let Some(job) = next.take() {
            match job {
                SpanJob::Span(span) => batch.push(*span),
                SpanJob::Flush(sender) => flushed = Some(sender),
            }
            if batch.len() < BATCH && flushed.is_none() {
                next = timeout(GATHER, jobs.recv()).await.ok().flatten();
            }
        }
        if !batch.is_empty() {
            let outcome = post(document(service, &batch).to_string().into_bytes()).await;
            match &outcome {
                Ok(()) if is_failing => tracing::info!("the collector takes spans again"),
                Err(problem) if !is_failing => tracing::warn!("spans are lost: {problem}"),
                Ok(()) | Err(_) => {}
            }
            is_failing = outcome.is_err();
        }
        if let Some(sender) = flushed {
            // Whoever asked may not wait any more.
            let _ = sender.send(());
        }
    }
}

fn document(service: &str, batch: &[SpanRecord]) -> Value {
    let version = env!("CARGO_PKG_VERSION");
    let resource = [
        attribute("service.name", &SpanValue::Text(service.to_owned())),
        attribute("service.version", &SpanValue::Text(version.to_owned())),
    ];
    let spans: Vec<Value> = batch.iter().map(span).collect();
    let scope = json!({ "scope": { "name": "mcphub", "version": version }, "spans": spans });
    json!({ "resourceSpans": [{ "resource": { "attributes": resource }, "scopeSpans": [scope] }] })
}

/// Ids are hexadecimal digits, and 64-bit numbers are texts.
fn span(span: &SpanRecord) -> Value {
    let attributes: Vec<Value> = span.attributes.iter().map(|(key, value)| attribute(key, value)).collect();
    let mut document = json!({
        "traceId": hexadecimal(&span.context.trace),
        "spanId": hexadecimal(&span.context.span),
        "name": span.name,
        "kind": match span.kind {
            SpanKind::Internal => 1,
            SpanKind::Server => 2,
        },
        "startTimeUnixNano": nanoseconds(span.start),
        "endTimeUnixNano": nanoseconds(span.start + span.duration),
        "attributes": attributes,
        "status": match &span.failure {
            Some(failure) => json!({ "code": 2, "message": failure }),
            None => json!({}),
        },
    });
    if let (Some(parent), Some(members)) = (&span.parent, document.as_object_mut()) {
        members.insert("parentSpanId".into(), hexadecimal(parent).into());
    }
    if let (Some(link), Some(members)) = (&span.link, document.as_object_mut()) {
        let link = json!({ "traceId": hexadecimal(&link.trace), "spanId": hexadecimal(&link.span) });
        members.insert("links".into(), json!([link]));
    }
    document
}

fn attribute(key: &str, value: &SpanValue) -> Value {
    let value = match value {
        SpanValue::Text(text) => json!({ "stringValue": text }),
        SpanValue::Number(number) => json!({ "intValue": number.to_string() }),
        SpanValue::Fraction(number) => json!({ "doubleValue": number }),
    };
    json!({ "key": key, "value": value })
}

fn nanoseconds(time: SystemTime) -> String {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos().to_string()
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use tokio::sync::{mpsc, oneshot};

    use super::*;
    use crate::telemetry::trace_context::TraceContext;

    fn record(name: &str) -> SpanRecord {
        SpanRecord {
            context: TraceContext { trace: [0x1f; 16], span: [2; 8] },
            parent: Some([3; 8]),
            link: None,
            kind: SpanKind::Server,
            name: name.to_owned(),
            start: UNIX_EPOCH + Duration::from_millis(5),
            duration: Duration::from_millis(2),
            attributes: vec![("mcp.method.name", SpanValue::Text("tools/call".into())), ("n", SpanValue::Number(7))],
            failure: Some("rpc_error".into()),
        }
    }

    #[test]
    fn a_span_has_the_form_of_the_protocol() {
        let document = document("mcphub", &[record("tools/call")]);

        let span = &document["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
        assert_eq!(span["traceId"], "1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f");
        assert_eq!((&span["spanId"], &span["parentSpanId"]), (&json!("0202020202020202"), &json!("0303030303030303")));
        assert_eq!((&span["kind"], &span["startTimeUnixNano"]), (&json!(2), &json!("5000000")));
        assert_eq!((&span["endTimeUnixNano"], &span["status"]["code"]), (&json!("7000000"), &json!(2)));
        assert_eq!(span["attributes"][1], json!({ "key": "n", "value": { "intValue": "7" } }));
    }

    #[tokio::test]
    async fn what_waits_is_sent_at_once_when_asked() {
        let (sender, jobs) = mpsc::channel(8);
        for name in ["one", "two"] {
            sender.send(SpanJob::Span(Box::new(record(name)))).await.expect("room");
        }
        let (flush, flushed) = oneshot::channel();
        sender.send(SpanJob::Flush(flush)).await.expect("room");
        drop(sender);
        let posted = Mutex::new(Vec::new());

        export(jobs, "mcphub", |body| {
            posted.lock().expect("a list").push(body);
            async { Err("nobody there".to_owned()) }
        })
        .await;

        assert!(flushed.await.is_ok());
        let posted = posted.into_inner().expect("a list");
        let document: Value = serde_json::from_slice(&posted[0]).expect("JSON");
        assert_eq!(document["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().map(Vec::len), Some(2));
        assert_eq!(posted.len(), 1);
    }
}
