//! What the hub does when a server refuses a request. It uses a newer grant, refreshes, shares another server's login,
//! or asks a person.

use std::sync::Arc;

use http::StatusCode;
use mcphub_oauth::challenge::{self, Challenge};
use mcphub_oauth::token::TokenError;

use super::blocked::{announce, blocked, failed};
use super::credential::{Blocked, Refusal, RequestCredential};
use super::refusal::{Held, beyond_a_login};
use super::request::{carried, held, provider_of};
use crate::connect::core::at_issuer::AtIssuer;
use crate::connect::core::entry::Entry;
use crate::connect::core::error::{ConnectError, GrantError};
use crate::connect::core::event::Stage;
use crate::connect::core::memory::Demand;
use crate::connect::core::observer::LoginStep;
use crate::connect::core::parts::Core;
use crate::connect::core::state::{Failure, FailureCode, ServerState};
use crate::connect::grant::refresh::{self, Refreshed};
use crate::connect::grant::{sharing, unattended};
use crate::connect::prepare::preparation::{Prepared, prepare};

/// Handles a refused request. `Ok` holds a credential, and the caller replays the request with it once.
#[tracing::instrument(name = "access.refused", skip_all, fields(server.name = entry.name(), http.status = refusal.status.as_u16()))]
pub(crate) async fn refused(
    core: &Core,
    entry: &Arc<Entry>,
    refusal: &Refusal,
    used: Option<&RequestCredential>,
) -> Result<RequestCredential, Blocked> {
    // Requests that are refused together wait here. The first one renews the grant, and the others find its result.
    let _one_at_a_time = entry.flow.lock().await;
    let (status, challenges, tool) = (refusal.status, refusal.challenges.as_slice(), refusal.tool.as_deref());
    core.observe(LoginStep::Refused { status, challenges, tool });
    if entry.server.oauth.grant.is_unattended() {
        return refused_unattended(core, entry, refusal, used).await;
    }
    match renewed(core, entry, refusal, used).await {
        Ok(Some(credential)) => Ok(credential),
        Ok(None) => {
            if used.is_some() {
                stop_if_no_login_helps(core, entry, refusal).await?;
            }
            login_needed(core, entry, refusal).await
        }
        Err(error) if error.is_transient() => Err(failed(entry, &error)),
        Err(error) => {
            tracing::debug!(server.name = entry.name(), "{}", entry.shown("refused", &error));
            login_needed(core, entry, refusal).await
        }
    }
}

/// Stops if the plugin knows that another login would not change the server's answer.
async fn stop_if_no_login_helps(core: &Core, entry: &Entry, refusal: &Refusal) -> Result<(), Blocked> {
    let asked = async {
        let Some(stored) = core.grant(entry).await? else { return Ok(None) };
        let provider = provider_of(core, entry, &stored.value).await?;
        beyond_a_login(core, entry, refusal, Held { provider: &provider, grant: &stored.value }).await
    };
    match asked.await {
        Ok(None) => Ok(()),
        Ok(Some(problem)) => {
            let problem = entry.redaction.shown(&problem);
            entry.failed(&Failure::new(FailureCode::TokenRefused, problem.clone(), core.now()));
            Err(Blocked::Failed { server: entry.name().to_owned(), problem })
        }
        Err(error) => Err(failed(entry, &error)),
    }
}

/// Handles a refusal where no person takes part: another grant is obtained, but only once in a row.
async fn refused_unattended(
    core: &Core,
    entry: &Entry,
    refusal: &Refusal,
    used: Option<&RequestCredential>,
) -> Result<RequestCredential, Blocked> {
    let seen = used.map(|used| used.version);
    // The server refused even the token that was made after its last refusal. One more would end the same way.
    if seen.is_some() && entry.memory().refreshed_by_force == seen {
        let problem = "the server refuses the token that its own authorization server gave just now. Check oauth.scopes and oauth.resource.";
        return Err(Blocked::Failed { server: entry.name().to_owned(), problem: problem.to_owned() });
    }
    if let Some(challenge) = challenge::accept(refusal.challenges.iter().map(String::as_str)) {
        entry.remember(|memory| memory.demand.challenge = Some(challenge));
    }
    let obtained = async {
        let stored = unattended::obtain(core, entry, seen).await?;
        entry.remember(|memory| memory.refreshed_by_force = Some(stored.version));
        let provider = provider_of(core, entry, &stored.value).await?;
        carried(core, &provider, &stored)
    };
    match obtained.await {
        Ok(Some(credential)) => Ok(credential),
        Ok(None) => Err(failed(entry, &GrantError::Token(TokenError::NoToken).into())),
        Err(error) => {
            entry.failed_by(&error, Stage::Exchange);
            Err(failed(entry, &error))
        }
    }
}

/// A better credential than the refused one: a newer one that was made in the meantime, or the result of one forced
/// refresh.
async fn renewed(
    core: &Core,
    entry: &Entry,
    refusal: &Refusal,
    used: Option<&RequestCredential>,
) -> Result<Option<RequestCredential>, ConnectError> {
    let Some(stored) = core.grant(entry).await? else {
        return Ok(None);
    };
    let provider = provider_of(core, entry, &stored.value).await?;
    if used.is_none_or(|used| used.version != stored.version) {
        return carried(core, &provider, &stored);
    }
    // Only a 401 says that the token is bad. A 403 asks for more scopes, and a refresh does not add any.
    if refusal.status != StatusCode::UNAUTHORIZED || entry.memory().refreshed_by_force == Some(stored.version) {
        return Ok(None);
    }
    match refresh::refresh(core, entry, stored.version).await? {
        Refreshed::Newer(newer) => {
            entry.remember(|memory| memory.refreshed_by_force = Some(newer.version));
            carried(core, &provider, &newer)
        }
        Refreshed::Impossible | Refreshed::Ended => Ok(None),
    }
}

/// Prepares a login for a person and returns the way to start it. If another server's login fits, that login is used
/// instead.
async fn login_needed(core: &Core, entry: &Entry, refusal: &Refusal) -> Result<RequestCredential, Blocked> {
    let challenge = challenge::accept(refusal.challenges.iter().map(String::as_str));
    let memory = entry.memory();
    let waits = matches!(entry.state(), ServerState::LoginRequired { .. } | ServerState::SetupRequired { .. });
    // The person was already asked for exactly this. They only get the link again.
    if waits && memory.demand.challenge == challenge && memory.discovered.is_some() {
        return Err(blocked(core, entry).await);
    }
    if challenge.as_ref().is_some_and(Challenge::wants_more_scopes) {
        let wanted = challenge.as_ref().map(|challenge| challenge.scope.join(" ")).unwrap_or_default();
        entry.journal.begin(Stage::StepUp, "more scopes").waiting(format!("the server wants {wanted}"));
    }
    // The demand is new and may name another authorization server, so discovery has to start again.
    entry.remember(|memory| {
        memory.demand = Demand { challenge, tool: refusal.tool.clone() };
        memory.discovered = None;
    });
    let prepared = prepare(core, entry).await.map_err(|error| failed(entry, &error))?;
    match shared(core, entry, &prepared).await {
        Ok(Some(credential)) => Ok(credential),
        Ok(None) => {
            announce(core, entry, &prepared).await;
            Err(blocked(core, entry).await)
        }
        Err(error) => Err(failed(entry, &error)),
    }
}

async fn shared(core: &Core, entry: &Entry, prepared: &Prepared) -> Result<Option<RequestCredential>, ConnectError> {
    let Prepared::Ready(discovered, client) = prepared else { return Ok(None) };
    if !sharing::adopt(AtIssuer { core, entry, discovered }, client).await? {
        return Ok(None);
    }
    entry.connecting();
    held(core, entry).await
}
