//! The tables of requests: one for each server, and in it a part for each method once somebody used it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use super::exposition::{Exposition, MetricKind};
use super::histogram::Histogram;
use super::labels::{CODES, Ended, METHODS, MethodLabel, OTHER, Outcome, STATUSES};

/// Servers with a table of their own. The names come from the settings, which may be edited again and again.
const MAX_SERVERS: usize = 4096;

/// The requests of all clients of a gateway.
pub(crate) struct Traffic {
    servers: Mutex<BTreeMap<String, Arc<ServerTraffic>>>,
    /// Requests that went to no single server: the hub answered them, or several servers did.
    hub: Arc<ServerTraffic>,
    /// Whether the line of a request shows the arguments of its call.
    shows_arguments: AtomicBool,
}

/// The requests that went to one server.
pub(crate) struct ServerTraffic {
    /// Its name in the settings; empty for those of no single server.
    pub(super) name: String,
    methods: [OnceLock<Box<MethodTraffic>>; METHODS.len()],
}

/// The requests of one method.
#[derive(Default)]
struct MethodTraffic {
    outcomes: [OnceLock<Box<Histogram>>; Outcome::ALL.len()],
    in_hub: Histogram,
    at_server: Histogram,
    codes: [AtomicU64; CODES.len() + 1],
    statuses: [AtomicU64; STATUSES.len() + 1],
}

/// What is counted of one request.
pub(super) struct Measured {
    pub(super) method: MethodLabel,
    pub(super) outcome: Outcome,
    pub(super) ended: Option<Ended>,
    pub(super) whole: Duration,
    /// Of that, the time in which a server had the request.
    pub(super) at_server: Duration,
}

impl Default for Traffic {
    fn default() -> Self {
        Self {
            servers: Mutex::default(),
            hub: Arc::new(ServerTraffic::new("")),
            shows_arguments: AtomicBool::new(false),
        }
    }
}

impl Traffic {
    /// The table of a server. To be kept: looking it up takes a lock.
    pub(crate) fn of(&self, server: &str) -> Arc<ServerTraffic> {
        let mut servers = self.servers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = servers.get(server) {
            return known.clone();
        }
        if servers.len() >= MAX_SERVERS {
            return self.hub.clone();
        }
        let new = Arc::new(ServerTraffic::new(server));
        servers.insert(server.to_owned(), new.clone());
        new
    }

    /// From now on the line of a request shows the arguments of its call.
    pub(crate) fn show_arguments(&self) {
        self.shows_arguments.store(true, Ordering::Relaxed);
    }

    /// Whether the line of a request shows the arguments of its call.
    pub(super) fn shows_arguments(&self) -> bool {
        self.shows_arguments.load(Ordering::Relaxed)
    }

    /// The table of requests that went to no single server.
    pub(super) fn of_hub(&self) -> &Arc<ServerTraffic> {
        &self.hub
    }

    fn all(&self) -> Vec<Arc<ServerTraffic>> {
        let servers = self.servers.lock().unwrap_or_else(PoisonError::into_inner);
        [self.hub.clone()].into_iter().chain(servers.values().cloned()).collect()
    }

    pub(crate) fn write(&self, text: &mut Exposition) {
        let all = self.all();
        let used =
            || all.iter().flat_map(|server| server.used().map(|(method, part)| ([server.name.as_str(), method], part)));
        let help = "Requests of MCP clients: from their arrival to their answer, by how they ended.";
        text.family("mcphub_request_duration_seconds", MetricKind::Histogram, help);
        for ([server, method], part) in used() {
            for (outcome, histogram) in part.by_outcome() {
                let labels = [("server", server), ("method", method), ("outcome", outcome)];
                text.histogram("mcphub_request_duration_seconds", &labels, &histogram.read());
            }
        }
        for (name, help, of) in PARTS {
            text.family(name, MetricKind::Histogram, help);
            for ([server, method], part) in used() {
                let reading = of(part).read();
                if reading.count > 0 {
                    text.histogram(name, &[("server", server), ("method", method)], &reading);
                }
            }
        }
        text.family("mcphub_rpc_errors_total", MetricKind::Counter, "Answers that were JSON-RPC errors, by code.");
        for ([server, method], part) in used() {
            for (code, count) in named(&CODES, &part.codes) {
                let labels = [("server", server), ("method", method), ("code", &code)];
                text.sample("mcphub_rpc_errors_total", &labels, count);
            }
        }
        let help = "Answers to POST requests at MCP endpoints, by HTTP status.";
        text.family("mcphub_http_responses_total", MetricKind::Counter, help);
        for ([server, method], part) in used() {
            for (status, count) in named(&STATUSES, &part.statuses) {
                let labels = [("server", server), ("method", method), ("status", &status)];
                text.sample("mcphub_http_responses_total", &labels, count);
            }
        }
    }
}

/// A family of histograms that knows no outcome: its name, its help, and where it is kept.
type Part = (&'static str, &'static str, fn(&MethodTraffic) -> &Histogram);

const PARTS: [Part; 2] = [
    ("mcphub_request_hub_seconds", "The part of a request's duration in which no server had it.", |part| &part.in_hub),
    ("mcphub_request_server_seconds", "The part of a request's duration in which a server had it.", |part| {
        &part.at_server
    }),
];

/// The counts that are not zero, under their names; the last one counts what has no name.
fn named<'a, N: ToString>(names: &'a [N], counts: &'a [AtomicU64]) -> impl Iterator<Item = (String, u64)> + 'a {
    let names = names.iter().map(ToString::to_string).chain([OTHER.to_owned()]);
    let counts = counts.iter().map(|count| count.load(Ordering::Relaxed));
    names.zip(counts).filter(|(_, count)| *count > 0)
}

impl ServerTraffic {
    fn new(name: &str) -> Self {
        Self { name: name.to_owned(), methods: [const { OnceLock::new() }; METHODS.len()] }
    }

    pub(super) fn count(&self, measured: &Measured) {
        let Some(place) = self.methods.get(measured.method.0) else { return };
        let part = place.get_or_init(Box::default);
        if let Some(outcome) = part.outcomes.get(measured.outcome.place()) {
            outcome.get_or_init(Box::default).observe(measured.whole);
        }
        part.in_hub.observe(measured.whole.saturating_sub(measured.at_server));
        if !measured.at_server.is_zero() {
            part.at_server.observe(measured.at_server);
        }
        let Some(ended) = &measured.ended else { return };
        if let Some(code) = ended.code {
            add(&part.codes, CODES.iter().position(|known| *known == code));
        }
        if let Some(status) = ended.status {
            add(&part.statuses, STATUSES.iter().position(|known| *known == status));
        }
    }

    /// The methods that were used.
    fn used(&self) -> impl Iterator<Item = (&'static str, &MethodTraffic)> {
        METHODS.iter().zip(&self.methods).filter_map(|(method, part)| Some((*method, &**part.get()?)))
    }
}

impl MethodTraffic {
    fn by_outcome(&self) -> impl Iterator<Item = (&'static str, &Histogram)> {
        let places = Outcome::ALL.into_iter().zip(&self.outcomes);
        places.filter_map(|(outcome, histogram)| Some((outcome.text(), &**histogram.get()?)))
    }
}

/// Adds one at a place; at the last one if there is none.
fn add(counts: &[AtomicU64], place: Option<usize>) {
    if let Some(count) = place.and_then(|place| counts.get(place)).or(counts.last()) {
        count.fetch_add(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(method: &str, code: Option<i64>) -> Measured {
        let ended = Ended { status: Some(200), code, is_error: false, is_refused: false, bytes: 10 };
        Measured {
            method: MethodLabel::of(method),
            outcome: ended.outcome(),
            ended: Some(ended),
            whole: Duration::from_millis(3),
            at_server: Duration::from_millis(2),
        }
    }

    #[test]
    fn requests_are_counted_by_server_method_and_outcome() {
        let traffic = Traffic::default();
        let (notes, mail) = (traffic.of("notes"), traffic.of("mail"));
        notes.count(&measured("tools/call", None));
        traffic.of("notes").count(&measured("tools/call", None));
        mail.count(&measured("x/odd", Some(17)));
        let mut text = Exposition::default();

        traffic.write(&mut text);

        let text = text.into_text();
        for line in [
            r#"mcphub_request_duration_seconds_count{server="notes",method="tools/call",outcome="ok"} 2"#,
            r#"mcphub_request_duration_seconds_bucket{server="notes",method="tools/call",outcome="ok",le="0.005"} 2"#,
            r#"mcphub_request_server_seconds_bucket{server="notes",method="tools/call",le="0.001"} 0"#,
            r#"mcphub_request_hub_seconds_bucket{server="notes",method="tools/call",le="0.001"} 2"#,
            r#"mcphub_request_duration_seconds_count{server="mail",method="other",outcome="rpc_error"} 1"#,
            r#"mcphub_rpc_errors_total{server="mail",method="other",code="other"} 1"#,
            r#"mcphub_http_responses_total{server="notes",method="tools/call",status="200"} 2"#,
        ] {
            assert!(text.lines().any(|written| written == line), "{line}\n{text}");
        }
    }
}
