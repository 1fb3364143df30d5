//! Examines the login of any MCP server. It says, step by step, what the server supports, which RFC a fault violates,
//! which plugin would serve it and what the hub would do. It changes nothing.

use findings::examine;
use http::{Request, StatusCode};
use mcphub_oauth::challenge;
use serde_json::json;
use url::Url;

use crate::connect::access::credential::Refusal;
use crate::connect::core::address::policy;
use crate::connect::core::entry::Entry;
use crate::connect::core::error::ConnectError;
use crate::connect::core::parts::Core;
use crate::connect::discovery::search::discover;
use crate::egress::without_query;
use crate::settings::Server;

mod diagnosis;
mod findings;

pub use diagnosis::{Diagnosis, Finding, Verdict};

/// Asks a server without a token, discovers its login, and changes nothing. A fault is a finding, never an error.
pub(crate) async fn doctor(core: &Core, url: &Url) -> Diagnosis {
    let mut diagnosis = Diagnosis {
        url: without_query(url),
        findings: Vec::new(),
        provider: None,
        issuer: None,
        conclusion: String::new(),
    };
    let entry = Entry::new(Server::examined(url.clone()), core.parts.clock.clone(), core.parts.egress.redaction());
    let Some(refusal) = first_answer(core, &entry, url, &mut diagnosis).await else {
        return diagnosis;
    };
    let challenge = challenge::accept(refusal.challenges.iter().map(String::as_str));
    match &challenge {
        Some(challenge) if challenge.resource_metadata.is_some() => {
            diagnosis.find("challenge", Verdict::Good, "RFC 9728 §5.1", "401 names its resource metadata");
        }
        Some(_) => {
            diagnosis.find(
                "challenge",
                Verdict::Note,
                "RFC 9728 §5.1",
                "401 without resource_metadata; the well-known places are asked",
            );
        }
        None => {
            diagnosis.find("challenge", Verdict::Note, "RFC 9110 §11.6.1", "401 without a Bearer challenge");
        }
    }
    match discover(core, &entry, challenge.as_ref()).await {
        Ok(discovered) => {
            let asked = challenge.map(|challenge| challenge.scope).unwrap_or_default();
            examine(core, &discovered, &asked, &mut diagnosis);
        }
        Err(error) => told(&mut diagnosis, "discovery", "RFC 9728, RFC 8414", &error),
    }
    diagnosis
}

fn told(diagnosis: &mut Diagnosis, step: &'static str, rule: &'static str, error: &ConnectError) {
    let remedy = error.remedy().map(std::borrow::Cow::into_owned);
    diagnosis.find(step, Verdict::Bad, rule, error.to_string()).remedy.clone_from(&remedy);
    diagnosis.conclusion = format!("The hub could not log in: {error}. {}", remedy.unwrap_or_default());
}

/// The refusal of a request without a token. `None` means that the diagnosis is complete already.
async fn first_answer(core: &Core, entry: &Entry, url: &Url, diagnosis: &mut Diagnosis) -> Option<Refusal> {
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "MCPHub doctor", "version": env!("CARGO_PKG_VERSION")}}});
    let request = Request::post(url.as_str())
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream")
        .body(message.to_string().into_bytes())
        .ok()?;
    match core.parts.egress.probe(request, policy(&core.parts.egress, entry)).await {
        Ok(answer) if matches!(answer.status(), StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => {
            Some(Refusal::new(answer.status(), answer.headers(), String::new(), None))
        }
        Ok(answer) if answer.status().is_success() => {
            diagnosis.find("request without a token", Verdict::Good, "MCP", "the server answers without a login");
            "The hub would use it as it is; no login is needed to connect.".clone_into(&mut diagnosis.conclusion);
            None
        }
        Ok(answer) => {
            let found = format!(
                "status {} where a refusal would be 401; discovery is tried all the same",
                answer.status().as_u16()
            );
            diagnosis.find("request without a token", Verdict::Note, "RFC 6750 §3.1", found);
            Some(Refusal::new(StatusCode::UNAUTHORIZED, answer.headers(), String::new(), None))
        }
        Err(error) => {
            told(diagnosis, "connection", "MCP transports", &error.into());
            None
        }
    }
}
