//! New tokens for old (RFC 6749 §6): one refresh at a time per grant, the new refresh token durable before use.

use std::sync::Arc;

use mcphub_oauth::client::Client;
use mcphub_oauth::error::{remedy, sentence};
use mcphub_oauth::grant::{Grant, GrantOrigin};
use mcphub_oauth::hook::FlowOperation;
use mcphub_oauth::lifetime;
use mcphub_oauth::profile::{ErrorClass, Operation, Rotation};
use mcphub_oauth::template::Slots;
use mcphub_oauth::token::{self, TokenError, Tokens};

use super::address::address_of;
use super::discovery::{self, Discovered};
use super::due::{can_be_refreshed, pause};
use super::entry::Entry;
use super::error::ConnectError;
use super::event::Stage;
use super::exchange::{apply, provider_error, told};
use super::finish::forget_client;
use super::hub::{Change, Hub};
use super::possession;
use super::secrets_issuer::{self, Attendance};
use super::steps::{self, Run};
use super::{identity, lessons, renewal};
use crate::egress::without_query;
use crate::store::Stored;

/// What came of a refresh.
pub(super) enum Refreshed {
    /// A newer grant: made here or by somebody else meanwhile.
    Newer(Box<Stored<Grant>>),
    /// The grant cannot be refreshed: it has nothing to present.
    Impossible,
    /// The provider ended the grant; it is gone from the store.
    Ended,
}

/// Refreshes the grant that was `seen`. Whoever waited for somebody else's refresh gets that one's result.
pub(super) async fn refresh(hub: &Hub, entry: &Entry, seen: u64) -> Result<Refreshed, ConnectError> {
    let _lease = hub.lease(entry).await?;
    let Some(stored) = hub.grant(entry).await? else {
        return Ok(Refreshed::Ended);
    };
    if stored.version != seen {
        return Ok(Refreshed::Newer(Box::new(stored)));
    }
    let discovered = metadata_of(hub, entry, stored.value.issuer()).await?;
    let possible = stored.value.primary().is_some_and(|token| can_be_refreshed(discovered.party.profile(), token));
    let client = client_of(hub, entry, &discovered, &stored.value).await?;
    let (Some(client), true) = (client, possible) else {
        return Ok(Refreshed::Impossible);
    };
    secrets_issuer::bind(hub, entry, &discovered, attendance_of(&stored)).await?;
    let client = renewal::in_time(hub, entry, &discovered, client).await?;
    let grant = match renewed(hub, entry, &discovered, &client, &stored.value).await {
        Err(error) if may_go_without_resource(hub, entry, &discovered, (&stored.value, &error)).await? => {
            let without = Grant { resource: None, ..stored.value.clone() };
            renewed(hub, entry, &discovered, &client, &without).await
        }
        result => result,
    };
    match grant {
        Ok(grant) => {
            let version = hub.parts.store.put_grant(&entry.key, &grant, Some(stored.version)).await?;
            entry.update(|state| state.failures = 0);
            Ok(Refreshed::Newer(Box::new(Stored { value: grant, version })))
        }
        Err(ConnectError::Provider(fault))
            if matches!(fault.class, ErrorClass::ReauthRequired | ErrorClass::ReregisterClient) =>
        {
            let why = format!("{}. {}", sentence(&fault), remedy(&fault));
            entry.update(|state| state.ended = Some(why));
            let ended = end(hub, entry, stored.version).await;
            if fault.class == ErrorClass::ReregisterClient {
                forget_client(hub, entry, &client).await;
            }
            ended
        }
        Err(error) => {
            if error.is_transient() {
                let now = hub.parts.clock.now();
                entry.update(|state| {
                    state.failures = state.failures.saturating_add(1);
                    state.retry_at = now + pause(state.failures);
                });
            }
            Err(error)
        }
    }
}

/// A grant that a login made was made with its issuer; one that the person wrote says nothing of an issuer.
pub(super) const fn attendance_of(stored: &Stored<Grant>) -> Attendance {
    match stored.value.origin {
        GrantOrigin::Preset => Attendance::Unattended,
        GrantOrigin::Issuer(_) => Attendance::Person,
    }
}

/// Whether the resource indicator was refused, and may be left out from now on.
async fn may_go_without_resource(
    hub: &Hub,
    entry: &Entry,
    discovered: &Discovered,
    (grant, error): (&Grant, &ConnectError),
) -> Result<bool, ConnectError> {
    match (error, &grant.resource) {
        (ConnectError::Provider(fault), Some(resource)) if fault.class == ErrorClass::ResourceRejected => {
            lessons::without_resource(hub, entry, discovered, resource).await
        }
        _ => Ok(false),
    }
}

/// Drops a grant that the provider ended, unless somebody replaced it meanwhile.
async fn end(hub: &Hub, entry: &Entry, seen: u64) -> Result<Refreshed, ConnectError> {
    match hub.grant(entry).await? {
        Some(stored) if stored.version != seen => Ok(Refreshed::Newer(Box::new(stored))),
        Some(_) => {
            hub.parts.store.delete_grant(&entry.key, &address_of(entry)?).await?;
            hub.tell(Change::Dropped(entry.name().to_owned()));
            Ok(Refreshed::Ended)
        }
        None => Ok(Refreshed::Ended),
    }
}

/// What is known of a grant's issuer, looked up once.
pub(super) async fn metadata_of(
    hub: &Hub,
    entry: &Entry,
    issuer: Option<&str>,
) -> Result<Arc<Discovered>, ConnectError> {
    let plugged = hub.plugged();
    let Some(issuer) = issuer else {
        if let Some(known) = entry.state().discovered {
            return Ok(known);
        }
        let found = Arc::new(discovery::discover(hub, entry, None).await?);
        hub.keep(entry, plugged, |state| state.discovered = Some(found.clone()));
        return Ok(found);
    };
    let known = entry.known(issuer);
    if let Some(known) = known.clone().filter(|known| known.fresh_until > hub.parts.clock.now()) {
        return Ok(known);
    }
    match (discovery::of_issuer(hub, entry, issuer).await, known) {
        (Ok(found), _) => {
            let found = Arc::new(found);
            hub.keep(entry, plugged, |state| state.of_grant = Some(found.clone()));
            Ok(found)
        }
        // What was known an hour ago is better than no refresh.
        (Err(_), Some(stale)) => Ok(stale),
        (Err(error), None) => Err(error),
    }
}

/// The client that a grant is bound to, if it is still had.
pub(super) async fn client_of(
    hub: &Hub,
    entry: &Entry,
    discovered: &Discovered,
    grant: &Grant,
) -> Result<Option<Client>, ConnectError> {
    let redirect_uri = hub.redirect_uri(entry, discovered.party.profile());
    let configured = identity::configured(entry, discovered, &redirect_uri);
    let document = hub.document_for(&discovered.metadata, &redirect_uri).ok();
    let client = match (configured, document) {
        (Some(client), _) => Some(client),
        (None, Some(document)) if grant.client_id.as_deref() == Some(document.url.as_str()) => {
            Some(identity::of_document(&document, discovered))
        }
        (None, _) => {
            let all = hub.parts.store.clients(discovered.metadata.issuer.as_str()).await?;
            all.into_iter().map(|(_, client)| client).find(|client| client.id == grant.client_id)
        }
    };
    match client.filter(|client| grant.client_id.is_none() || client.id == grant.client_id) {
        Some(client) => Ok(Some(lessons::authenticating(hub, entry, client).await?)),
        None => Ok(None),
    }
}

async fn renewed(
    hub: &Hub,
    entry: &Entry,
    discovered: &Discovered,
    client: &Client,
    grant: &Grant,
) -> Result<Grant, ConnectError> {
    if discovered.party.plugin.handles(FlowOperation::Refresh) {
        return renewed_by_steps(hub, entry, discovered, client, grant).await;
    }
    let profile = discovered.party.profile();
    let scopes = grant.granted_scopes.as_ref().unwrap_or(&grant.requested_scopes).join(&profile.scopes.separator);
    let request = {
        let slots = Slots {
            captured: &grant.captured,
            client: Some(client),
            redirect_uri: Some(&client.redirect_uri),
            resource: grant.resource.as_deref(),
            scope: (!scopes.is_empty()).then_some(scopes.as_str()),
            tokens: Some(&grant.tokens),
            ..discovered.party.slots(hub.parts.clock.now(), &hub.parts.random)
        };
        token::refresh_request(&grant.primary, client, &discovered.metadata, profile, &slots)?
    };
    let endpoint = discovered.metadata.refresh_endpoint.as_ref().unwrap_or(&discovered.metadata.token_endpoint);
    let action = entry.journal.begin(Stage::Refresh, format!("POST {}", without_query(endpoint)));
    let response = match possession::send(hub, discovered, request, grant.dpop.as_ref()).await {
        Ok(response) => response,
        Err(error) => {
            action.failed(error.to_string(), Some("The hub tries again at the next call.".into()));
            return Err(error);
        }
    };
    match token::accept(&response, profile, hub.parts.clock.now()) {
        Ok(tokens) => {
            let grant = merged(grant, tokens, profile.refresh.rotation);
            action.done(told(&grant));
            Ok(grant)
        }
        Err(error) => {
            let error = provider_error(hub, entry, discovered, error, (Operation::Refresh, &response)).await;
            action.failed(error.to_string(), error.remedy().map(std::borrow::Cow::into_owned));
            Err(error)
        }
    }
}

/// The grant with new tokens. An old refresh token stays where no new one came (RFC 6749 §6), unless a second use would end
/// the grant.
fn merged(grant: &Grant, tokens: Tokens, rotation: Rotation) -> Grant {
    let mut renewed = grant.clone();
    for (slot, mut token) in tokens.by_slot {
        let old = renewed.tokens.get(&slot).and_then(|old| old.refresh.clone());
        let old = old.filter(|_| lifetime::keeps_old_refresh_token(rotation));
        token.refresh = token.refresh.or(old);
        renewed.tokens.insert(slot, token);
    }
    renewed.granted_scopes = tokens.scopes.or(renewed.granted_scopes);
    renewed.captured.extend(tokens.captured);
    renewed
}

async fn renewed_by_steps(
    hub: &Hub,
    entry: &Entry,
    discovered: &Discovered,
    client: &Client,
    grant: &Grant,
) -> Result<Grant, ConnectError> {
    let run = Run {
        operation: FlowOperation::Refresh,
        stage: Stage::Refresh,
        client,
        grant: Some(grant),
        code: None,
        verifier: None,
        state: None,
        resource: grant.resource.as_deref(),
        requested: &grant.requested_scopes,
        captured: &grant.captured,
        asker: None,
    };
    let found = steps::run(hub, entry, discovered, run).await?;
    if !found.tokens.values().all(token::can_be_sent) {
        return Err(ConnectError::Token(TokenError::BadToken));
    }
    let tokens = Tokens { by_slot: found.tokens, scopes: found.scopes, captured: Vec::new(), bound: false };
    let mut renewed = merged(grant, tokens, discovered.party.profile().refresh.rotation);
    renewed.captured = found.captured;
    renewed.primary = found.outcome.primary.clone().unwrap_or(renewed.primary);
    if let (Some(_), Some(token)) = (&found.outcome.expiry, renewed.tokens.get_mut(&renewed.primary)) {
        // A session that was only prolonged lives from now on, not from its login.
        token.obtained_at = hub.parts.clock.now();
    }
    apply(&mut renewed, discovered, &found.outcome);
    Ok(renewed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connect::due::tests::grant;

    #[test]
    fn the_old_refresh_token_stays_where_no_new_one_comes_unless_a_second_use_ends_the_grant() {
        let old = grant(Some(10), Some("rt"));
        let answer = Tokens { by_slot: grant(Some(20), None).tokens, scopes: None, captured: Vec::new(), bound: false };

        let kept = |rotation| {
            let renewed = merged(&old, answer.clone(), rotation);
            renewed.primary().expect("token").refresh.as_ref().map(|token| token.secret().clone())
        };

        assert_eq!(kept(Rotation::Unknown).as_deref(), Some("rt"));
        assert_eq!(kept(Rotation::FamilyRevoking), None);
    }
}
