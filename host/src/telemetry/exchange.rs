//! One request of a client, from its arrival to its answer: what is noted on its way, and what is told of it at the end.
//!
//! It is known to the task that works on the request, as the current span of a log is: so whoever sends the request on notes
//! the time at the server, and no message has to carry it. A request ends once. If nothing ends it, its client went away.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use futures::future::Either;
use http::HeaderMap;
use tokio::task::futures::TaskLocalFuture;
use tokio::time::Instant;

use super::at_servers::AtServers;
use super::labels::{Ended, MethodLabel, Outcome};
use super::line::{self, RequestLine};
use super::request_span::{RequestSpan, SpanFacts};
use super::trace_context::TraceContext;
use super::traffic::{Measured, ServerTraffic, Traffic};

/// Characters of a session's id that the log shows.
const MARK: usize = 8;
/// Characters of a tool's name that are shown: a client may send any.
const MAX_TOOL: usize = 128;
/// Characters of arguments that are shown.
const MAX_ARGUMENTS: usize = 2048;
/// Characters of an endpoint's name that are kept: a client may ask for one that does not exist.
const SCOPE: usize = 64;

tokio::task_local! {
    static CURRENT: Arc<Exchange>;
}

/// One request of a client.
pub(crate) struct Exchange {
    traffic: Arc<Traffic>,
    begun: Instant,
    /// The name of the caller; empty where callers are not told apart.
    key: String,
    /// The endpoint: a server or group, or all servers.
    scope: Option<String>,
    server: OnceLock<Arc<ServerTraffic>>,
    method: OnceLock<MethodLabel>,
    tool: OnceLock<String>,
    /// Where the log shows them, the beginning of the arguments.
    arguments: OnceLock<String>,
    session: OnceLock<String>,
    request_bytes: AtomicUsize,
    at_servers: AtServers,
    /// Its span, where traces are collected.
    span: Option<RequestSpan>,
    /// The place of an [`Outcome`] that only those who work on the request know, plus one.
    told: AtomicU8,
    is_ended: AtomicBool,
}

/// A server has the request until this is dropped.
pub(crate) struct AtServer(Option<Arc<Exchange>>);

impl Exchange {
    /// A request that comes now, from this caller, at the endpoint of this server or group, with these headers.
    pub(crate) fn begin(traffic: &Arc<Traffic>, key: &str, scope: Option<&str>, headers: &HeaderMap) -> Arc<Self> {
        Arc::new(Self {
            traffic: traffic.clone(),
            begun: Instant::now(),
            key: key.to_owned(),
            scope: scope.map(|scope| scope.chars().take(SCOPE).collect()),
            server: OnceLock::new(),
            method: OnceLock::new(),
            tool: OnceLock::new(),
            arguments: OnceLock::new(),
            session: OnceLock::new(),
            request_bytes: AtomicUsize::new(0),
            at_servers: AtServers::default(),
            span: RequestSpan::begin(headers),
            told: AtomicU8::new(0),
            is_ended: AtomicBool::new(false),
        })
    }

    /// Does some work for this request.
    pub(crate) fn during<F: Future>(self: &Arc<Self>, work: F) -> TaskLocalFuture<Arc<Self>, F> {
        CURRENT.scope(self.clone(), work)
    }

    /// Ends it with an answer. Only the first end counts.
    pub(crate) fn end(&self, ended: Ended) {
        self.conclude(Some(ended));
    }

    fn conclude(&self, ended: Option<Ended>) {
        if self.is_ended.swap(true, Ordering::Relaxed) {
            return;
        }
        let told = self.told.load(Ordering::Relaxed).checked_sub(1);
        let told = told.and_then(|place| Outcome::ALL.get(usize::from(place)).copied());
        let outcome = told.or(ended.map(|ended| ended.outcome())).unwrap_or(Outcome::Cancelled);
        let whole = self.begun.elapsed();
        let measured = Measured {
            method: self.method(),
            outcome,
            ended,
            whole,
            at_server: self.at_servers.so_far(whole).min(whole),
        };
        let server = self.server.get().unwrap_or_else(|| self.traffic.of_hub());
        server.count(&measured);
        if let Some(span) = &self.span {
            let facts = SpanFacts { server: &server.name, tool: self.tool.get().map(String::as_str), key: &self.key };
            span.end(&measured, &facts);
        }
        line::tell(&RequestLine {
            key: &self.key,
            server: &server.name,
            scope: self.scope.as_deref(),
            tool: self.tool.get().map(String::as_str),
            arguments: self.arguments.get().map(String::as_str),
            session: self.session.get().map(String::as_str),
            request_bytes: self.request_bytes.load(Ordering::Relaxed),
            measured,
        });
    }

    fn method(&self) -> MethodLabel {
        self.method.get().copied().unwrap_or_else(|| MethodLabel::of(MethodLabel::UNREAD))
    }
}

/// Nobody waits for the answer any more.
impl Drop for Exchange {
    fn drop(&mut self) {
        self.conclude(None);
    }
}

impl Drop for AtServer {
    fn drop(&mut self) {
        if let Some(exchange) = &self.0 {
            exchange.at_servers.leave(exchange.begun.elapsed());
        }
    }
}

/// The request that this task works on. `None` where that is the hub's own.
pub(crate) fn current() -> Option<Arc<Exchange>> {
    CURRENT.try_with(Clone::clone).ok()
}

/// Does some work for a request, if it is for one.
// No `async fn`: that would have room for the work twice.
pub(crate) fn during<F: Future>(
    exchange: Option<Arc<Exchange>>,
    work: F,
) -> Either<TaskLocalFuture<Arc<Exchange>, F>, F> {
    match exchange {
        Some(exchange) => Either::Left(exchange.during(work)),
        None => Either::Right(work),
    }
}

/// Ends the current request with an answer.
pub(crate) fn end(ended: Ended) {
    note(|exchange| exchange.end(ended));
}

/// A server has the current request, until what this returns is dropped.
pub(crate) fn at_server() -> AtServer {
    let exchange = current();
    if let Some(exchange) = &exchange {
        exchange.at_servers.enter(exchange.begun.elapsed());
    }
    AtServer(exchange)
}

/// The current request goes to this server and no other.
pub(crate) fn goes_to(server: &Arc<ServerTraffic>) {
    // The first one stays.
    note(|exchange| drop(exchange.server.set(server.clone())));
}

/// The current request has this method and this many bytes.
pub(crate) fn is_of(method: &str, bytes: usize) {
    note(|exchange| {
        // A request has one method.
        let _ = exchange.method.set(MethodLabel::of(method));
        exchange.request_bytes.store(bytes, Ordering::Relaxed);
    });
}

/// The current request calls this tool. Only the log and its span say so.
pub(crate) fn calls(tool: &str) {
    let is_wanted = line::is_wanted();
    note(|exchange| {
        if is_wanted || exchange.span.is_some() {
            drop(exchange.tool.set(tool.chars().take(MAX_TOOL).collect()));
        }
    });
}

/// The call of the current request has these arguments, without secrets. They are asked for only where the log shows them.
pub(crate) fn has_arguments(arguments: impl FnOnce() -> Option<String>) {
    note(|exchange| {
        if exchange.traffic.shows_arguments()
            && let Some(arguments) = arguments()
        {
            drop(exchange.arguments.set(arguments.chars().take(MAX_ARGUMENTS).collect()));
        }
    });
}

/// The current request came in this session, of whose id the log shows the beginning.
pub(crate) fn is_in(session: &str) {
    if line::is_wanted() {
        note(|exchange| drop(exchange.session.set(session.chars().take(MARK).collect())));
    }
}

/// The span of the current request. `None` where no traces are collected.
pub(super) fn current_span() -> Option<TraceContext> {
    CURRENT.try_with(|exchange| exchange.span.as_ref().map(|span| span.context)).ok().flatten()
}

/// What goes on to servers of the headers of the current request: they see its span in place of the client's.
pub(crate) fn onward(headers: Arc<HeaderMap>) -> Arc<HeaderMap> {
    match current_span() {
        Some(span) => span.in_headers(headers),
        None => headers,
    }
}

/// The client gave the current request up.
pub(crate) fn was_cancelled() {
    told(Outcome::Cancelled);
}

/// The server did not answer the current request in time.
pub(crate) fn timed_out() {
    told(Outcome::TimedOut);
}

fn told(outcome: Outcome) {
    let place = u8::try_from(outcome.place() + 1).unwrap_or_default();
    note(|exchange| exchange.told.store(place, Ordering::Relaxed));
}

fn note(what: impl FnOnce(&Exchange)) {
    // Work of the hub's own has no request to note it for.
    let _ = CURRENT.try_with(|exchange| what(exchange));
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::telemetry::exposition::Exposition;

    const OK: Ended = Ended { status: Some(200), code: None, is_error: false, is_refused: false, bytes: 5 };

    fn written(traffic: &Traffic) -> String {
        let mut text = Exposition::default();
        traffic.write(&mut text);
        text.into_text()
    }

    #[tokio::test(start_paused = true)]
    async fn the_time_at_servers_counts_once_while_several_have_the_request() {
        let traffic = Arc::new(Traffic::default());
        let exchange = Exchange::begin(&traffic, "", None, &HeaderMap::new());

        exchange
            .during(async {
                is_of("tools/list", 10);
                tokio::time::advance(Duration::from_millis(4)).await;
                let (one, two) = (at_server(), at_server());
                tokio::time::advance(Duration::from_millis(300)).await;
                drop(one);
                tokio::time::advance(Duration::from_millis(300)).await;
                drop(two);
            })
            .await;
        exchange.end(OK);

        let text = written(&traffic);
        assert!(text.contains("mcphub_request_server_seconds_sum{server=\"\",method=\"tools/list\"} 0.6\n"), "{text}");
        assert!(text.contains("mcphub_request_hub_seconds_sum{server=\"\",method=\"tools/list\"} 0.004\n"), "{text}");
    }

    #[tokio::test]
    async fn a_request_that_nothing_ends_was_cancelled_and_one_ends_once() {
        let traffic = Arc::new(Traffic::default());
        drop(Exchange::begin(&traffic, "", None, &HeaderMap::new()));
        let exchange = Exchange::begin(&traffic, "", None, &HeaderMap::new());

        exchange.end(OK);
        exchange.end(Ended { code: Some(-32000), ..OK });
        drop(exchange);

        let text = written(&traffic);
        for outcome in ["ok", "cancelled"] {
            let line = format!("_count{{server=\"\",method=\"unread\",outcome=\"{outcome}\"}} 1\n");
            assert!(text.contains(&line), "{line}{text}");
        }
        assert!(!text.contains("outcome=\"rpc_error\""), "{text}");
    }

    #[tokio::test]
    async fn what_those_who_work_on_it_know_is_the_outcome() {
        let traffic = Arc::new(Traffic::default());
        let exchange = Exchange::begin(&traffic, "", None, &HeaderMap::new());

        exchange.during(async { timed_out() }).await;
        exchange.end(Ended { is_error: true, ..OK });

        assert!(written(&traffic).contains("outcome=\"timed_out\"} 1\n"));
    }
}
