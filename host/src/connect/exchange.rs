//! Code for tokens, and what an answer of the token endpoint means.

use mcphub_oauth::callback::AcceptedCallback;
use mcphub_oauth::error::{Reported, classify, said};
use mcphub_oauth::grant::{Grant, GrantOrigin};
use mcphub_oauth::hook::{ClientKind, FlowOperation, GrantedScopes, Outcome};
use mcphub_oauth::mask::{Mask, mask, mask_text};
use mcphub_oauth::profile::{ErrorClass, Fault, Operation, Pair};
use mcphub_oauth::scopes;
use mcphub_oauth::server_address::ServerAddress;
use mcphub_oauth::template::Slots;
use mcphub_oauth::token::{self, TokenError, Tokens};

use super::address::{address_of, url_of};
use super::choice::Asker;
use super::discovery::Discovered;
use super::entry::Entry;
use super::error::ConnectError;
use super::event::Stage;
use super::hub::Hub;
use super::party::Matter;
use super::possession;
use super::secrets_issuer::{self, Attendance};
use super::steps::{self, Found, Run};
use crate::egress::without_query;

/// Exchanges the code for tokens (RFC 6749 §4.1.3), by the rules or by the plugin's steps.
pub(super) async fn exchange(
    hub: &Hub,
    entry: &Entry,
    discovered: &Discovered,
    accepted: &AcceptedCallback,
    (captured, asker): (Vec<Pair>, &Asker),
) -> Result<Grant, ConnectError> {
    let pending = &accepted.pending;
    secrets_issuer::bind(hub, entry, discovered, Attendance::Person).await?;
    if discovered.party.plugin.handles(FlowOperation::Exchange) {
        let run = Run { captured: &captured, asker: Some(asker), ..run_of(accepted, FlowOperation::Exchange) };
        let found = steps::run(hub, entry, discovered, run).await?;
        return granted_by_steps(entry, discovered, accepted, found);
    }
    let request = {
        let slots = Slots {
            captured: &captured,
            client: Some(&pending.client),
            code: Some(&accepted.code),
            verifier: pending.verifier.as_ref(),
            state: Some(&pending.state),
            redirect_uri: Some(&pending.client.redirect_uri),
            resource: pending.resource.as_deref(),
            ..discovered.party.slots(hub.parts.clock.now(), &hub.parts.random)
        };
        token::request(accepted, &discovered.metadata, discovered.party.profile(), &slots)?
    };
    let action =
        entry.journal.begin(Stage::Exchange, format!("POST {}", without_query(&discovered.metadata.token_endpoint)));
    let key = possession::key(entry, discovered)?;
    let response = match possession::send(hub, discovered, request, key.as_ref()).await {
        Ok(response) => response,
        Err(error) => {
            action.failed(error.to_string(), Some("Get a fresh link and sign in again.".into()));
            return Err(error);
        }
    };
    match token::accept(&response, discovered.party.profile(), hub.parts.clock.now()) {
        Ok(tokens) => {
            let dpop = key.filter(|_| tokens.bound);
            let grant = grant_of(hub, entry, discovered, accepted, (tokens, &response, captured)).await?;
            let grant = Grant { dpop, ..grant };
            action.done(told(&grant));
            Ok(grant)
        }
        Err(error) => {
            let error = provider_error(hub, entry, discovered, error, (Operation::Exchange, &response)).await;
            action.failed(error.to_string(), error.remedy().map(std::borrow::Cow::into_owned));
            Err(error)
        }
    }
}

/// A run of steps around an exchange.
pub(super) fn run_of(accepted: &AcceptedCallback, operation: FlowOperation) -> Run<'_> {
    let pending = &accepted.pending;
    Run {
        operation,
        stage: Stage::Exchange,
        client: &pending.client,
        grant: None,
        code: Some(&accepted.code),
        verifier: pending.verifier.as_ref(),
        state: Some(&pending.state),
        resource: pending.resource.as_deref(),
        requested: &pending.scopes,
        captured: &[],
        asker: None,
    }
}

fn granted_by_steps(
    entry: &Entry,
    discovered: &Discovered,
    accepted: &AcceptedCallback,
    found: Found,
) -> Result<Grant, ConnectError> {
    let primary = found.outcome.primary.clone().unwrap_or_else(|| "main".to_owned());
    if !found.tokens.contains_key(&primary) {
        return Err(ConnectError::Token(TokenError::NoToken));
    }
    if !found.tokens.values().all(token::can_be_sent) {
        return Err(ConnectError::Token(TokenError::BadToken));
    }
    let tokens = Tokens { by_slot: found.tokens, scopes: found.scopes, captured: found.captured, bound: false };
    let mut grant = bare_grant(address_of(entry)?, discovered, accepted, tokens);
    grant.primary = primary;
    apply(&mut grant, discovered, &found.outcome);
    Ok(grant)
}

fn bare_grant(address: ServerAddress, discovered: &Discovered, accepted: &AcceptedCallback, tokens: Tokens) -> Grant {
    let pending = &accepted.pending;
    Grant {
        address,
        origin: GrantOrigin::Issuer(discovered.metadata.issuer.to_string()),
        client_id: pending.client.id.clone(),
        resource: pending.resource.clone(),
        logged_in_at: tokens.by_slot.values().map(|token| token.obtained_at).max(),
        tokens: tokens.by_slot,
        primary: "main".to_owned(),
        dpop: None,
        requested_scopes: pending.scopes.clone(),
        granted_scopes: tokens.scopes,
        captured: tokens.captured,
        account_label: None,
        account_id: None,
    }
}

async fn grant_of(
    hub: &Hub,
    entry: &Entry,
    discovered: &Discovered,
    accepted: &AcceptedCallback,
    (mut tokens, response, mut captured): (Tokens, &http::Response<Vec<u8>>, Vec<Pair>),
) -> Result<Grant, ConnectError> {
    captured.append(&mut tokens.captured);
    tokens.captured = captured;
    let mut grant = bare_grant(address_of(entry)?, discovered, accepted, tokens);
    let profile = discovered.party.profile();
    let matter = Matter { grant: Some(&grant), ..discovered.matter(&accepted.pending.client.redirect_uri) };
    let context = discovered.party.context(url_of(entry)?, &matter, hub.parts.clock.now());
    let headers: Vec<Pair> = mask_headers(response);
    let text = grant.granted_scopes.as_ref().map(|scopes| scopes.join(" "));
    let granted = discovered.party.plugin.granted(&context, text.as_deref(), &headers).await?;
    grant.granted_scopes = match granted {
        Some(GrantedScopes::Listed(scopes)) => Some(scopes),
        Some(GrantedScopes::AsRequested) => Some(grant.requested_scopes.clone()),
        Some(GrantedScopes::NotReported | GrantedScopes::NotScopes) => None,
        None if grant.granted_scopes.is_none() && profile.scopes.silence_means_requested => {
            Some(grant.requested_scopes.clone())
        }
        None => grant.granted_scopes,
    };
    Ok(grant)
}

/// Headers as a plugin may see them.
fn mask_headers(response: &http::Response<Vec<u8>>) -> Vec<Pair> {
    mask(response, &[], &[]).headers
}

/// Takes over what a run of steps says of a grant.
pub(super) fn apply(grant: &mut Grant, discovered: &Discovered, outcome: &Outcome) {
    grant.account_label = outcome.account_label.clone().or(grant.account_label.take());
    grant.account_id = outcome.account_id.clone().or(grant.account_id.take());
    if let Some(scope) = &outcome.granted_scope {
        grant.granted_scopes = Some(scopes::read(&discovered.party.profile().scopes, scope));
    }
    if let (Some(rule), Some(token)) = (&outcome.expiry, grant.tokens.get_mut(&grant.primary)) {
        let access = token.access.secret().clone();
        token.expires_at = token::expiry(rule, &serde_json::Value::Null, &access, token.obtained_at);
    }
}

/// What a grant gives, without a secret.
pub(super) fn told(grant: &Grant) -> String {
    let scopes = grant.granted_scopes.as_ref().map_or_else(|| "scopes not told".to_owned(), |scopes| scopes.join(" "));
    let refresh = if grant.primary().is_some_and(|token| token.refresh.is_some()) {
        "can be refreshed"
    } else {
        "no refresh token"
    };
    let end = grant
        .primary()
        .and_then(|token| token.expires_at)
        .map(|end| humantime::format_rfc3339_seconds(end).to_string());
    format!("a grant ({scopes}; until {}; {refresh})", end.unwrap_or_else(|| "refused".to_owned()))
}

/// What an unusable answer of the token endpoint means: the plugin's hook, its table, the RFCs.
pub(super) async fn provider_error(
    hub: &Hub,
    entry: &Entry,
    discovered: &Discovered,
    error: TokenError,
    (operation, response): (Operation, &http::Response<Vec<u8>>),
) -> ConnectError {
    let (status, code) = match &error {
        TokenError::Refused { status, code } => (*status, code.clone()),
        TokenError::Unreadable(status) if (500..600).contains(status) => (*status, None),
        TokenError::Unreadable(_) | TokenError::NoToken | TokenError::BadToken => return ConnectError::Token(error),
    };
    match fault_of(hub, entry, discovered, (operation, status, code.as_deref()), response).await {
        Ok(fault) => {
            let said = said(response, &discovered.party.profile().token_response.tokens);
            let is_bare = fault.class == ErrorClass::Unknown && fault.message.is_none();
            let message = if is_bare { Some(error.to_string()) } else { fault.message };
            ConnectError::Provider(Fault { message, said, ..fault })
        }
        Err(error) => error,
    }
}

async fn fault_of(
    hub: &Hub,
    entry: &Entry,
    discovered: &Discovered,
    (operation, status, code): (Operation, u16, Option<&str>),
    response: &http::Response<Vec<u8>>,
) -> Result<Fault, ConnectError> {
    let redirect_uri = hub.redirect_uri(entry, discovered.party.profile());
    let context = discovered.party.context(url_of(entry)?, &discovered.matter(&redirect_uri), hub.parts.clock.now());
    let body = mask_text(response, &[]);
    let shown: String = body.chars().take(64 * 1024).collect();
    let hook =
        discovered.party.plugin.classify_error(&context, operation, status, &mask_headers(response), &shown).await?;
    let registered = !hub.parts.store.clients(discovered.metadata.issuer.as_str()).await?.is_empty();
    let kind = registered.then_some(ClientKind::Registered);
    let kind = if entry.server.oauth.client_id.is_some() { Some(ClientKind::Configured) } else { kind };
    let reported = Reported { operation, status, code, body: &body, client: kind };
    let hook = hook.map(|fault| Mask::of_answer(response).fault(fault));
    Ok(hook.unwrap_or_else(|| classify(&discovered.party.profile().errors, reported)))
}
