//! The first recorded login of a new plugin: as discovery says it goes, until a real one is recorded.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use url::Url;

use super::FoundLogin;
use super::found::address;
use crate::cases::{Case, CaseStep, Exchange, Reaction};

/// A login, a request, a refresh, a request.
pub(super) fn of(host: &str, found: Option<&FoundLogin>) -> Result<Case, url::ParseError> {
    let invented = found.is_none().then(|| invented(host));
    let metadata = found.map(|found| &found.metadata).or(invented.as_ref()).cloned().unwrap_or_default();
    let server = found.map_or_else(|| format!("https://{host}/mcp"), |found| found.server.to_string());
    let mut lookups = match found {
        Some(found) => found.lookups.clone(),
        None => vec![Exchange::answered(
            format!("GET https://{host}/.well-known/oauth-authorization-server"),
            &Value::Object(metadata.clone()),
        )],
    };
    let registration = address(&metadata, "registration_endpoint").map(|endpoint| registration(&endpoint));
    let oauth = match &registration {
        Some(_) => Map::new(),
        None => Map::from_iter([("clientId".to_owned(), json!("{{client-id}}"))]),
    };
    lookups.extend(registration);
    let challenge = found.and_then(|found| found.challenge.clone());
    Ok(Case {
        title: "A login, a request, a refresh".to_owned(),
        source: Some("made up from the metadata; record a real one with mcphub auth login SERVER --record".to_owned()),
        server: server.parse()?,
        now: None,
        metadata_document: None,
        oauth,
        steps: steps(&metadata, refused(challenge, Reaction::Login, lookups)),
    })
}

fn steps(metadata: &Map<String, Value>, first: CaseStep) -> Vec<CaseStep> {
    let token = |number: &str| address(metadata, "token_endpoint").map(|endpoint| tokens(&endpoint, number));
    let call = |number: &str| CaseStep::Call {
        headers: pairs(&[("authorization", &format!("Bearer {{{{access-token{number}}}}}"))]),
        query: BTreeMap::new(),
        exchange: Vec::new(),
    };
    // What stands in its query is a parameter like the others.
    let page = address(metadata, "authorization_endpoint").map(|mut page| {
        page.set_query(None);
        page.to_string()
    });
    let login = CaseStep::Login {
        authorize: page,
        query: None,
        callback: pairs(&[("code", "{{code}}"), ("state", "{{state}}")]),
        scopes: None,
        account: None,
        again: false,
        choose: None,
        fails: None,
        exchange: token("").into_iter().collect(),
    };
    let died = Some("Bearer error=\"invalid_token\"".to_owned());
    let again = refused(died, Reaction::Retry, token("-2").into_iter().collect());
    vec![first, login, call(""), again, call("-2")]
}

fn refused(challenge: Option<String>, expect: Reaction, exchange: Vec<Exchange>) -> CaseStep {
    CaseStep::Refused { status: 401, challenge, body: String::new(), tool: None, expect, says: None, exchange }
}

fn invented(host: &str) -> Map<String, Value> {
    let of = |path: &str| json!(format!("https://{host}{path}"));
    let members = [
        ("issuer", of("")),
        ("authorization_endpoint", of("/authorize")),
        ("token_endpoint", of("/token")),
        ("registration_endpoint", of("/register")),
        ("code_challenge_methods_supported", json!(["S256"])),
        ("token_endpoint_auth_methods_supported", json!(["none"])),
    ];
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn tokens(endpoint: &Url, number: &str) -> Exchange {
    let answer = json!({
        "access_token": format!("{{{{access-token{number}}}}}"), "token_type": "Bearer", "expires_in": 3600,
        "refresh_token": format!("{{{{refresh-token{number}}}}}"),
    });
    Exchange::answered(format!("POST {endpoint}"), &answer)
}

fn registration(endpoint: &Url) -> Exchange {
    let answer = json!({
        "client_id": "{{client-id}}", "redirect_uris": ["{{redirect-uri}}"], "token_endpoint_auth_method": "none",
    });
    Exchange { status: 201, ..Exchange::answered(format!("POST {endpoint}"), &answer) }
}

fn pairs(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}
