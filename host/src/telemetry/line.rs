//! The line that each request leaves in the log: who asked what of whom, and how it went. Never results, and arguments only
//! where somebody asked for them.

use std::time::Duration;

use super::traffic::Measured;

/// The target by which a filter chooses these lines: `RUST_LOG=info,mcphub::request=warn` leaves them out.
const TARGET: &str = "mcphub::request";

/// What the line says.
pub(super) struct RequestLine<'a> {
    pub(super) key: &'a str,
    pub(super) server: &'a str,
    pub(super) scope: Option<&'a str>,
    pub(super) tool: Option<&'a str>,
    /// Only where somebody asked for them.
    pub(super) arguments: Option<&'a str>,
    pub(super) session: Option<&'a str>,
    pub(super) request_bytes: usize,
    pub(super) measured: Measured,
}

/// Whether anybody reads these lines.
pub(super) fn is_wanted() -> bool {
    tracing::enabled!(target: TARGET, tracing::Level::INFO)
}

/// Writes the line. What is routine is written on demand only, at `debug`.
pub(super) fn tell(line: &RequestLine<'_>) {
    let (measured, ended) = (&line.measured, line.measured.ended.as_ref());
    let (method, outcome) = (measured.method.text(), measured.outcome.text());
    let (status, code) = (ended.and_then(|ended| ended.status), ended.and_then(|ended| ended.code));
    if measured.method.is_routine() {
        tracing::debug!(target: TARGET, method, outcome, status, code, session = line.session, "{method}: {outcome}");
        return;
    }
    if !is_wanted() {
        return;
    }
    let (key, server) = (Some(line.key), Some(line.server));
    tracing::info!(
        target: TARGET,
        key = key.filter(|key| !key.is_empty()),
        server = server.filter(|server| !server.is_empty()),
        scope = line.scope,
        method,
        tool = line.tool,
        arguments = line.arguments,
        outcome,
        status,
        code,
        hub_ms = milliseconds(measured.whole.saturating_sub(measured.at_server)),
        server_ms = milliseconds(measured.at_server),
        session = line.session,
        request_bytes = line.request_bytes,
        answer_bytes = ended.map(|ended| ended.bytes),
        "{method}: {outcome}"
    );
}

/// In whole microseconds, so that the text stays short.
fn milliseconds(duration: Duration) -> f64 {
    f64::from(u32::try_from(duration.as_micros()).unwrap_or(u32::MAX)) / 1000.0
}
