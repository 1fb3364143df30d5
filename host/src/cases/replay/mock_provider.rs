//! A provider that exists only in the case: it answers the requests that a step expects, and notes every difference.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::future::BoxFuture;
use http::{Request, Response};
use serde_json::Value;
use url::Url;

use crate::cases::case::Exchange;
use crate::cases::messages::{decoded, is_metadata_request};
use crate::cases::slots::CaseSlots;
use crate::egress::{EgressError, StandIn};

/// The provider of a case. The player and the HTTP client share it.
#[derive(Clone, Default)]
pub(super) struct MockProvider(Arc<Mutex<Scene>>);

/// What the current step expects, and the differences so far.
#[derive(Default)]
pub(super) struct Scene {
    pub(super) slots: CaseSlots,
    pub(super) faults: Vec<String>,
    /// The scopes of the last grant, if the provider named them.
    pub(super) granted: Option<Vec<String>>,
    expected: Vec<Exchange>,
    /// The answers to metadata requests, which stay the same for the rest of the case.
    standing: BTreeMap<String, Exchange>,
}

impl MockProvider {
    pub(super) fn scene(&self) -> MutexGuard<'_, Scene> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on exactly these requests are expected.
    pub(super) fn expect(&self, exchanges: &[Exchange]) {
        self.scene().expected = exchanges.to_vec();
    }

    /// The faults of the step that is over, including the requests that never came.
    pub(super) fn faults(&self) -> Vec<String> {
        let mut scene = self.scene();
        let missed: Vec<Exchange> = scene.expected.drain(..).collect();
        let mut faults = std::mem::take(&mut scene.faults);
        faults
            .extend(missed.iter().map(|missed| format!("the hub never asked: {}", scene.slots.shown(&missed.request))));
        faults
    }
}

impl StandIn for MockProvider {
    fn answer(&self, request: Request<Vec<u8>>) -> BoxFuture<'_, Result<Response<Vec<u8>>, EgressError>> {
        Box::pin(async move { self.scene().answer(&request) })
    }
}

impl Scene {
    /// Notes a fault unless `said` matches what is expected.
    pub(super) fn check(&mut self, what: &str, expected: &str, said: &str) {
        if !self.slots.matches(expected, said) {
            self.faults.push(format!("{what} is {said:?}, expected {:?}", self.slots.shown(expected)));
        }
    }

    /// Compares all parameters: none may be missing, none may be added.
    pub(super) fn check_all(&mut self, what: &str, expected: &BTreeMap<String, String>, said: &[(String, String)]) {
        for (name, value) in expected {
            match said.iter().find(|(said, _)| said == name) {
                Some((_, said)) => self.check(&format!("{what} {name}"), value, said),
                None => self.faults.push(format!("{what} {name} is missing, expected {:?}", self.slots.shown(value))),
            }
        }
        for (name, value) in said.iter().filter(|(name, _)| !expected.contains_key(name)) {
            self.faults.push(format!("{what} {name} is {value:?}, expected none"));
        }
    }

    fn answer(&mut self, request: &Request<Vec<u8>>) -> Result<Response<Vec<u8>>, EgressError> {
        let asked = format!("{} {}", request.method(), request.uri());
        let bare = asked.split('?').next().unwrap_or_default().to_owned();
        let mut slots = self.slots.clone();
        let at = self.expected.iter().position(|exchange| {
            slots.matches(&exchange.request, if exchange.query.is_some() { &bare } else { &asked })
        });
        let Some(at) = at else {
            return self.unexpected(request, &asked);
        };
        self.slots = slots;
        let exchange = self.expected.remove(at);
        self.compare(&exchange, request);
        if is_metadata_request(request) {
            self.standing.insert(asked, exchange.clone());
        }
        self.answered(&exchange)
    }

    fn unexpected(&mut self, request: &Request<Vec<u8>>, asked: &str) -> Result<Response<Vec<u8>>, EgressError> {
        if is_metadata_request(request) {
            return match self.standing.get(asked).cloned() {
                Some(standing) => self.answered(&standing),
                None => Ok(response(404)),
            };
        }
        let open: Vec<String> = self.expected.iter().map(|exchange| self.slots.shown(&exchange.request)).collect();
        let open = if open.is_empty() { "nothing".to_owned() } else { open.join(", ") };
        self.faults.push(format!("the hub asked: {asked}; expected {open}"));
        Err(EgressError::Unreachable(asked.to_owned()))
    }

    fn compare(&mut self, exchange: &Exchange, request: &Request<Vec<u8>>) {
        let asked = &exchange.request;
        let named = exchange.headers.keys().map(|name| name.to_ascii_lowercase());
        for name in named.chain(["authorization".to_owned()]).collect::<BTreeSet<_>>() {
            let expected = exchange.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(&name));
            let said = request.headers().get(&name).and_then(|value| value.to_str().ok()).map(decoded);
            match (expected, said) {
                (Some((_, expected)), Some(said)) => self.check(&format!("{asked}: header {name}"), expected, &said),
                (Some((_, expected)), None) => {
                    self.faults.push(format!("{asked}: header {name} is missing, expected {expected:?}"));
                }
                (None, Some(said)) => self.faults.push(format!("{asked}: header {name} is {said:?}, expected none")),
                (None, None) => {}
            }
        }
        if let Some(expected) = &exchange.query {
            let url = Url::parse(&request.uri().to_string());
            let said: Vec<(String, String)> =
                url.map(|url| url.query_pairs().into_owned().collect()).unwrap_or_default();
            self.check_all(&format!("{asked}: query"), expected, &said);
        }
        if let Some(expected) = &exchange.form {
            let said: Vec<(String, String)> = url::form_urlencoded::parse(request.body()).into_owned().collect();
            self.check_all(&format!("{asked}: form"), expected, &said);
        }
        if let Some(expected) = &exchange.json {
            self.compare_json(asked, expected, request.body());
        }
    }

    fn compare_json(&mut self, asked: &str, expected: &str, body: &[u8]) {
        let expected: Value = match serde_json::from_str(expected) {
            Ok(expected) => expected,
            Err(error) => return self.faults.push(format!("{asked}: json is not JSON: {error}")),
        };
        match serde_json::from_slice(body) {
            Ok(said) => self.compare_value(&format!("{asked}: json"), &expected, &said),
            Err(_) => self.faults.push(format!("{asked}: the body is not JSON")),
        }
    }

    fn compare_value(&mut self, what: &str, expected: &Value, said: &Value) {
        match (expected, said) {
            (Value::Object(expected), Value::Object(said)) => {
                for (name, value) in expected {
                    self.compare_value(&format!("{what}/{name}"), value, said.get(name).unwrap_or(&Value::Null));
                }
            }
            (Value::Array(expected), Value::Array(said)) if expected.len() == said.len() => {
                for (at, (expected, said)) in expected.iter().zip(said).enumerate() {
                    self.compare_value(&format!("{what}/{at}"), expected, said);
                }
            }
            (Value::String(expected), Value::String(said)) => self.check(what, expected, said),
            (expected, said) if expected == said => {}
            (expected, said) => self.faults.push(format!("{what} is {said}, expected {expected}")),
        }
    }

    fn answered(&mut self, exchange: &Exchange) -> Result<Response<Vec<u8>>, EgressError> {
        let mut answer = Response::builder().status(exchange.status).header("content-type", &exchange.media_type);
        for (name, value) in &exchange.answer_headers {
            answer = answer.header(name, self.slots.fill(value));
        }
        let body = self.slots.fill(&exchange.answer).into_bytes();
        answer.body(body).map_err(|error| {
            self.faults.push(format!("{}: the answer is not valid: {error}", exchange.request));
            EgressError::Unreachable(exchange.request.clone())
        })
    }
}

fn response(status: u16) -> Response<Vec<u8>> {
    let mut response = Response::new(Vec::new());
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or(http::StatusCode::NOT_FOUND);
    response
}
