//! New tokens for old ones (RFC 6749 §6). Only one refresh at a time works on a grant, and the new refresh token is
//! durable before it is used.

use mcphub_oauth::client::Client;
use mcphub_oauth::error::{remedy, sentence};
use mcphub_oauth::grant::Grant;
use mcphub_oauth::hook::FlowOperation;
use mcphub_oauth::lifetime::{can_be_presented, no_retry_before};
use mcphub_oauth::profile::{ErrorClass, Fault, Operation};
use mcphub_oauth::template::Slots;
use mcphub_oauth::token::{self, TokenError, Tokens};

use super::bound_to::{attendance_of, client_of, metadata_of};
use super::plugin_steps::{self, StepRun};
use super::token_answer::{apply, summary};
use super::token_request::{self, TokenAnswer, TokenCall};
use crate::connect::client::{purged, renewal};
use crate::connect::core::address::address_of;
use crate::connect::core::at_issuer::AtIssuer;
use crate::connect::core::entry::Entry;
use crate::connect::core::error::{ConnectError, GrantError};
use crate::connect::core::event::Stage;
use crate::connect::core::memory::Pause;
use crate::connect::core::parts::{Change, Core};
use crate::connect::discovery::{issuer_binding, learned};
use crate::store::Stored;

/// The result of a refresh.
pub(crate) enum Refreshed {
    /// A newer grant. It was made here, or by another call in the meantime.
    Newer(Box<Stored<Grant>>),
    /// The grant has nothing to present for a new token.
    Impossible,
    /// The provider ended the grant, and it is no longer in the store.
    Ended,
}

/// Refreshes the grant if its version is still `seen`. A caller that waited for another refresh gets the result of that
/// one.
#[tracing::instrument(name = "grant.refresh", skip_all, fields(server.name = entry.name()))]
pub(crate) async fn refresh(core: &Core, entry: &Entry, seen: u64) -> Result<Refreshed, ConnectError> {
    let _lease = core.lease(entry).await?;
    let Some(stored) = core.grant(entry).await? else {
        return Ok(Refreshed::Ended);
    };
    // Another call refreshed the grant while this one waited for the lease. The old refresh token may be used up.
    if stored.version != seen {
        return Ok(Refreshed::Newer(Box::new(stored)));
    }
    let discovered = metadata_of(core, entry, stored.value.issuer()).await?;
    let at = AtIssuer { core, entry, discovered: &discovered };
    let possible = stored.value.primary().is_some_and(|token| can_be_presented(&at.profile().refresh, token));
    let client = client_of(at, &stored.value).await?;
    let (Some(client), true) = (client, possible) else {
        return Ok(Refreshed::Impossible);
    };
    issuer_binding::bind(at, attendance_of(&stored)).await?;
    let client = renewal::in_time(at, client).await?;
    match renewed_somehow(at, &client, &stored.value).await {
        Ok(grant) => {
            let version = core.parts.store.put_grant(&entry.key, &grant, Some(stored.version)).await?;
            entry.remember(|memory| memory.pause = Pause::default());
            Ok(Refreshed::Newer(Box::new(Stored { value: grant, version })))
        }
        Err(error) => refused(at, &client, &stored, error).await,
    }
}

/// Renews the grant. If the issuer refuses the resource indicator and it may be left out, it is renewed once more
/// without it.
async fn renewed_somehow(at: AtIssuer<'_>, client: &Client, grant: &Grant) -> Result<Grant, ConnectError> {
    match renewed(at, client, grant).await {
        Err(error) if may_go_without_resource(at, grant, &error).await? => {
            let without = Grant { resource: None, ..grant.clone() };
            renewed(at, client, &without).await
        }
        result => result,
    }
}

/// What a refusal means for the grant: the provider ended it, or a later try may succeed.
async fn refused(
    at: AtIssuer<'_>,
    client: &Client,
    stored: &Stored<Grant>,
    error: ConnectError,
) -> Result<Refreshed, ConnectError> {
    let (core, entry) = (at.core, at.entry);
    let has_ended = |fault: &Fault| matches!(fault.class, ErrorClass::ReauthRequired | ErrorClass::ReregisterClient);
    let fault = match &error {
        ConnectError::Provider(fault) if has_ended(fault) => fault,
        _ => {
            pause_if_passing(at, &stored.value, &error);
            return Err(error);
        }
    };
    let why = format!("{}. {}", sentence(fault), remedy(fault));
    entry.remember(|memory| memory.ended = Some(why));
    // The grant goes first, because the store keeps a client that a grant still needs.
    let ended = end(core, entry, stored.version).await;
    if fault.class == ErrorClass::ReregisterClient {
        purged::forget_client(core, entry, client).await;
    }
    ended
}

/// Delays the next try after a temporary failure. If the answer was lost, the provider may have used up the refresh
/// token. At providers where using it again would end the whole grant, the access token is used to its end first.
fn pause_if_passing(at: AtIssuer<'_>, grant: &Grant, error: &ConnectError) {
    if !error.is_transient() {
        return;
    }
    let answer_was_lost = matches!(error, ConnectError::Egress(_) | ConnectError::Grant(_));
    let token = grant.primary().filter(|_| answer_was_lost);
    let until = token.and_then(|token| no_retry_before(&at.profile().refresh, token));
    let now = at.core.now();
    at.entry.remember(|memory| memory.pause = memory.pause.lengthened(now, until));
}

/// Whether the resource indicator was refused, and may be left out from now on.
async fn may_go_without_resource(at: AtIssuer<'_>, grant: &Grant, error: &ConnectError) -> Result<bool, ConnectError> {
    match (error, &grant.resource) {
        (ConnectError::Provider(fault), Some(resource)) if fault.class == ErrorClass::ResourceRejected => {
            learned::without_resource(at, resource).await
        }
        _ => Ok(false),
    }
}

/// Drops a grant that the provider ended, unless it was replaced in the meantime.
async fn end(core: &Core, entry: &Entry, seen: u64) -> Result<Refreshed, ConnectError> {
    match core.grant(entry).await? {
        Some(stored) if stored.version != seen => Ok(Refreshed::Newer(Box::new(stored))),
        Some(_) => {
            core.parts.store.delete_grant(&entry.key, &address_of(entry)?).await?;
            core.tell(Change::Dropped(entry.name().to_owned()));
            Ok(Refreshed::Ended)
        }
        None => Ok(Refreshed::Ended),
    }
}

async fn renewed(at: AtIssuer<'_>, client: &Client, grant: &Grant) -> Result<Grant, ConnectError> {
    if at.discovered.provider.plugin.handles(FlowOperation::Refresh) {
        return renewed_by_steps(at, client, grant).await;
    }
    let (metadata, profile) = (&at.discovered.metadata, at.profile());
    let scopes = grant.granted_scopes.as_ref().unwrap_or(&grant.requested_scopes).join(&profile.scopes.separator);
    let request = {
        let slots = Slots {
            captured: &grant.captured,
            client: Some(client),
            redirect_uri: Some(&client.redirect_uri),
            resource: grant.resource.as_deref(),
            scope: (!scopes.is_empty()).then_some(scopes.as_str()),
            tokens: Some(&grant.tokens),
            ..at.slots()
        };
        token::refresh_request(&grant.primary, client, metadata, profile, &slots)?
    };
    let ask = TokenCall {
        stage: Stage::Refresh,
        operation: Operation::Refresh,
        endpoint: metadata.refresh_endpoint.as_ref().unwrap_or(&metadata.token_endpoint),
        request,
        key: grant.dpop.as_ref(),
        unanswered: "The hub tries again at the next call.",
    };
    let TokenAnswer { tokens, action, .. } = token_request::ask(at, ask).await?;
    let grant = merged(grant, tokens);
    action.done(summary(&grant));
    Ok(grant)
}

/// The grant with new tokens. The old refresh token stays if the answer has no new one (RFC 6749 §6).
fn merged(grant: &Grant, tokens: Tokens) -> Grant {
    let mut renewed = grant.clone();
    for (slot, mut token) in tokens.by_slot {
        let old = renewed.tokens.get(&slot).and_then(|old| old.refresh.clone());
        token.refresh = token.refresh.or(old);
        renewed.tokens.insert(slot, token);
    }
    renewed.granted_scopes = tokens.scopes.or(renewed.granted_scopes);
    renewed.captured.extend(tokens.captured);
    renewed
}

async fn renewed_by_steps(at: AtIssuer<'_>, client: &Client, grant: &Grant) -> Result<Grant, ConnectError> {
    let run = StepRun::of_grant(FlowOperation::Refresh, Stage::Refresh, client, grant);
    let found = plugin_steps::run_unattended(at, run, &grant.captured).await?;
    if !found.tokens.values().all(token::can_be_sent) {
        return Err(GrantError::Token(TokenError::BadToken).into());
    }
    let tokens = Tokens { by_slot: found.tokens, scopes: found.scopes, captured: Vec::new(), bound: false };
    let mut renewed = merged(grant, tokens);
    renewed.captured = found.captured;
    renewed.primary = found.outcome.primary.clone().unwrap_or(renewed.primary);
    if let (Some(_), Some(token)) = (&found.outcome.expiry, renewed.tokens.get_mut(&renewed.primary)) {
        // The session was extended and not replaced. Its lifetime counts from now, not from the login.
        token.obtained_at = at.core.now();
    }
    apply(&mut renewed, at.discovered, &found.outcome);
    Ok(renewed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connect::grant::samples::grant;

    #[test]
    fn the_old_refresh_token_stays_if_no_new_one_comes() {
        let old = grant(Some(10), Some("rt"));
        let answer = Tokens { by_slot: grant(Some(20), None).tokens, scopes: None, captured: Vec::new(), bound: false };

        let renewed = merged(&old, answer);

        let token = renewed.primary().expect("token");
        assert_eq!(token.refresh.as_ref().map(|token| token.secret().as_str()), Some("rt"));
    }
}
