//! The client of a login that neither the settings nor the recording introduce: an earlier login registered it. A case
//! names such a client in its settings.

use std::collections::BTreeMap;

use http::Request;
use serde_json::{Map, Value};

use super::event::RecordedEvent;
use crate::cases::messages::{authorization, form, has_registered, json};
use crate::cases::redact::credentials;

/// The settings about the client that the case needs in addition to the recorded ones.
pub(super) fn unsaid(events: &[RecordedEvent], oauth: &Map<String, Value>) -> Vec<(String, Value)> {
    let registers =
        |event: &RecordedEvent| event.exchange().is_some_and(|(request, answer)| has_registered(request, answer));
    if oauth.contains_key("clientId") || events.iter().any(registers) {
        return Vec::new();
    }
    let Some(id) = events.iter().find_map(sent_id) else { return Vec::new() };
    let requests = events.iter().filter_map(RecordedEvent::exchange).map(|(request, _)| request);
    let ways: BTreeMap<&str, String> = requests.filter_map(|request| way(&id, request)).collect();
    let mut members = vec![("clientId", id)];
    if let Some(secret) = ways.values().next().filter(|_| !oauth.contains_key("clientSecret")) {
        members.push(("clientSecret", secret.clone()));
    }
    // With two methods in one login, the hub learned the second from a refusal. The played case must learn it again.
    if let (1, Some(way)) = (ways.len(), ways.keys().next())
        && !oauth.contains_key("tokenEndpointAuthMethod")
    {
        members.push(("tokenEndpointAuthMethod", (*way).to_owned()));
    }
    members.into_iter().map(|(name, value)| (name.to_owned(), Value::String(value))).collect()
}

fn sent_id(event: &RecordedEvent) -> Option<String> {
    let RecordedEvent::Sent(url) = event else { return None };
    url.query_pairs().find(|(name, _)| name == "client_id").map(|(_, id)| id.into_owned())
}

/// The method by which the client authenticates in this request, and its secret (RFC 6749 §2.3.1).
fn way(client: &str, request: &Request<Vec<u8>>) -> Option<(&'static str, String)> {
    if let Some(secret) = authorization(request).and_then(|header| credentials::secret_of(client, header)) {
        return Some(("client_secret_basic", secret));
    }
    let in_json = |name: &str| json(request)?.get(name)?.as_str().map(str::to_owned);
    let in_form = |name: &str| form(request)?.into_iter().find(|(own, _)| own == name).map(|(_, value)| value);
    let said = |name: &str| in_form(name).or_else(|| in_json(name));
    let secret = said("client_secret").filter(|_| said("client_id").as_deref() == Some(client))?;
    Some(("client_secret_post", secret))
}
