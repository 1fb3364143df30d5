//! The end of a sign-in: callback, exchange, whose account it is, and a grant that lasts.

use mcphub_oauth::browser::BrowserId;
use mcphub_oauth::callback::{self, AcceptedCallback, CallbackError};
use mcphub_oauth::error::{Reported, classify, remedy, sentence};
use mcphub_oauth::grant::Grant;
use mcphub_oauth::hook::{FlowOperation, GrantedScopes};
use mcphub_oauth::plan::{MASK, mask_text};
use mcphub_oauth::profile::{ErrorClass, Fault, Operation, Pair};
use mcphub_oauth::template::Slots;
use mcphub_oauth::token::{self, TokenError, Tokens};

use super::discovery::{Discovered, url_of, without_query};
use super::entry::Entry;
use super::error::ConnectError;
use super::event::Stage;
use super::hub::{Change, Flight, Hub};
use super::status::Status;
use super::steps::{self, Found, Run};

/// A sign-in that went through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// The server it was for.
    pub server: String,
    /// How a person knows the account, where the provider tells.
    pub account: Option<String>,
}

/// Takes a callback.
pub(super) async fn finish(hub: &Hub, params: Vec<Pair>, browser: Option<&BrowserId>) -> Result<Finished, ConnectError> {
    let state = hub.find_state(&params).ok_or(CallbackError::UnknownState)?;
    let flight = match hub.take_flight(&state, |flight| flight.pending.started_in(browser)) {
        Some(Ok(flight)) => flight,
        Some(Err(entry)) => {
            let error = CallbackError::OtherBrowser;
            let action = entry.journal.begin(Stage::Authorization, "the callback");
            action.failed(error.to_string(), Some(error.remedy().to_owned()));
            return Err(error.into());
        }
        None => return Err(CallbackError::UnknownState.into()),
    };
    let (entry, discovered) = (flight.entry.clone(), flight.discovered.clone());
    let finished = finish_flight(hub, flight, params, browser).await;
    if let Err(error) = &finished {
        let remedy = error.remedy().map(std::borrow::Cow::into_owned);
        entry.journal.begin(Stage::Authorization, "the sign-in").failed(error.to_string(), remedy);
        entry.set_status(Status::LoginRequired, Some(error.told()));
        learn(hub, &entry, &discovered, error).await;
    }
    finished
}

async fn finish_flight(hub: &Hub, flight: Flight, params: Vec<Pair>, browser: Option<&BrowserId>) -> Result<Finished, ConnectError> {
    let Flight { entry, discovered, pending } = flight;
    let profile = discovered.party.profile();
    let action = entry.journal.begin(Stage::Authorization, "the callback");
    let mut names = profile.callback.clone();
    let hook = read_by_hook(hub, &entry, &discovered, &params).await?;
    let mut captured = Vec::new();
    if let Some(read) = hook {
        names.code = read.code;
        captured = read.captured;
    }
    let callback = callback::read(&params, &names).ok_or(CallbackError::UnknownState)?;
    let accepted = match pending.accept(callback, browser, hub.parts.clock.now()) {
        Ok(accepted) => accepted,
        Err(CallbackError::Refused { error }) => return Err(refused(&discovered, &error)),
        Err(error) => return Err(error.into()),
    };
    action.done("a code");
    captured.extend(accepted.captured.clone());
    let grant = exchange(hub, &entry, &discovered, &accepted, captured).await?;
    let grant = look_up(hub, &entry, &discovered, &accepted, grant).await;
    keep(hub, &entry, &grant).await?;
    Ok(Finished { server: entry.name().to_owned(), account: grant.account_label })
}

/// What the plugin's hook reads in the callback; code and state are masked.
async fn read_by_hook(
    hub: &Hub,
    entry: &Entry,
    discovered: &Discovered,
    params: &[Pair],
) -> Result<Option<mcphub_oauth::hook::ReadCallback>, ConnectError> {
    let names = &discovered.party.profile().callback;
    let hidden = |name: &str| name == names.code || name == names.state || name.contains("code") || name.contains("token");
    let mask = |(name, value): &Pair| (name.clone(), if hidden(name) { MASK.to_owned() } else { value.clone() });
    let masked: Vec<Pair> = params.iter().map(mask).collect();
    let redirect_uri = hub.redirect_uri(entry);
    let context = discovered.party.context(url_of(entry)?, &discovered.matter(&redirect_uri), hub.parts.clock.now());
    match discovered.party.plugin.read_callback(&context, &masked).await? {
        None => Ok(None),
        Some(Ok(read)) => Ok(Some(read)),
        Some(Err(fault)) => Err(ConnectError::Provider(fault)),
    }
}

/// A refusal in the callback: the provider's table first, so that its remedy is told.
fn refused(discovered: &Discovered, error: &str) -> ConnectError {
    let reported = Reported { operation: Operation::Authorization, status: 0, code: Some(error), body: "", client: None };
    let fault = classify(&discovered.party.profile().errors, reported);
    match fault.class {
        ErrorClass::Unknown | ErrorClass::UserDenied if fault.message.is_none() => {
            CallbackError::Refused { error: error.to_owned() }.into()
        }
        _ => ConnectError::Provider(fault),
    }
}

async fn exchange(
    hub: &Hub,
    entry: &Entry,
    discovered: &Discovered,
    accepted: &AcceptedCallback,
    captured: Vec<Pair>,
) -> Result<Grant, ConnectError> {
    let pending = &accepted.pending;
    if discovered.party.plugin.handles(FlowOperation::Exchange) {
        let run = Run { captured: &captured, ..run_of(accepted, FlowOperation::Exchange) };
        let found = steps::run(hub, entry, discovered, run).await?;
        return granted_by_steps(discovered, accepted, found);
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
    let action = entry.journal.begin(Stage::Exchange, format!("POST {}", without_query(&discovered.metadata.token_endpoint)));
    let response = match hub.parts.egress.send(request, discovered.reach).await {
        Ok(response) => response,
        Err(error) => {
            action.failed(error.to_string(), Some("Get a fresh link and sign in again.".into()));
            return Err(error.into());
        }
    };
    match token::accept(&response, discovered.party.profile(), hub.parts.clock.now()) {
        Ok(tokens) => {
            let grant = grant_of(hub, entry, discovered, accepted, (tokens, &response, captured)).await?;
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

fn run_of(accepted: &AcceptedCallback, operation: FlowOperation) -> Run<'_> {
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
    }
}

fn granted_by_steps(discovered: &Discovered, accepted: &AcceptedCallback, found: Found) -> Result<Grant, ConnectError> {
    let primary = found.outcome.primary.clone().unwrap_or_else(|| "main".to_owned());
    if !found.tokens.contains_key(&primary) {
        return Err(ConnectError::Token(TokenError::NoToken));
    }
    let mut grant = bare_grant(discovered, accepted, Tokens { by_slot: found.tokens, scopes: found.scopes, captured: found.captured });
    grant.primary = primary;
    apply(&mut grant, discovered, &found.outcome);
    Ok(grant)
}

fn bare_grant(discovered: &Discovered, accepted: &AcceptedCallback, tokens: Tokens) -> Grant {
    let pending = &accepted.pending;
    Grant {
        issuer: discovered.metadata.issuer.to_string(),
        client_id: pending.client.id.clone(),
        resource: pending.resource.clone(),
        tokens: tokens.by_slot,
        primary: "main".to_owned(),
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
    let mut grant = bare_grant(discovered, accepted, tokens);
    let profile = discovered.party.profile();
    let matter = super::party::Matter { grant: Some(&grant), ..discovered.matter(&accepted.pending.client.redirect_uri) };
    let context = discovered.party.context(url_of(entry)?, &matter, hub.parts.clock.now());
    let headers: Vec<Pair> = mask_headers(response);
    let text = grant.granted_scopes.as_ref().map(|scopes| scopes.join(" "));
    let granted = discovered.party.plugin.granted(&context, text.as_deref(), &headers).await?;
    grant.granted_scopes = match granted {
        Some(GrantedScopes::Listed(scopes)) => Some(scopes),
        Some(GrantedScopes::AsRequested) => Some(grant.requested_scopes.clone()),
        Some(GrantedScopes::NotReported | GrantedScopes::NotScopes) => None,
        None if grant.granted_scopes.is_none() && profile.scopes.silence_means_requested => Some(grant.requested_scopes.clone()),
        None => grant.granted_scopes,
    };
    Ok(grant)
}

fn mask_headers(response: &http::Response<Vec<u8>>) -> Vec<Pair> {
    mcphub_oauth::plan::mask(response, &[], &[]).headers
}

/// Takes over what a run of steps says of a grant.
pub(super) fn apply(grant: &mut Grant, discovered: &Discovered, outcome: &mcphub_oauth::hook::Outcome) {
    grant.account_label = outcome.account_label.clone().or(grant.account_label.take());
    grant.account_id = outcome.account_id.clone().or(grant.account_id.take());
    if let Some(scope) = &outcome.granted_scope {
        grant.granted_scopes = Some(mcphub_oauth::scopes::read(&discovered.party.profile().scopes, scope));
    }
    if let (Some(rule), Some(token)) = (&outcome.expiry, grant.tokens.get_mut(&grant.primary)) {
        let access = token.access.secret().clone();
        token.expires_at = token::expiry(rule, &serde_json::Value::Null, &access, token.obtained_at);
    }
}

/// Whose account it is. A login is not lost because that cannot be told.
async fn look_up(hub: &Hub, entry: &Entry, discovered: &Discovered, accepted: &AcceptedCallback, mut grant: Grant) -> Grant {
    if !discovered.party.plugin.handles(FlowOperation::Lookup) {
        return grant;
    }
    let found = {
        let run = Run { grant: Some(&grant), captured: &grant.captured, code: None, verifier: None, ..run_of(accepted, FlowOperation::Lookup) };
        steps::run(hub, entry, discovered, run).await
    };
    let action = entry.journal.begin(Stage::Exchange, "whose account it is");
    match found {
        Ok(found) => {
            apply(&mut grant, discovered, &found.outcome);
            grant.captured = found.captured;
            action.done(grant.account_label.clone().unwrap_or_else(|| "not told".to_owned()));
        }
        Err(error) => action.failed(error.to_string(), Some("The login works all the same; only the account's name is missing.".into())),
    }
    grant
}

async fn keep(hub: &Hub, entry: &Entry, grant: &Grant) -> Result<(), ConnectError> {
    let _lease = hub.parts.store.lease(&entry.key).await?;
    let before = hub.parts.store.grant(&entry.key).await?.map(|stored| stored.version);
    hub.parts.store.put_grant(&entry.key, grant, before).await?;
    entry.update(|state| {
        state.forced = None;
        state.challenge = None;
    });
    entry.set_status(Status::Connecting, None);
    hub.tickets.close(entry.name());
    hub.tell(Change::Granted(entry.name().to_owned()));
    Ok(())
}

/// What a grant gives, without a secret.
pub(super) fn told(grant: &Grant) -> String {
    let scopes = grant.granted_scopes.as_ref().map_or_else(|| "scopes not told".to_owned(), |scopes| scopes.join(" "));
    let refresh = if grant.primary().is_some_and(|token| token.refresh.is_some()) { "can be refreshed" } else { "no refresh token" };
    let end = grant.primary().and_then(|token| token.expires_at).map(|end| humantime::format_rfc3339_seconds(end).to_string());
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
        TokenError::Unreadable(_) | TokenError::NoToken => return ConnectError::Token(error),
    };
    match fault_of(hub, entry, discovered, (operation, status, code.as_deref()), response).await {
        Ok(fault) if fault.class == ErrorClass::Unknown && fault.message.is_none() => ConnectError::Provider(Fault {
            message: Some(error.to_string()),
            ..fault
        }),
        Ok(fault) => ConnectError::Provider(fault),
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
    let redirect_uri = hub.redirect_uri(entry);
    let context = discovered.party.context(url_of(entry)?, &discovered.matter(&redirect_uri), hub.parts.clock.now());
    let body = mask_text(response, &[]);
    let shown: String = body.chars().take(64 * 1024).collect();
    let hook = discovered.party.plugin.classify_error(&context, operation, status, &mask_headers(response), &shown).await?;
    let kind = hub.parts.store.client(entry.name(), discovered.metadata.issuer.as_str()).await?.map(|client| client.kind);
    let kind = if entry.server.oauth.client_id.is_some() { Some(mcphub_oauth::hook::ClientKind::Configured) } else { kind };
    let reported = Reported { operation, status, code, body: &body, client: kind };
    Ok(hook.unwrap_or_else(|| classify(&discovered.party.profile().errors, reported)))
}

/// What a failed sign-in teaches for the next one.
async fn learn(hub: &Hub, entry: &Entry, discovered: &Discovered, error: &ConnectError) {
    let ConnectError::Provider(fault) = error else {
        return;
    };
    tracing::debug!(server.name = entry.name(), "{}: {} {}", entry.name(), sentence(fault), remedy(fault));
    match &fault.class {
        ErrorClass::ResourceRejected => entry.update(|state| state.without_resource = true),
        ErrorClass::ReregisterClient => forget_client(hub, entry).await,
        ErrorClass::ClientConfigWrong(_) if discovered.party.profile().guides.is_empty() => {}
        ErrorClass::ClientConfigWrong(_) => entry.set_status(Status::SetupRequired, Some(sentence(fault))),
        _ => {}
    }
}

pub(super) async fn forget_client(hub: &Hub, entry: &Entry) {
    if let Err(error) = hub.parts.store.delete_clients(entry.name()).await {
        tracing::warn!(server.name = entry.name(), "{}: the registered client cannot be forgotten: {error}", entry.name());
    }
}
