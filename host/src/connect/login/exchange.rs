//! The exchange of the code for tokens (RFC 6749 §4.1.3), by the RFC or by the plugin's steps.

use http::Response;
use mcphub_oauth::callback::AcceptedCallback;
use mcphub_oauth::grant::Grant;
use mcphub_oauth::hook::{FlowOperation, GrantedScopes};
use mcphub_oauth::profile::{ConfigFault, ErrorClass, Operation, Pair};
use mcphub_oauth::template::Slots;
use mcphub_oauth::token::{self, TokenError, Tokens};

use super::accepted::{AcceptedLogin, OpenQuestion, Point, StepOutcome};
use crate::connect::core::address::address_of;
use crate::connect::core::at_issuer::AtIssuer;
use crate::connect::core::error::{ConnectError, GrantError};
use crate::connect::core::event::Stage;
use crate::connect::core::parts::Core;
use crate::connect::core::provider::HookInput;
use crate::connect::discovery::issuer_binding::{self, Attendance};
use crate::connect::discovery::learned;
use crate::connect::grant::plugin_steps::{self, Ending, Found, Progress, StepRun};
use crate::connect::grant::token_answer::{apply, mask_headers, summary};
use crate::connect::grant::token_request::{self, TokenAnswer, TokenCall};
use crate::connect::grant::{dpop, fresh};

/// Exchanges the code. If the issuer refuses the client's authentication method and lists another one, that one is
/// tried once, and remembered if it works.
#[tracing::instrument(name = "login.exchange", skip_all, fields(server.name = login.entry.name()))]
pub(crate) async fn exchange(
    core: &Core,
    login: &mut AcceptedLogin,
    progress: Progress,
) -> Result<StepOutcome<Grant>, ConnectError> {
    let refused = match once(core, login, progress.clone()).await {
        Err(error) if refuses_authentication(&error) => error,
        outcome => return outcome,
    };
    let client = &login.accepted.pending.client;
    let Some(other) = learned::other_way(&login.entry, client, &login.discovered) else {
        return Err(refused);
    };
    login.accepted.pending.client = other;
    match once(core, login, progress).await {
        Ok(step) => {
            learned::auth_method(core, &login.accepted.pending.client).await?;
            Ok(step)
        }
        // If that fails too, the first refusal is the one to show.
        Err(_) => Err(refused),
    }
}

async fn once(core: &Core, login: &AcceptedLogin, progress: Progress) -> Result<StepOutcome<Grant>, ConnectError> {
    let at = AtIssuer { core, entry: &login.entry, discovered: &login.discovered };
    issuer_binding::bind(at, Attendance::Person).await?;
    if !at.discovered.provider.plugin.handles(FlowOperation::Exchange) {
        return by_the_rules(at, login).await.map(StepOutcome::Done);
    }
    let run = run_of(login, FlowOperation::Exchange);
    Ok(match plugin_steps::run(at, run, progress).await? {
        Ending::Done(found) => StepOutcome::Done(granted_by_steps(at, &login.accepted, *found)?),
        Ending::Asks(question, progress) => {
            StepOutcome::Asks(OpenQuestion { question, point: Point::Exchange(progress) })
        }
    })
}

async fn by_the_rules(at: AtIssuer<'_>, login: &AcceptedLogin) -> Result<Grant, ConnectError> {
    let accepted = &login.accepted;
    let pending = &accepted.pending;
    let metadata = &at.discovered.metadata;
    let request = {
        let slots = Slots {
            captured: &accepted.captured,
            client: Some(&pending.client),
            code: Some(&accepted.code),
            verifier: pending.verifier.as_ref(),
            state: Some(&pending.state),
            redirect_uri: Some(&pending.client.redirect_uri),
            resource: pending.resource.as_deref(),
            ..at.slots()
        };
        token::request(accepted, metadata, at.profile(), &slots)?
    };
    let key = dpop::key(login.is_bound)?;
    let ask = TokenCall {
        stage: Stage::Exchange,
        operation: Operation::Exchange,
        endpoint: &metadata.token_endpoint,
        request,
        key: key.as_ref(),
        unanswered: "Get a fresh link and sign in again.",
    };
    let TokenAnswer { tokens, response, action } = token_request::ask(at, ask).await?;
    let dpop = key.filter(|_| tokens.bound);
    let grant = Grant { dpop, ..granted(at, accepted, tokens, &response).await? };
    action.done(summary(&grant));
    Ok(grant)
}

/// A run of the plugin's steps during an exchange.
pub(crate) fn run_of(login: &AcceptedLogin, operation: FlowOperation) -> StepRun<'_> {
    let pending = &login.accepted.pending;
    StepRun {
        operation,
        stage: Stage::Exchange,
        client: &pending.client,
        grant: None,
        code: Some(&login.accepted.code),
        verifier: pending.verifier.as_ref(),
        state: Some(&pending.state),
        resource: pending.resource.as_deref(),
        requested: &pending.scopes,
        answers: &login.answers,
    }
}

fn granted_by_steps(at: AtIssuer<'_>, accepted: &AcceptedCallback, found: Found) -> Result<Grant, ConnectError> {
    let primary = found.outcome.primary.clone().unwrap_or_else(|| "main".to_owned());
    if !found.tokens.contains_key(&primary) {
        return Err(GrantError::Token(TokenError::NoToken).into());
    }
    if !found.tokens.values().all(token::can_be_sent) {
        return Err(GrantError::Token(TokenError::BadToken).into());
    }
    let tokens = Tokens { by_slot: found.tokens, scopes: found.scopes, captured: found.captured, bound: false };
    let mut grant = fresh::grant(request_of(at, accepted)?, tokens);
    grant.primary = primary;
    apply(&mut grant, at.discovered, &found.outcome);
    Ok(grant)
}

fn request_of<'a>(at: AtIssuer<'a>, accepted: &'a AcceptedCallback) -> Result<fresh::Request<'a>, ConnectError> {
    let pending = &accepted.pending;
    Ok(fresh::Request {
        address: address_of(at.entry)?,
        discovered: at.discovered,
        client: &pending.client,
        resource: pending.resource.clone(),
        scopes: pending.scopes.clone(),
    })
}

/// The grant in an answer. The plugin's hook sees first what the answer says about scopes.
async fn granted(
    at: AtIssuer<'_>,
    accepted: &AcceptedCallback,
    mut tokens: Tokens,
    response: &Response<Vec<u8>>,
) -> Result<Grant, ConnectError> {
    let mut captured = accepted.captured.clone();
    captured.append(&mut tokens.captured);
    tokens.captured = captured;
    let mut grant = fresh::grant(request_of(at, accepted)?, tokens);
    let redirect_uri = &accepted.pending.client.redirect_uri;
    let input = HookInput { grant: Some(&grant), ..at.discovered.hook_input(redirect_uri) };
    let headers: Vec<Pair> = mask_headers(response);
    let text = grant.granted_scopes.as_ref().map(|scopes| scopes.join(" "));
    let said = at.discovered.provider.plugin.granted(&at.context(&input)?, text.as_deref(), &headers).await?;
    grant.granted_scopes = match said {
        Some(GrantedScopes::Listed(scopes)) => Some(scopes),
        Some(GrantedScopes::AsRequested) => Some(grant.requested_scopes.clone()),
        Some(GrantedScopes::NotReported | GrantedScopes::NotScopes) => None,
        None if grant.granted_scopes.is_none() && at.profile().scopes.silence_means_requested => {
            Some(grant.requested_scopes.clone())
        }
        None => grant.granted_scopes,
    };
    Ok(grant)
}

/// Whether the token endpoint refused the client's authentication method (RFC 6749 §5.2).
fn refuses_authentication(error: &ConnectError) -> bool {
    let ConnectError::Provider(fault) = error else {
        return false;
    };
    matches!(
        fault.class,
        ErrorClass::AuthMethodRejected
            | ErrorClass::ReregisterClient
            | ErrorClass::ClientConfigWrong(ConfigFault::Secret)
    )
}
