//! What needs requests of its own.

use mcphub_plugin::prelude::*;

use crate::lookup::Lookup;
use crate::quirks::Quirks;
use crate::resource;
use crate::tokens;

/// A request to the token endpoint: these parameters, and the client's.
fn token_plan(quirks: &Quirks, params: Vec<Param>, rules: Vec<TokenRule>) -> Plan {
    let client = [param("client_id", "{client-id}"), param("client_secret", "{client-secret}")];
    let body = PlanBody::Form([params, client.to_vec()].concat());
    Plan { tokens: rules, ..post(&quirks.token_url_after_the_callback(), [], body) }
}

fn exchange(quirks: &Quirks) -> Plan {
    let mut params = vec![
        param("grant_type", "authorization_code"),
        param("code", "{code}"),
        param("redirect_uri", "{redirect-uri}"),
    ];
    if !quirks.has("authz.pkce_off") {
        params.push(param("code_verifier", "{verifier}"));
    }
    params.extend(resource::param_of_steps(quirks));
    Plan { captures: tokens::captures(quirks), ..token_plan(quirks, params, tokens::rules(quirks)) }
}

/// One of several tokens of a grant, refreshed by itself.
fn refresh_of(quirks: &Quirks, slot: &str) -> Plan {
    let mut params =
        vec![param("grant_type", "refresh_token"), param("refresh_token", &format!("{{refresh-token:{slot}}}"))];
    params.extend(resource::param_of_steps(quirks));
    token_plan(quirks, params, vec![tokens::rule_at(quirks, slot, "")])
}

/// A further token after the one of the code.
fn second_token(quirks: &Quirks) -> Option<Plan> {
    let what = quirks.text("followup.exchange")?;
    let params = if what.contains("client_credentials") {
        vec![param("grant_type", "client_credentials"), param("scope", "https://api.second.example/.default")]
    } else {
        vec![
            param("grant_type", "refresh_token"),
            param("refresh_token", "{refresh-token}"),
            param("scope", "https://tenant.second.example/.default"),
        ]
    };
    let second = || TokenRule { refresh_token: None, ..tokens::rule_at(quirks, "second", "") };
    let rules = if quirks.has("resp.multi_token") { vec![second()] } else { Vec::new() };
    Some(token_plan(quirks, params, rules))
}

pub(crate) fn operations(quirks: &Quirks) -> Vec<FlowOperation> {
    let lookup = Lookup::of(quirks);
    let has_second = quirks.has("followup.exchange");
    let mut operations = Vec::new();
    if has_second || quirks.token_url_comes_back() || matches!(lookup, Some(Lookup::Claim(_))) {
        operations.push(FlowOperation::Exchange);
    }
    let prolongs = quirks.has("refresh.prolongs");
    if has_second || quirks.token_url_comes_back() || quirks.has("refresh.multi") || prolongs {
        operations.push(FlowOperation::Refresh);
    }
    let is_told_later = matches!(lookup, Some(Lookup::Requests(..) | Lookup::Captured(_) | Lookup::Member(_)));
    if is_told_later || quirks.has("ask") {
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
        Some(site) => done(&site),
        None => Action::Choose(Question { key: "site".into(), title: "Which site?".into(), options }),
    })
}

/// The step of this number; `account` is what is known of the account so far.
pub(crate) fn next(quirks: &Quirks, operation: FlowOperation, number: u8, account: &str) -> Action {
    let plan = match (operation, number) {
        (FlowOperation::Refresh, 0) if quirks.has("refresh.prolongs") => Some(get(&Quirks::api("prolong"), [])),
        (FlowOperation::Refresh, _) if quirks.has("refresh.prolongs") => return prolonged(quirks),
        (FlowOperation::Exchange, 0) => Some(exchange(quirks)),
        (FlowOperation::Refresh, 0) => Some(refresh_of(quirks, "main")),
        (FlowOperation::Refresh, 1) if quirks.has("refresh.multi") => Some(refresh_of(quirks, "bot")),
        (FlowOperation::Exchange | FlowOperation::Refresh, 1) => second_token(quirks),
        (FlowOperation::Lookup, number) => match Lookup::of(quirks) {
            Some(Lookup::Requests(plans, _)) => plans.into_iter().nth(usize::from(number)),
            Some(Lookup::Claim(_) | Lookup::Captured(_) | Lookup::Member(_)) | None => None,
        },
        _ => None,
    };
    plan.map_or_else(|| done(account), Action::Send)
}

/// The same token goes on for so many seconds.
fn prolonged(quirks: &Quirks) -> Action {
    let expiry = Expiry { kind: ExpiryKind::Fixed, at: None, default_seconds: quirks.number("refresh.prolongs") };
    match done("") {
        Action::Done(outcome) => Action::Done(Outcome { expiry: Some(expiry), ..outcome }),
        other => other,
    }
}

/// The end; an account without a name is not told.
fn done(account: &str) -> Action {
    Action::Done(Outcome {
        primary: None,
        expiry: None,
        granted_scope: None,
        account_id: None,
        account_label: Some(account.to_owned()).filter(|account| !account.is_empty()),
        captured: Vec::new(),
    })
}
