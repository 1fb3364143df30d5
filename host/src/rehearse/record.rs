//! Writes a case down from a real login.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use http::{Request, Response};
use mcphub_oauth::profile::Pair;
use serde_json::{Map, Value};
use url::Url;

use super::case::{Case, Exchange, Reaction, Step};
use super::secrets::Secrets;
use super::stage::decoded;
use crate::egress::{Seen, Witness};

/// Keeps what a login says and hears, until it is written down.
#[derive(Clone, Default)]
pub struct Recorder(Arc<Mutex<Vec<Event>>>);

enum Event {
    Refused { status: u16, challenge: Option<String>, tool: Option<String> },
    Exchange(Box<Request<Vec<u8>>>, Box<Response<Vec<u8>>>),
    Sent(Url),
    Back(Vec<Pair>),
    Granted(Option<Vec<String>>),
}

/// A case that was recorded.
pub struct Recorded {
    /// The case, without a secret.
    pub case: Case,
    /// How many values were replaced.
    pub replaced: usize,
}

impl Recorder {
    /// To be told of everything.
    #[must_use]
    pub fn witness(&self) -> Arc<Witness> {
        let events = self.0.clone();
        Arc::new(move |seen| {
            let event = match seen {
                Seen::Refused { status, challenges, tool } => Event::Refused {
                    status: status.as_u16(),
                    challenge: challenges.first().cloned(),
                    tool: tool.map(str::to_owned),
                },
                Seen::Exchange(request, response) => {
                    Event::Exchange(Box::new(request.clone()), Box::new(response.clone()))
                }
                Seen::Sent(url) => Event::Sent(url.clone()),
                Seen::Back(params) => Event::Back(params.to_vec()),
                Seen::Granted(scopes) => Event::Granted(scopes.map(<[String]>::to_vec)),
            };
            events.lock().unwrap_or_else(PoisonError::into_inner).push(event);
        })
    }

    /// The case of a login at this server, whose `oauth` settings these are. None: there was no whole login.
    #[must_use]
    pub fn recorded(&self, server: &Url, oauth: &Map<String, Value>, began: SystemTime) -> Option<Recorded> {
        let events = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let end = events.iter().position(|event| matches!(event, Event::Granted(_)))?;
        let events = events.get(..=end)?;
        let mut secrets = Secrets::default();
        for (name, slot) in [("clientId", "client-id"), ("clientSecret", "client-secret")] {
            secrets.add(slot, oauth.get(name).and_then(Value::as_str).unwrap_or_default());
        }
        for event in events {
            find(&mut secrets, event);
        }
        let mut oauth = oauth.clone();
        for (name, value) in unsaid_client(events, &oauth) {
            oauth.insert(name, value);
        }
        secrets.look_through("", &Value::Object(oauth.clone()));
        let oauth = secrets.out_of_value(&Value::Object(oauth)).as_object().cloned().unwrap_or_default();
        let case = Case {
            title: format!("A login at {}", server.host_str().unwrap_or_default()),
            source: Some(format!("recorded on {}", humantime::format_rfc3339_seconds(began).to_string().get(..10)?)),
            server: server.clone(),
            now: Some(humantime::format_rfc3339_seconds(began).to_string()),
            metadata_document: None,
            oauth,
            steps: steps(events, &secrets),
        };
        Some(Recorded { case, replaced: secrets.count() })
    }
}

/// The client of the login, where neither the settings nor a registration in the recording say who it is.
fn unsaid_client(events: &[Event], oauth: &Map<String, Value>) -> Vec<(String, Value)> {
    let registers = events.iter().any(|event| match event {
        Event::Exchange(request, response) => {
            request.method() == http::Method::POST
                && serde_json::from_slice::<Map<String, Value>>(request.body())
                    .is_ok_and(|body| body.contains_key("redirect_uris"))
                && response.status().is_success()
        }
        _ => false,
    });
    if registers || oauth.contains_key("clientId") {
        return Vec::new();
    }
    let of_sent = |event: &Event| match event {
        Event::Sent(url) => url.query_pairs().find(|(name, _)| name == "client_id").map(|(_, id)| id.into_owned()),
        _ => None,
    };
    let id = events.iter().find_map(of_sent);
    id.map(|id| ("clientId".to_owned(), Value::String(id))).into_iter().collect()
}

/// Finds the secrets of an event.
fn find(secrets: &mut Secrets, event: &Event) {
    match event {
        Event::Refused { .. } | Event::Granted(_) => {}
        Event::Sent(url) => {
            for (name, value) in url.query_pairs() {
                match &*name {
                    "client_id" | "redirect_uri" => secrets.add(&name, &value),
                    _ => secrets.look_at(&name, &value),
                }
            }
        }
        Event::Back(params) => {
            for (name, value) in params {
                secrets.look_at(name, value);
            }
        }
        Event::Exchange(request, response) => {
            for (name, value) in form(request).unwrap_or_default() {
                secrets.look_at(&name, &value);
            }
            if is_look_up(request) {
                return;
            }
            if let Some(document) = document(response.body()) {
                if let Some(id) = document.get("client_id").and_then(Value::as_str) {
                    secrets.add("client_id", id);
                }
                for uri in document.get("redirect_uris").and_then(Value::as_array).into_iter().flatten() {
                    secrets.add("redirect-uri", uri.as_str().unwrap_or_default());
                }
                secrets.look_through("", &document);
            } else if let Some(pairs) = form_of(response.body()) {
                for (name, value) in pairs {
                    secrets.look_at(&name, &value);
                }
            }
        }
    }
}

fn steps(events: &[Event], secrets: &Secrets) -> Vec<Step> {
    let backs: Vec<usize> =
        events.iter().enumerate().filter_map(|(at, event)| matches!(event, Event::Back(_)).then_some(at)).collect();
    let before = events.get(..backs.first().copied().unwrap_or(events.len())).unwrap_or_default();
    let mut steps = vec![refused(before, secrets)];
    for (number, at) in backs.iter().enumerate() {
        let until = backs.get(number + 1).copied();
        let after = events.get(at + 1..until.unwrap_or(events.len())).unwrap_or_default();
        let Some(Event::Back(params)) = events.get(*at) else { continue };
        let sent = sent_with(events, params);
        let granted = after.iter().find_map(|event| match event {
            Event::Granted(scopes) => scopes.clone(),
            _ => None,
        });
        let masked = |pairs: &mut dyn Iterator<Item = (String, String)>| {
            pairs.map(|(name, value)| (name, secrets.out_of(&value))).collect::<BTreeMap<_, _>>()
        };
        steps.push(Step::Login {
            authorize: sent.map(|url| bare(url.as_str())),
            query: sent.map(|url| masked(&mut url.query_pairs().into_owned())),
            callback: masked(&mut params.iter().cloned()),
            scopes: granted,
            account: None,
            again: until.is_some(),
            choose: None,
            fails: None,
            exchange: exchanges(after, secrets),
        });
    }
    steps
}

fn refused(before: &[Event], secrets: &Secrets) -> Step {
    let refusal = before.iter().find_map(|event| match event {
        Event::Refused { status, challenge, tool } => Some((*status, challenge.clone(), tool.clone())),
        _ => None,
    });
    let (status, challenge, tool) = refusal.unwrap_or((401, None, None));
    Step::Refused {
        status,
        challenge,
        body: String::new(),
        tool,
        expect: Reaction::Login,
        says: None,
        exchange: exchanges(before, secrets),
    }
}

/// The login page that a callback answers, found by `state`.
fn sent_with<'a>(events: &'a [Event], params: &[Pair]) -> Option<&'a Url> {
    let sent = events.iter().filter_map(|event| match event {
        Event::Sent(url) => Some(url),
        _ => None,
    });
    let answers = |url: &&Url| url.query_pairs().any(|(_, value)| params.iter().any(|(_, said)| *said == value));
    sent.rev().find(answers)
}

fn exchanges(events: &[Event], secrets: &Secrets) -> Vec<Exchange> {
    let mut exchanges: Vec<Exchange> = Vec::new();
    for event in events {
        if let Event::Exchange(request, response) = event {
            let exchange = exchange(request, response, secrets);
            // What is looked up again is answered again.
            if !(is_look_up(request) && exchanges.contains(&exchange)) {
                exchanges.push(exchange);
            }
        }
    }
    exchanges
}

fn exchange(request: &Request<Vec<u8>>, response: &Response<Vec<u8>>, secrets: &Secrets) -> Exchange {
    let url = request.uri().to_string();
    let masked = |pairs: Vec<Pair>| pairs.into_iter().map(|(name, value)| (name, secrets.out_of(&value))).collect();
    let query = Url::parse(&url).ok().filter(|url| url.query().is_some() && !is_look_up(request));
    let query = query.map(|url| masked(url.query_pairs().into_owned().collect()));
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let authorization =
        header("authorization").map(|value| ("authorization".to_owned(), secrets.out_of(&decoded(value))));
    let json = serde_json::from_slice::<Value>(request.body()).ok().filter(|_| form(request).is_none());
    let media_type = response.headers().get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let scopes = response.headers().iter().filter(|(name, _)| name.as_str().contains("scope"));
    Exchange {
        request: format!("{} {}", request.method(), secrets.out_of(if query.is_some() { bare_of(&url) } else { &url })),
        headers: authorization.into_iter().collect(),
        query,
        form: form(request).map(masked),
        json: json.map(|json| format!("{:#}\n", secrets.out_of_value(&json))),
        status: response.status().as_u16(),
        media_type: media_type.split(';').next().unwrap_or_default().trim().to_owned(),
        answer_headers: scopes
            .filter_map(|(name, value)| Some((name.to_string(), secrets.out_of(value.to_str().ok()?))))
            .collect(),
        answer: answer(response.body(), secrets),
    }
}

/// The answer as a document or a form; any other text is left out, as nobody knows what stands in it.
fn answer(body: &[u8], secrets: &Secrets) -> String {
    if let Some(document) = document(body) {
        return format!("{:#}\n", secrets.out_of_value(&document));
    }
    let pairs = form_of(body).unwrap_or_default();
    let pairs: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={}", secrets.out_of(value))).collect();
    pairs.join("&")
}

fn document(body: &[u8]) -> Option<Value> {
    serde_json::from_slice(body).ok().filter(|document: &Value| document.is_object() || document.is_array())
}

/// The parameters of a form-encoded request.
fn form(request: &Request<Vec<u8>>) -> Option<Vec<Pair>> {
    let media_type = request.headers().get("content-type").and_then(|value| value.to_str().ok())?;
    let is_form = media_type.starts_with("application/x-www-form-urlencoded");
    is_form.then(|| url::form_urlencoded::parse(request.body()).into_owned().collect())
}

/// A form-encoded answer, as some token endpoints give.
fn form_of(body: &[u8]) -> Option<Vec<Pair>> {
    let text = std::str::from_utf8(body).ok()?;
    let is_form = text.contains('=') && !text.contains(['<', '\n', ' ']);
    is_form.then(|| url::form_urlencoded::parse(body).into_owned().collect())
}

fn is_look_up(request: &Request<Vec<u8>>) -> bool {
    request.method() == http::Method::GET && request.uri().path().contains("/.well-known/")
}

fn bare(url: &str) -> String {
    bare_of(url).to_owned()
}

fn bare_of(url: &str) -> &str {
    url.split('?').next().unwrap_or(url)
}
