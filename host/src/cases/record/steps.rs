//! The steps of a case from the events of a login, with slots in the places of secrets.

use std::collections::BTreeMap;

use http::{Request, Response};
use mcphub_oauth::profile::Pair;
use url::Url;

use super::event::RecordedEvent;
use crate::cases::case::{CaseStep, Exchange, Reaction};
use crate::cases::messages::{authorization, document, form, form_of, is_metadata_request, json, media_type};
use crate::cases::redact::{Secrets, credentials, replace};

/// One refusal, then one login for every time that the person came back.
pub(super) fn steps(events: &[RecordedEvent], secrets: &Secrets) -> Vec<CaseStep> {
    let is_back = |(at, event): (usize, &RecordedEvent)| matches!(event, RecordedEvent::Back(_)).then_some(at);
    let backs: Vec<usize> = events.iter().enumerate().filter_map(is_back).collect();
    let before = events.get(..backs.first().copied().unwrap_or(events.len())).unwrap_or_default();
    let mut steps = vec![refused(before, secrets)];
    for (number, at) in backs.iter().enumerate() {
        let until = backs.get(number + 1).copied();
        let after = events.get(at + 1..until.unwrap_or(events.len())).unwrap_or_default();
        let Some(RecordedEvent::Back(params)) = events.get(*at) else { continue };
        let sent = sent_with(events, params);
        steps.push(CaseStep::Login {
            authorize: sent.map(|url| secrets.out_of(bare(url.as_str()))),
            query: sent.map(|url| masked(url.query_pairs().into_owned(), secrets)),
            callback: masked(params.iter().cloned(), secrets),
            scopes: after.iter().find_map(granted).map(|all| all.iter().map(|scope| secrets.out_of(scope)).collect()),
            account: None,
            again: until.is_some(),
            choose: None,
            fails: None,
            exchange: exchanges(after, secrets),
        });
    }
    steps
}

fn granted(event: &RecordedEvent) -> Option<&Vec<String>> {
    match event {
        RecordedEvent::Granted(scopes) => scopes.as_ref(),
        RecordedEvent::Refused { .. }
        | RecordedEvent::Exchange(..)
        | RecordedEvent::Sent(_)
        | RecordedEvent::Back(_) => None,
    }
}

fn refused(before: &[RecordedEvent], secrets: &Secrets) -> CaseStep {
    let refusal = before.iter().find_map(|event| match event {
        RecordedEvent::Refused { status, challenge, tool } => Some((*status, challenge.as_deref(), tool.clone())),
        RecordedEvent::Exchange(..) | RecordedEvent::Sent(_) | RecordedEvent::Back(_) | RecordedEvent::Granted(_) => {
            None
        }
    });
    let (status, challenge, tool) = refusal.unwrap_or((401, None, None));
    CaseStep::Refused {
        status,
        challenge: challenge.map(|challenge| credentials::out_of_challenge(secrets, challenge)),
        body: String::new(),
        tool,
        expect: Reaction::Login,
        says: None,
        exchange: exchanges(before, secrets),
    }
}

/// The login page that led to a callback: the last one that shares a value with it, which is `state`.
fn sent_with<'a>(events: &'a [RecordedEvent], params: &[Pair]) -> Option<&'a Url> {
    let sent = events.iter().filter_map(|event| match event {
        RecordedEvent::Sent(url) => Some(url),
        RecordedEvent::Refused { .. }
        | RecordedEvent::Exchange(..)
        | RecordedEvent::Back(_)
        | RecordedEvent::Granted(_) => None,
    });
    let answers = |url: &&Url| url.query_pairs().any(|(_, value)| params.iter().any(|(_, said)| *said == value));
    sent.rev().find(answers)
}

fn exchanges(events: &[RecordedEvent], secrets: &Secrets) -> Vec<Exchange> {
    let mut exchanges: Vec<Exchange> = Vec::new();
    for (request, response) in events.iter().filter_map(RecordedEvent::exchange) {
        let exchange = exchange(request, response, secrets);
        // A case answers the same metadata request again by itself.
        if !(is_metadata_request(request) && exchanges.contains(&exchange)) {
            exchanges.push(exchange);
        }
    }
    exchanges
}

fn exchange(request: &Request<Vec<u8>>, response: &Response<Vec<u8>>, secrets: &Secrets) -> Exchange {
    let url = request.uri().to_string();
    // Metadata requests are told apart by their whole address, so the query stays in it.
    let query = Url::parse(&url).ok().filter(|url| url.query().is_some() && !is_metadata_request(request));
    let query = query.map(|url| masked(url.query_pairs().into_owned(), secrets));
    let address = if query.is_some() { secrets.out_of(bare(&url)) } else { replace::value(secrets, "", &url) };
    let authorization = authorization(request).map(|header| credentials::out_of(secrets, header));
    let scopes = response.headers().iter().filter(|(name, _)| name.as_str().contains("scope"));
    Exchange {
        request: format!("{} {address}", request.method()),
        headers: authorization.map(|header| ("authorization".to_owned(), header)).into_iter().collect(),
        query,
        form: form(request).map(|pairs| masked(pairs.into_iter(), secrets)),
        json: json(request).map(|json| format!("{:#}\n", replace::document(secrets, "", &json))),
        status: response.status().as_u16(),
        media_type: media_type(response.headers()).to_owned(),
        answer_headers: scopes
            .filter_map(|(name, value)| Some((name.to_string(), secrets.out_of(value.to_str().ok()?))))
            .collect(),
        answer: answer(response, secrets),
    }
}

/// The body of an answer, where it is a document or a form. Any other text is left out: it might hold a secret that the
/// search cannot see.
fn answer(response: &Response<Vec<u8>>, secrets: &Secrets) -> String {
    if let Some(document) = document(response) {
        return format!("{:#}\n", replace::document(secrets, "", &document));
    }
    let pairs = form_of(response).unwrap_or_default();
    let written = |(name, value): &Pair| {
        format!("{}={}", escaped(&secrets.out_of(name)), escaped(&replace::value(secrets, name, value)))
    };
    pairs.iter().map(written).collect::<Vec<_>>().join("&")
}

fn masked(pairs: impl Iterator<Item = Pair>, secrets: &Secrets) -> BTreeMap<String, String> {
    pairs.map(|(name, value)| (secrets.out_of(&name), replace::value(secrets, &name, &value))).collect()
}

/// Form-encodes only what must be encoded, so that slots stay readable.
fn escaped(text: &str) -> String {
    let text = text.replace('%', "%25").replace('&', "%26").replace('+', "%2B").replace('=', "%3D");
    text.replace(' ', "+")
}

fn bare(url: &str) -> &str {
    url.split('?').next().unwrap_or(url)
}
