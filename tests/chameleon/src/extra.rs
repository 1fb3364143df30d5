//! What needs requests of its own, and scopes.

use mcphub_plugin::prelude::*;

use crate::quirks::Quirks;
use crate::tokens;

pub(crate) fn scopes(quirks: &Quirks) -> Scopes {
    let separator = quirks.text("scope.separator").unwrap_or_else(|| " ".to_owned());
    let mut always = quirks.list("scope.required");
    always.extend(quirks.list("scope.offline_scope"));
    let second = quirks.text("authz.second_scope_param");
    let of_person = Scope {
        bucket: Some("person".to_owned()),
        asked_by_default: true,
        ..scope("search:read", "Search as this person", &[])
    };
    Scopes {
        answer_separators: separator.clone(),
        separator,
        always,
        offline: Offline::Nothing,
        catalogue: if second.is_some() { vec![of_person] } else { Vec::new() },
        buckets: second.into_iter().map(|parameter| Bucket { id: "person".to_owned(), parameter }).collect(),
        ..Scopes::default()
    }
}

/// A further token after the one of the code.
fn second_token(quirks: &Quirks) -> Option<Plan> {
    let what = quirks.text("followup.exchange")?;
    let grant = if what.contains("client_credentials") {
        [param("grant_type", "client_credentials"), param("scope", "https://api.second.example/.default")].to_vec()
    } else {
        let refresh = [param("grant_type", "refresh_token"), param("refresh_token", "{refresh-token}")];
        [refresh.to_vec(), vec![param("scope", "https://tenant.second.example/.default")]].concat()
    };
    let client = [param("client_id", "{client-id}"), param("client_secret", "{client-secret}")];
    let body = PlanBody::Form([grant, client.to_vec()].concat());
    let second = TokenRule { refresh_token: None, ..tokens::rule_at(quirks, "second", "") };
    Some(Plan { tokens: vec![second], ..post(&quirks.token_url(), [], body) })
}

/// One of several tokens of a grant, refreshed by itself.
fn refresh_of(quirks: &Quirks, slot: &str) -> Plan {
    let body = [
        param("grant_type", "refresh_token"),
        param("refresh_token", &format!("{{refresh-token:{slot}}}")),
        param("client_id", "{client-id}"),
        param("client_secret", "{client-secret}"),
    ];
    let rule = tokens::rule_at(quirks, slot, "");
    Plan { tokens: vec![rule], ..post(&quirks.token_url(), [], PlanBody::Form(body.to_vec())) }
}

fn exchange(quirks: &Quirks) -> Plan {
    let body = [
        param("grant_type", "authorization_code"),
        param("code", "{code}"),
        param("redirect_uri", "{redirect-uri}"),
        param("client_id", "{client-id}"),
        param("client_secret", "{client-secret}"),
    ];
    Plan { tokens: tokens::rules(quirks), ..post(&quirks.token_url(), [], PlanBody::Form(body.to_vec())) }
}

pub(crate) fn operations(quirks: &Quirks) -> Vec<FlowOperation> {
    let mut operations = Vec::new();
    if quirks.has("followup.exchange") {
        operations.push(FlowOperation::Exchange);
    }
    if quirks.has("followup.exchange") || quirks.has("refresh.multi") {
        operations.push(FlowOperation::Refresh);
    }
    if looks_up(quirks) || quirks.has("ask") {
        operations.push(FlowOperation::Lookup);
    }
    operations
}

/// One login opens several sites: which is meant is asked once, and is the account's name from then on.
pub(crate) fn question(quirks: &Quirks, context: &Context) -> Option<Action> {
    if !quirks.has("ask") {
        return None;
    }
    let chosen = context.captured.iter().find(|pair| pair.name == "site").map(|pair| pair.value.clone());
    let options = quirks.list("ask").iter().map(|site| pair(site, &format!("The site {site}"))).collect();
    Some(match chosen {
        Some(site) => Action::Done(outcome(Some(site))),
        None => Action::Choose(Question { key: "site".into(), title: "Which site?".into(), options }),
    })
}

fn looks_up(quirks: &Quirks) -> bool {
    quirks.text("id.lookup").is_some_and(|what| what.starts_with("http: GET") || what.starts_with("http: GraphQL"))
}

pub(crate) fn next(quirks: &Quirks, operation: FlowOperation, number: u8, last: Option<&Answer>) -> Action {
    match (operation, number) {
        (FlowOperation::Exchange, 0) => Action::Send(exchange(quirks)),
        (FlowOperation::Refresh, 0) => Action::Send(refresh_of(quirks, "main")),
        (FlowOperation::Refresh, 1) if quirks.has("refresh.multi") => Action::Send(refresh_of(quirks, "bot")),
        (FlowOperation::Exchange | FlowOperation::Refresh, 1) => match second_token(quirks) {
            Some(plan) => Action::Send(plan),
            None => Action::Done(outcome(None)),
        },
        (FlowOperation::Lookup, 0) => {
            let carried = [param("authorization", "Bearer {access-token}")];
            Action::Send(get(&Quirks::api("whoami"), carried))
        }
        (FlowOperation::Lookup, _) => Action::Done(outcome(last.and_then(|answer| named(&answer.body)))),
        _ => Action::Done(outcome(None)),
    }
}

fn named(body: &str) -> Option<String> {
    let document: serde_json::Value = serde_json::from_str(body).ok()?;
    document.get("account")?.as_str().map(str::to_owned)
}

fn outcome(account: Option<String>) -> Outcome {
    Outcome {
        primary: None,
        expiry: None,
        granted_scope: None,
        account_id: None,
        account_label: account,
        captured: Vec::new(),
        keep_old_refresh_token: false,
    }
}
