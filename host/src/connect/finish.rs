//! The end of a sign-in: callback, exchange, whose account it is, and a grant that lasts.

use mcphub_oauth::browser::BrowserId;
use mcphub_oauth::callback::{self, AcceptedCallback, CallbackError};
use mcphub_oauth::client::Client;
use mcphub_oauth::error::{Reported, classify, remedy, sentence};
use mcphub_oauth::grant::Grant;
use mcphub_oauth::hook::{ClientKind, FlowOperation, ReadCallback};
use mcphub_oauth::mask;
use mcphub_oauth::profile::{ConfigFault, ErrorClass, Fault, Operation, Pair};
use url::Url;

use super::address::url_of;
use super::begin::{Begin, again};
use super::choice::{Asker, Choice};
use super::discovery::Discovered;
use super::document::IssuerTag;
use super::entry::Entry;
use super::error::ConnectError;
use super::event::Stage;
use super::exchange::{apply, exchange, run_of};
use super::hub::{Change, Flight, Hub};
use super::lessons;
use super::provide;
use super::sharing;
use super::status::Status;
use super::steps::{self, Run};
use crate::egress::Seen;

/// A sign-in that went through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// The server it was for.
    pub server: String,
    /// How a person knows the account, where the provider tells.
    pub account: Option<String>,
}

/// What a callback leads to.
#[derive(Debug)]
pub enum Finish {
    /// The person is signed in.
    Done(Finished),
    /// Something was learned: the person goes to the login page once more, most often without noticing.
    Again(Url),
    /// The person must answer a question first.
    Choose(Choice),
}

/// Takes a callback.
pub(super) async fn finish(
    hub: &Hub,
    (params, tag): (Vec<Pair>, Option<IssuerTag>),
    browser: Option<&BrowserId>,
    asker: &Asker,
) -> Result<Finish, ConnectError> {
    let state = hub.find_state(&params).ok_or(CallbackError::UnknownState)?;
    let flight = match hub.take_flight(&state, |flight| flight.pending.started_in(browser)) {
        Some(Ok(flight)) => flight,
        Some(Err((entry, error))) => {
            let action = entry.journal.begin(Stage::Authorization, "the callback");
            action.failed(error.to_string(), Some(error.remedy().to_owned()));
            return Err(error.into());
        }
        None => return Err(CallbackError::UnknownState.into()),
    };
    if IssuerTag::in_redirect_uri(&flight.pending.client.redirect_uri) != tag {
        let action = flight.entry.journal.begin(Stage::Authorization, "the callback");
        let error = ConnectError::Callback(CallbackError::OtherRedirectUri);
        action.failed(error.to_string(), error.remedy().map(std::borrow::Cow::into_owned));
        return Err(error);
    }
    hub.parts.egress.tell(Seen::Back(&params));
    let codes = params.iter().filter(|(name, _)| may_be_a_code(name, &flight.discovered));
    codes.for_each(|(_, value)| hub.parts.egress.redaction().learn(value));
    let (entry, discovered) = (flight.entry.clone(), flight.discovered.clone());
    let (is_healed, at_terminal) = (flight.is_healed, flight.at_terminal);
    let (client, resource) = (flight.pending.client.clone(), flight.pending.resource.clone());
    let error = match finish_flight(hub, flight, params, (browser, asker)).await {
        Ok(finished) => return Ok(Finish::Done(finished)),
        Err(error) => error,
    };
    let remedy = error.remedy().map(std::borrow::Cow::into_owned);
    entry.journal.begin(Stage::Authorization, "the sign-in").failed(error.to_string(), remedy);
    entry.set_status(Status::LoginRequired, Some(error.told()));
    let has_learned = learn(hub, &entry, (&discovered, &client, resource.as_deref()), &error).await?;
    if let (true, false, Some(browser)) = (has_learned, is_healed, browser)
        && let Begin::Redirect(url) = again(hub, &entry, browser, at_terminal).await?
    {
        return Ok(Finish::Again(url));
    }
    Err(error)
}

/// A code is a secret from when it comes, also where the callback is refused.
fn may_be_a_code(name: &str, discovered: &Discovered) -> bool {
    let names = &discovered.party.profile().callback;
    name == names.code || name.contains("code") || name.contains("token")
}

async fn finish_flight(
    hub: &Hub,
    flight: Flight,
    params: Vec<Pair>,
    (browser, asker): (Option<&BrowserId>, &Asker),
) -> Result<Finished, ConnectError> {
    let Flight { entry, discovered, pending, .. } = flight;
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
    let kind = pending.client.kind;
    let mut accepted = match pending.accept(callback, browser, hub.parts.clock.now()) {
        Ok(accepted) => accepted,
        Err(CallbackError::Refused { error, said }) => {
            let said = said.map(|said| entry.redaction.shown(&said));
            let description = params.iter().find(|(name, _)| name == "error_description");
            return Err(refused(&discovered, (&error, said), description.map_or("", |(_, text)| text), kind));
        }
        Err(error) => return Err(error.into()),
    };
    action.done("a code");
    captured.extend(accepted.captured.clone());
    let grant = match exchange(hub, &entry, &discovered, &accepted, (captured.clone(), asker)).await {
        Ok(grant) => grant,
        Err(error) => match lessons::other_way(&entry, &accepted.pending.client, &discovered) {
            Some(client) if refuses_authentication(&error) => {
                accepted.pending.client = client;
                // Where that does not help either, the first refusal is the one to tell.
                let Ok(grant) = exchange(hub, &entry, &discovered, &accepted, (captured, asker)).await else {
                    return Err(error);
                };
                lessons::auth_method(hub, &accepted.pending.client).await?;
                grant
            }
            Some(_) | None => return Err(error),
        },
    };
    let grant = look_up(hub, &entry, &discovered, &accepted, (grant, asker)).await;
    hub.parts.egress.tell(Seen::Granted(grant.granted_scopes.as_deref()));
    keep(hub, &entry, &grant).await?;
    provide::remember(hub, &entry, &asker.answers()).await;
    let account = grant.account_label.map(|label| entry.redaction.shown(&label));
    Ok(Finished { server: entry.name().to_owned(), account })
}

/// What the plugin's hook reads in the callback; code and state are masked.
async fn read_by_hook(
    hub: &Hub,
    entry: &Entry,
    discovered: &Discovered,
    params: &[Pair],
) -> Result<Option<ReadCallback>, ConnectError> {
    let masked = mask::callback(params, &discovered.party.profile().callback);
    let redirect_uri = hub.redirect_uri(entry, discovered.party.profile());
    let context = discovered.party.context(url_of(entry)?, &discovered.matter(&redirect_uri), hub.parts.clock.now());
    match discovered.party.plugin.read_callback(&context, &masked).await? {
        None => Ok(None),
        Some(Ok(read)) => Ok(Some(read)),
        Some(Err(fault)) => Err(ConnectError::Provider(fault)),
    }
}

/// A refusal in the callback: the provider's table first, so that its remedy is told. `error_description` (RFC 6749
/// §4.1.2.1) as it came stands for the body there; what is shown of it is `said`.
fn refused(
    discovered: &Discovered,
    (error, said): (&str, Option<String>),
    body: &str,
    client: ClientKind,
) -> ConnectError {
    let reported =
        Reported { operation: Operation::Authorization, status: 0, code: Some(error), body, client: Some(client) };
    let fault = classify(&discovered.party.profile().errors, reported);
    match fault.class {
        ErrorClass::Unknown | ErrorClass::UserDenied if fault.message.is_none() => {
            CallbackError::Refused { error: error.to_owned(), said }.into()
        }
        _ => ConnectError::Provider(Fault { said: fault.said.clone().or(said), ..fault }),
    }
}

/// Whose account it is. A login is not lost because that cannot be told.
async fn look_up(
    hub: &Hub,
    entry: &Entry,
    discovered: &Discovered,
    accepted: &AcceptedCallback,
    (mut grant, asker): (Grant, &Asker),
) -> Grant {
    if !discovered.party.plugin.handles(FlowOperation::Lookup) {
        return grant;
    }
    let found = {
        let run = Run {
            grant: Some(&grant),
            captured: &grant.captured,
            code: None,
            verifier: None,
            asker: Some(asker),
            ..run_of(accepted, FlowOperation::Lookup)
        };
        steps::run(hub, entry, discovered, run).await
    };
    let action = entry.journal.begin(Stage::Exchange, "whose account it is");
    match found {
        Ok(found) => {
            apply(&mut grant, discovered, &found.outcome);
            grant.captured = found.captured;
            action.done(grant.account_label.clone().unwrap_or_else(|| "not told".to_owned()));
        }
        Err(error) => action.failed(
            error.to_string(),
            Some("The login works all the same; only the account's name is missing.".into()),
        ),
    }
    grant
}

pub(super) async fn keep(hub: &Hub, entry: &Entry, grant: &Grant) -> Result<(), ConnectError> {
    let lease = hub.lease(entry).await?;
    let before = hub.grant(entry).await?.map(|stored| stored.version);
    hub.parts.store.put_grant(&entry.key, grant, before).await?;
    entry.update(|state| {
        state.forced = None;
        state.challenge = None;
        state.ended = None;
    });
    entry.set_status(Status::Connecting, None);
    hub.tickets.close(entry.name());
    hub.tell(Change::Granted(entry.name().to_owned()));
    drop(lease);
    if let Some(issuer) = grant.issuer() {
        Box::pin(sharing::offer(hub, issuer)).await;
    }
    Ok(())
}

/// Whether the token endpoint did not take the way in which the client authenticates (RFC 6749 §5.2).
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

/// What a failed sign-in teaches. True: the next attempt differs from this one.
async fn learn(
    hub: &Hub,
    entry: &Entry,
    (discovered, client, resource): (&Discovered, &Client, Option<&str>),
    error: &ConnectError,
) -> Result<bool, ConnectError> {
    let ConnectError::Provider(fault) = error else {
        return Ok(false);
    };
    tracing::debug!(server.name = entry.name(), "{}", entry.shown(&remedy(fault), error));
    match &fault.class {
        ErrorClass::ResourceRejected => match resource {
            Some(resource) => lessons::without_resource(hub, entry, discovered, resource).await,
            None => Ok(false),
        },
        ErrorClass::ReregisterClient => {
            forget_client(hub, entry, client).await;
            Ok(true)
        }
        ErrorClass::ClientConfigWrong(_) if !discovered.party.profile().setup.is_empty() => {
            entry.set_status(Status::SetupRequired, Some(sentence(fault)));
            Ok(false)
        }
        _ => Ok(false),
    }
}

/// This server's login showed that the client is gone. Only what was registered for this very server is forgotten, and not
/// while a grant needs it: another server's login can neither know nor say that the client is gone.
pub(super) async fn forget_client(hub: &Hub, entry: &Entry, client: &Client) {
    entry.update(|state| state.gone_client.clone_from(&client.id));
    if let Err(error) = hub.parts.store.delete_client(&entry.server.entry, client).await {
        tracing::warn!(
            server.name = entry.name(),
            "{}: the registered client cannot be forgotten: {error}",
            entry.name()
        );
    }
}
