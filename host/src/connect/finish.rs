//! The end of a sign-in: callback, exchange, whose account it is, and a grant that lasts.

use mcphub_oauth::browser::BrowserId;
use mcphub_oauth::callback::{self, AcceptedCallback, CallbackError};
use mcphub_oauth::error::{Reported, classify, remedy, sentence};
use mcphub_oauth::grant::Grant;
use mcphub_oauth::hook::{FlowOperation, ReadCallback};
use mcphub_oauth::plan::MASK;
use mcphub_oauth::profile::{ErrorClass, Operation, Pair};

use super::discovery::{Discovered, url_of};
use super::entry::Entry;
use super::error::ConnectError;
use super::event::Stage;
use super::exchange::{apply, exchange, run_of};
use super::hub::{Change, Flight, Hub};
use super::status::Status;
use super::steps::{self, Run};

/// A sign-in that went through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// The server it was for.
    pub server: String,
    /// How a person knows the account, where the provider tells.
    pub account: Option<String>,
}

/// Takes a callback.
pub(super) async fn finish(
    hub: &Hub,
    params: Vec<Pair>,
    browser: Option<&BrowserId>,
) -> Result<Finished, ConnectError> {
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

async fn finish_flight(
    hub: &Hub,
    flight: Flight,
    params: Vec<Pair>,
    browser: Option<&BrowserId>,
) -> Result<Finished, ConnectError> {
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
) -> Result<Option<ReadCallback>, ConnectError> {
    let names = &discovered.party.profile().callback;
    let hidden =
        |name: &str| name == names.code || name == names.state || name.contains("code") || name.contains("token");
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
    let reported =
        Reported { operation: Operation::Authorization, status: 0, code: Some(error), body: "", client: None };
    let fault = classify(&discovered.party.profile().errors, reported);
    match fault.class {
        ErrorClass::Unknown | ErrorClass::UserDenied if fault.message.is_none() => {
            CallbackError::Refused { error: error.to_owned() }.into()
        }
        _ => ConnectError::Provider(fault),
    }
}

/// Whose account it is. A login is not lost because that cannot be told.
async fn look_up(
    hub: &Hub,
    entry: &Entry,
    discovered: &Discovered,
    accepted: &AcceptedCallback,
    mut grant: Grant,
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
        tracing::warn!(
            server.name = entry.name(),
            "{}: the registered client cannot be forgotten: {error}",
            entry.name()
        );
    }
}
