//! The credential that the next request to a server carries.

use std::time::SystemTime;

use http::{HeaderName, HeaderValue};
use mcphub_oauth::bearer;
use mcphub_oauth::grant::Grant;
use mcphub_oauth::lifetime::{access_token_ends_soon_at, refresh_due};
use mcphub_oauth::template::Slots;

use super::blocked::{blocked, failed};
use super::credential::{Blocked, RequestCredential};
use crate::connect::core::address::url_of;
use crate::connect::core::entry::Entry;
use crate::connect::core::error::ConnectError;
use crate::connect::core::event::Stage;
use crate::connect::core::parts::Core;
use crate::connect::core::provider::Provider;
use crate::connect::core::state::ServerState;
use crate::connect::discovery::provider_choice;
use crate::connect::grant::dpop::DpopProof;
use crate::connect::grant::refresh::{self, Refreshed};
use crate::connect::grant::unattended;
use crate::connect::prepare::preparation::prepare;
use crate::store::{StoreError, Stored};

/// The credential for the next request. `None` means that there is no grant, and that no login is known to be needed.
#[tracing::instrument(name = "access.credential", level = "debug", skip_all, fields(server.name = entry.name()))]
pub(crate) async fn credential(core: &Core, entry: &Entry) -> Result<Option<RequestCredential>, Blocked> {
    if !entry.server.uses_oauth() || entry.url().is_none() {
        return Ok(None);
    }
    match held(core, entry).await {
        Ok(Some(credential)) => {
            entry.remember(|memory| memory.in_use = Some(credential.version));
            Ok(Some(credential))
        }
        Ok(None) => match entry.state() {
            ServerState::LoginRequired { .. } | ServerState::SetupRequired { .. } => Err(blocked(core, entry).await),
            ServerState::Connected
            | ServerState::Connecting
            | ServerState::Unstable(_)
            | ServerState::Failed(_)
            | ServerState::Disabled => Ok(None),
        },
        Err(error) => {
            // A sealed grant stays unreadable until a person acts, so the state must say so. Other store errors may
            // pass.
            if matches!(error, ConnectError::Store(StoreError::Sealed { .. })) {
                entry.failed_by(&error, Stage::Authorization);
            }
            Err(failed(entry, &error))
        }
    }
}

/// The credential of the stored grant. The grant is refreshed first if it is due.
pub(crate) async fn held(core: &Core, entry: &Entry) -> Result<Option<RequestCredential>, ConnectError> {
    let Some(stored) = core.grant(entry).await? else {
        return Ok(None);
    };
    let provider = provider_of(core, entry, &stored.value).await?;
    if entry.server.oauth.grant.is_unattended() {
        return held_unattended(core, entry, &provider, stored).await;
    }
    let now = core.now();
    let waits = entry.memory().pause.end(now).is_some() && is_good(&stored.value, now);
    if !refresh_due(&provider.profile().refresh, &stored.value).is_due(now) || waits {
        return carried(core, &provider, &stored);
    }
    match refresh::refresh(core, entry, stored.version).await {
        Ok(Refreshed::Newer(newer)) => carried(core, &provider, &newer),
        Ok(Refreshed::Impossible) => carried(core, &provider, &stored),
        Ok(Refreshed::Ended) => {
            prepare(core, entry).await?;
            Ok(None)
        }
        // A temporary failure must not discard a token that may still be good. The server will say if it is not.
        Err(error) => {
            tracing::debug!(server.name = entry.name(), "{}", entry.shown("not refreshed", &error));
            carried(core, &provider, &stored)
        }
    }
}

/// The credential of a grant without a person. A grant that ends soon is replaced first, if that works.
async fn held_unattended(
    core: &Core,
    entry: &Entry,
    provider: &Provider,
    stored: Stored<Grant>,
) -> Result<Option<RequestCredential>, ConnectError> {
    let soon = access_token_ends_soon_at(&provider.profile().refresh, &stored.value);
    if soon.is_none_or(|soon| core.now() < soon) {
        return carried(core, provider, &stored);
    }
    match unattended::obtain(core, entry, Some(stored.version)).await {
        Ok(newer) => carried(core, provider, &newer),
        Err(error) => {
            tracing::debug!(server.name = entry.name(), "{}", entry.shown("no new grant", &error));
            carried(core, provider, &stored)
        }
    }
}

/// Whether the access token has not expired yet.
fn is_good(grant: &Grant, now: SystemTime) -> bool {
    grant.primary().is_some_and(|token| token.expires_at.is_none_or(|end| end > now))
}

/// The plugin for a grant. This needs no network.
pub(crate) async fn provider_of(core: &Core, entry: &Entry, grant: &Grant) -> Result<Provider, ConnectError> {
    if let Some(known) = grant.issuer().and_then(|issuer| entry.discovered_at(issuer)) {
        return Ok(known.provider.clone());
    }
    provider_choice::choose(core, entry, url_of(entry)?, grant.issuer(), None).await
}

/// The headers and query parameters that carry a grant. `None` means that the grant has nothing to carry.
pub(crate) fn carried(
    core: &Core,
    provider: &Provider,
    stored: &Stored<Grant>,
) -> Result<Option<RequestCredential>, ConnectError> {
    let redaction = core.parts.egress.redaction();
    for token in stored.value.tokens.values() {
        redaction.learn(token.access.secret());
        token.refresh.iter().for_each(|refresh| redaction.learn(refresh.secret()));
    }
    let slots = Slots {
        captured: &stored.value.captured,
        tokens: Some(&stored.value.tokens),
        ..provider.slots(core.now(), &core.parts.random)
    };
    let Some(bearer) = bearer::request(&provider.profile().requests, &stored.value, &slots)? else {
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
    let dpop = stored.value.dpop.as_ref().zip(token).map(|(key, token)| DpopProof::new(core, key, token));
    let requests = &provider.profile().requests;
    let is_for_one_request = dpop.is_some() || !requests.headers.is_empty() || !requests.query.is_empty();
    let (dpop, version) = (dpop.transpose()?, stored.version);
    Ok(Some(RequestCredential { headers, query: bearer.query, dpop, version, is_for_one_request }))
}
