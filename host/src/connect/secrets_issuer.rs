//! Which authorization server may see what a person configured: a client secret, a refresh token, an initial access token, a
//! private key's or anybody's assertion.
//!
//! A server names its authorization server itself, and may name another one tomorrow. What a person configured for one issuer
//! goes to that one alone: the one they wrote, else the first that it was used with. Where no person takes part, only one
//! that they wrote will do, or one at the server's own site.

use mcphub_oauth::issuer::Issuer;
use mcphub_oauth::site::Site;

use super::discovery::{Discovered, Source, url_of};
use super::entry::Entry;
use super::error::ConnectError;
use super::hub::Hub;
use crate::store::Pin;

/// Whether somebody watches what is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Attendance {
    /// A person has just been at this issuer's login page.
    Person,
    /// The hub acts by itself.
    Unattended,
}

/// Refuses an issuer that may not see what the person configured.
pub(super) async fn check(
    hub: &Hub,
    entry: &Entry,
    discovered: &Discovered,
    attendance: Attendance,
) -> Result<(), ConnectError> {
    if !has_secrets(entry, discovered) || discovered.source == Source::Written {
        return Ok(());
    }
    let named = &discovered.metadata.issuer;
    if let Some(written) = written(entry)? {
        return if written.is_answered_by(named.as_str()) { Ok(()) } else { Err(other(entry, named, &written)) };
    }
    match hub.parts.store.pin(&entry.server.entry, client_id(entry)).await?.as_deref().map(Issuer::parse) {
        Some(Ok(pinned)) if pinned.is_answered_by(named.as_str()) => Ok(()),
        Some(Ok(pinned)) => Err(other(entry, named, &pinned)),
        // One that cannot be read was changed by hand: as if there were none.
        Some(Err(_)) | None if attendance == Attendance::Person || is_own_site(entry, named)? => Ok(()),
        Some(Err(_)) | None => {
            Err(ConnectError::UnwrittenIssuer { server: entry.name().to_owned(), issuer: named.to_string() })
        }
    }
}

/// The same, and what was allowed is the only issuer from now on: called just before a secret is sent.
pub(super) async fn bind(
    hub: &Hub,
    entry: &Entry,
    discovered: &Discovered,
    attendance: Attendance,
) -> Result<(), ConnectError> {
    check(hub, entry, discovered, attendance).await?;
    if !has_secrets(entry, discovered) || discovered.source == Source::Written || written(entry)?.is_some() {
        return Ok(());
    }
    let pin = Pin {
        server: entry.server.entry.clone(),
        client_id: client_id(entry).to_owned(),
        issuer: discovered.metadata.issuer.to_string(),
    };
    if hub.parts.store.pin(&pin.server, &pin.client_id).await?.as_deref() != Some(pin.issuer.as_str()) {
        hub.parts.store.put_pin(&pin).await?;
    }
    Ok(())
}

/// The issuer that the person wrote.
pub(super) fn written(entry: &Entry) -> Result<Option<Issuer>, ConnectError> {
    let oauth = &entry.server.oauth;
    let registration = oauth.dynamic_registration.as_ref().and_then(|registration| registration.issuer.as_deref());
    let parse = |key, text: &str| Issuer::parse(text).map_err(|error| ConnectError::Issuer(key, error));
    match (oauth.issuer.as_deref(), registration) {
        (Some(text), _) => parse("oauth.issuer", text).map(Some),
        (None, Some(text)) => parse("oauth.dynamicRegistration.issuer", text).map(Some),
        (None, None) => Ok(None),
    }
}

/// Whether the issuer is at the server's own site.
fn is_own_site(entry: &Entry, issuer: &Issuer) -> Result<bool, ConnectError> {
    let own = Site::of(url_of(entry)?);
    Ok(own.is_some() && issuer.url().and_then(|url| Site::of(&url)) == own)
}

fn has_secrets(entry: &Entry, discovered: &Discovered) -> bool {
    let oauth = &entry.server.oauth;
    let token = oauth.dynamic_registration.as_ref().is_some_and(|rules| rules.initial_access_token.is_some());
    oauth.client_secret.is_some()
        || oauth.refresh_token.is_some()
        || oauth.private_key.is_some()
        || oauth.grant.is_of_machine()
        || token
        || !discovered.party.secrets.is_empty()
}

fn client_id(entry: &Entry) -> &str {
    entry.server.oauth.client_id.as_deref().unwrap_or_default()
}

pub(super) fn other(entry: &Entry, named: &Issuer, allowed: &Issuer) -> ConnectError {
    ConnectError::OtherIssuer {
        server: entry.name().to_owned(),
        named: named.to_string(),
        allowed: allowed.to_string(),
    }
}
