//! What requests to MCP servers carry, and what comes of a refusal.

use std::sync::Arc;

use http::{HeaderName, HeaderValue, StatusCode};
use mcphub_oauth::bearer;
use mcphub_oauth::challenge;
use mcphub_oauth::grant::Grant;
use mcphub_oauth::template::Slots;

use super::begin::{Prepared, prepare};
use super::credential::{Blocked, Credential, Refusal};
use super::due::{ends_soon, is_due, waits};
use super::entry::Entry;
use super::error::ConnectError;
use super::event::Stage;
use super::hub::{Change, Hub};
use super::machine;
use super::party::Party;
use super::possession::Possession;
use super::refresh::{self, Refreshed};
use super::refusal::beyond_a_login;
use super::sharing;
use super::status::Status;
use crate::egress::Seen;
use crate::store::{StoreError, Stored};

/// What the next request carries. None: there is no grant, and none is known to be needed.
pub(super) async fn credential(hub: &Hub, entry: &Entry) -> Result<Option<Credential>, Blocked> {
    if !entry.server.uses_oauth() || entry.url().is_none() {
        return Ok(None);
    }
    match held(hub, entry).await {
        Ok(Some(credential)) => Ok(Some(credential)),
        Ok(None) => match entry.state().status {
            Status::LoginRequired | Status::SetupRequired => Err(blocked(hub, entry)),
            Status::Connected | Status::Connecting | Status::Failed | Status::Disabled => Ok(None),
        },
        Err(error) => {
            if matches!(error, ConnectError::Store(StoreError::Sealed { .. })) {
                entry.set_status(Status::Failed, Some(error.told()));
            }
            Err(failed(entry, &error))
        }
    }
}

/// The credential of the stored grant, refreshed if it is due.
async fn held(hub: &Hub, entry: &Entry) -> Result<Option<Credential>, ConnectError> {
    let Some(stored) = hub.grant(entry).await? else {
        return Ok(None);
    };
    let party = party(hub, entry, &stored.value).await?;
    if entry.server.oauth.grant.is_of_machine() {
        return of_machine(hub, entry, &party, stored).await;
    }
    let now = hub.parts.clock.now();
    if !is_due(party.profile(), &stored.value, now) || waits(entry, &stored.value, now) {
        return carried(hub, &party, &stored);
    }
    match refresh::refresh(hub, entry, stored.version).await {
        Ok(Refreshed::Newer(newer)) => carried(hub, &party, &newer),
        Ok(Refreshed::Impossible) => carried(hub, &party, &stored),
        Ok(Refreshed::Ended) => {
            prepare(hub, entry).await?;
            Ok(None)
        }
        // A passing fault does not take away a token that may still be good: the server will tell.
        Err(error) => {
            tracing::debug!(server.name = entry.name(), "{}", entry.shown("not refreshed", &error));
            carried(hub, &party, &stored)
        }
    }
}

/// The same without a person: what ends soon is replaced first, if that can be done.
async fn of_machine(
    hub: &Hub,
    entry: &Entry,
    party: &Party,
    stored: Stored<Grant>,
) -> Result<Option<Credential>, ConnectError> {
    if !ends_soon(party.profile(), &stored.value, hub.parts.clock.now()) {
        return carried(hub, party, &stored);
    }
    match machine::obtain(hub, entry, Some(stored.version)).await {
        Ok(newer) => carried(hub, party, &newer),
        Err(error) => {
            tracing::debug!(server.name = entry.name(), "{}", entry.shown("no new grant", &error));
            carried(hub, party, &stored)
        }
    }
}

/// The plugin for a grant; needs no network.
async fn party(hub: &Hub, entry: &Entry, grant: &Grant) -> Result<Party, ConnectError> {
    let issuer = grant.issuer();
    if let Some(known) = issuer.and_then(|issuer| entry.known(issuer)) {
        return Ok(known.party.clone());
    }
    let url = super::address::url_of(entry)?;
    Party::choose(hub, entry, url, issuer, None).await
}

fn carried(hub: &Hub, party: &Party, stored: &Stored<Grant>) -> Result<Option<Credential>, ConnectError> {
    let redaction = hub.parts.egress.redaction();
    for token in stored.value.tokens.values() {
        redaction.learn(token.access.secret());
        token.refresh.iter().for_each(|refresh| redaction.learn(refresh.secret()));
    }
    let slots = Slots {
        captured: &stored.value.captured,
        tokens: Some(&stored.value.tokens),
        ..party.slots(hub.parts.clock.now(), &hub.parts.random)
    };
    let Some(bearer) = bearer::request(&party.profile().requests, &stored.value, &slots)? else {
        return Ok(None);
    };
    let mut headers = Vec::new();
    for (name, value) in bearer.headers {
        let bad = |_| mcphub_oauth::BuildError::Header(name.clone());
        let header = HeaderName::try_from(name.as_str()).map_err(|error| bad(error.into()))?;
        let mut value = HeaderValue::try_from(value).map_err(|error| bad(http::Error::from(error)))?;
        value.set_sensitive(true);
        headers.push((header, value));
    }
    let token = stored.value.primary().map(|token| &token.access);
    let possession = stored.value.dpop.as_ref().zip(token).map(|(key, token)| Possession::new(hub, key, token));
    let possession = possession.transpose()?;
    Ok(Some(Credential { headers, query: bearer.query, possession, generation: stored.version }))
}

/// A server refused. Ok: replay the request once with this.
pub(super) async fn refused(
    hub: &Hub,
    entry: &Arc<Entry>,
    refusal: &Refusal,
    used: Option<&Credential>,
) -> Result<Credential, Blocked> {
    let _one_at_a_time = entry.flow.lock().await;
    let (status, challenges, tool) = (refusal.status, refusal.challenges.as_slice(), refusal.tool.as_deref());
    hub.parts.egress.tell(Seen::Refused { status, challenges, tool });
    if entry.server.oauth.grant.is_of_machine() {
        return refused_machine(hub, entry, refusal, used).await;
    }
    match renewed(hub, entry, refusal, used).await {
        Ok(Some(credential)) => Ok(credential),
        Ok(None) => {
            if used.is_some() {
                mendable(hub, entry, refusal).await?;
            }
            login_needed(hub, entry, refusal).await
        }
        Err(error) if error.is_transient() => Err(failed(entry, &error)),
        Err(error) => {
            tracing::debug!(server.name = entry.name(), "{}", entry.shown("refused", &error));
            login_needed(hub, entry, refusal).await
        }
    }
}

/// Stops where the plugin knows that a login does not mend what the server refused a token for.
async fn mendable(hub: &Hub, entry: &Entry, refusal: &Refusal) -> Result<(), Blocked> {
    let asked = async {
        let Some(stored) = hub.grant(entry).await? else { return Ok(None) };
        let party = party(hub, entry, &stored.value).await?;
        beyond_a_login(hub, entry, refusal, (&party, &stored.value)).await
    };
    match asked.await {
        Ok(None) => Ok(()),
        Ok(Some(problem)) => {
            let problem = entry.redaction.shown(&problem);
            entry.set_status(Status::Failed, Some(problem.clone()));
            Err(Blocked::Failed { server: entry.name().to_owned(), problem })
        }
        Err(error) => Err(failed(entry, &error)),
    }
}

/// A server refused a hub that needs no person: a grant is obtained, once.
async fn refused_machine(
    hub: &Hub,
    entry: &Entry,
    refusal: &Refusal,
    used: Option<&Credential>,
) -> Result<Credential, Blocked> {
    let seen = used.map(|used| used.generation);
    if seen.is_some() && entry.state().forced == seen {
        let problem = "the server refuses the token that its own authorization server gave just now. Check oauth.scopes and oauth.resource.";
        return Err(Blocked::Failed { server: entry.name().to_owned(), problem: problem.to_owned() });
    }
    if let Some(challenge) = challenge::accept(refusal.challenges.iter().map(String::as_str)) {
        entry.update(|state| state.challenge = Some(challenge));
    }
    let obtained = async {
        let stored = machine::obtain(hub, entry, seen).await?;
        entry.update(|state| state.forced = Some(stored.version));
        let party = party(hub, entry, &stored.value).await?;
        carried(hub, &party, &stored)
    };
    match obtained.await {
        Ok(Some(credential)) => Ok(credential),
        Ok(None) => Err(failed(entry, &ConnectError::Token(mcphub_oauth::token::TokenError::NoToken))),
        Err(error) => {
            entry.set_status(Status::Failed, Some(error.told()));
            Err(failed(entry, &error))
        }
    }
}

/// A better credential than the one refused: somebody else's newer one, or that of one forced refresh.
async fn renewed(
    hub: &Hub,
    entry: &Entry,
    refusal: &Refusal,
    used: Option<&Credential>,
) -> Result<Option<Credential>, ConnectError> {
    let Some(stored) = hub.grant(entry).await? else {
        return Ok(None);
    };
    let party = party(hub, entry, &stored.value).await?;
    if used.is_none_or(|used| used.generation != stored.version) {
        return carried(hub, &party, &stored);
    }
    if refusal.status != StatusCode::UNAUTHORIZED || entry.state().forced == Some(stored.version) {
        return Ok(None);
    }
    match refresh::refresh(hub, entry, stored.version).await? {
        Refreshed::Newer(newer) => {
            entry.update(|state| state.forced = Some(newer.version));
            carried(hub, &party, &newer)
        }
        Refreshed::Impossible | Refreshed::Ended => Ok(None),
    }
}

/// Sees to it that a person can log in, and says how; where the login of another server does, that is used.
async fn login_needed(hub: &Hub, entry: &Entry, refusal: &Refusal) -> Result<Credential, Blocked> {
    let challenge = challenge::accept(refusal.challenges.iter().map(String::as_str));
    let known = entry.state();
    let prepared =
        matches!(known.status, Status::LoginRequired | Status::SetupRequired) && known.challenge == challenge;
    if prepared && known.discovered.is_some() {
        return Err(blocked(hub, entry));
    }
    if challenge.as_ref().is_some_and(challenge::Challenge::wants_more_scopes) {
        let wanted = challenge.as_ref().map(|challenge| challenge.scope.join(" ")).unwrap_or_default();
        entry.journal.begin(Stage::StepUp, "more scopes").waiting(format!("the server wants {wanted}"));
    }
    entry.update(|state| {
        state.challenge = challenge;
        state.tool.clone_from(&refusal.tool);
        state.discovered = None;
    });
    let prepared = prepare(hub, entry).await.map_err(|error| failed(entry, &error))?;
    match shared(hub, entry, &prepared).await {
        Ok(Some(credential)) => Ok(credential),
        Ok(None) => {
            announce(hub, entry, &prepared);
            Err(blocked(hub, entry))
        }
        Err(error) => Err(failed(entry, &error)),
    }
}

async fn shared(hub: &Hub, entry: &Entry, prepared: &Prepared) -> Result<Option<Credential>, ConnectError> {
    let Prepared::Ready(discovered, client) = prepared else { return Ok(None) };
    if !sharing::adopt(hub, entry, discovered, client).await? {
        return Ok(None);
    }
    entry.set_status(Status::Connecting, None);
    held(hub, entry).await
}

fn announce(hub: &Hub, entry: &Entry, prepared: &Prepared) {
    let link = link(hub, entry);
    match prepared {
        Prepared::Ready(..) => tracing::info!(server.name = entry.name(), "{} needs a login: {link}", entry.name()),
        Prepared::Setup(..) => {
            tracing::info!(server.name = entry.name(), "{} needs to be set up: {link}", entry.name());
        }
    }
    hub.tell(Change::LoginNeeded(entry.name().to_owned(), link));
}

/// A link that starts the login in whichever browser opens it first.
pub(super) fn link(hub: &Hub, entry: &Entry) -> url::Url {
    let ticket = hub.tickets.current(entry.name(), hub.parts.clock.now(), &hub.parts.random);
    hub.page(entry, &format!("/connect/{ticket}"))
}

fn blocked(hub: &Hub, entry: &Entry) -> Blocked {
    let (server, link) = (entry.name().to_owned(), link(hub, entry));
    match entry.state().status {
        Status::SetupRequired => Blocked::Setup { server, link },
        Status::Connected | Status::Connecting | Status::LoginRequired | Status::Failed | Status::Disabled => {
            Blocked::Login { server, link }
        }
    }
}

fn failed(entry: &Entry, error: &ConnectError) -> Blocked {
    Blocked::Failed { server: entry.name().to_owned(), problem: entry.redaction.shown(&error.told()) }
}
