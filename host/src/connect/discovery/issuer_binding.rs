//! Which authorization server may see the secrets that a person configured: a client secret, a refresh token, an
//! initial access token, a private key's assertion or any other.
//!
//! A server names its authorization server itself, and may name another one tomorrow. A secret that was configured for
//! one issuer goes to that issuer alone: the one that the person wrote, or else the first one that it was used with.
//! Where no person takes part, the issuer must be one that the person wrote, or one at the server's own site.

use mcphub_oauth::issuer::Issuer;
use mcphub_oauth::site::Site;

use crate::connect::core::address::url_of;
use crate::connect::core::at_issuer::AtIssuer;
use crate::connect::core::entry::Entry;
use crate::connect::core::error::{ConnectError, DiscoveryError};
use crate::connect::core::target::{Discovered, Source};
use crate::settings::GrantKind;
use crate::store::Pin;

/// Whether a person takes part when a secret is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attendance {
    /// A person has just been at this issuer's login page.
    Person,
    /// The hub acts on its own.
    Unattended,
}

/// Refuses an issuer that must not see the secrets that the person configured.
pub(crate) async fn check(at: AtIssuer<'_>, attendance: Attendance) -> Result<(), ConnectError> {
    let AtIssuer { core, entry, discovered } = at;
    let secrets = secrets(entry, discovered);
    if secrets.is_empty() || discovered.source == Source::Written {
        return Ok(());
    }
    let named = &discovered.metadata.issuer;
    if let Some(written) = written(entry)? {
        return if written.is_answered_by(named.as_str()) { Ok(()) } else { Err(other(entry, named, &written)) };
    }
    let pins = core.parts.store.pins(&entry.server.entry).await?;
    let mut is_bound = true;
    for secret in &secrets {
        // An issuer that cannot be parsed was changed by hand. It counts as if there were none.
        let pin = pins.iter().find(|pin| pin.secret == *secret).and_then(|pin| Issuer::parse(&pin.issuer).ok());
        match pin {
            Some(pinned) if !pinned.is_answered_by(named.as_str()) => return Err(other(entry, named, &pinned)),
            Some(_) => {}
            None => is_bound = false,
        }
    }
    if is_bound || attendance == Attendance::Person || is_own_site(entry, named)? {
        return Ok(());
    }
    Err(DiscoveryError::UnwrittenIssuer { server: entry.name().to_owned(), issuer: named.to_string() }.into())
}

/// Checks the issuer as [`check`] does, and binds the secrets to it from now on. Called just before a secret is sent.
pub(crate) async fn bind(at: AtIssuer<'_>, attendance: Attendance) -> Result<(), ConnectError> {
    let AtIssuer { core, entry, discovered } = at;
    check(at, attendance).await?;
    if discovered.source == Source::Written || written(entry)?.is_some() {
        return Ok(());
    }
    let pins = core.parts.store.pins(&entry.server.entry).await?;
    for secret in secrets(entry, discovered) {
        if !pins.iter().any(|pin| pin.secret == secret) {
            let (server, issuer) = (entry.server.entry.clone(), discovered.metadata.issuer.to_string());
            core.parts.store.put_pin(&Pin { server, secret, issuer }).await?;
        }
    }
    Ok(())
}

/// The issuer that the person wrote in the settings.
pub(crate) fn written(entry: &Entry) -> Result<Option<Issuer>, ConnectError> {
    let oauth = &entry.server.oauth;
    let registration = oauth.dynamic_registration.as_ref().and_then(|registration| registration.issuer.as_deref());
    let parse = |key, text: &str| {
        Issuer::parse(text).map_err(|error| ConnectError::from(DiscoveryError::Issuer { from: key, cause: error }))
    };
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

/// The keys under which the person configured secrets. Each one is bound separately. The key is bound and not its
/// value, so that nothing stored beside the settings helps anyone to guess a secret. A new value goes where the old one
/// went, until the person writes another issuer.
fn secrets(entry: &Entry, discovered: &Discovered) -> Vec<String> {
    let oauth = &entry.server.oauth;
    let token = oauth.dynamic_registration.as_ref().and_then(|rules| rules.initial_access_token.as_ref());
    let of_grant = match &oauth.grant {
        GrantKind::AuthorizationCode => None,
        // This grant may have no secret of its own. Then the client is what is bound.
        GrantKind::ClientCredentials => oauth.client_id.is_some().then_some("oauth.clientId"),
        GrantKind::JwtBearer(_) => Some("oauth.assertion"),
        GrantKind::Enterprise(_) => Some("oauth.enterprise.idToken"),
    };
    let all = [
        oauth.client_secret.is_some().then_some("oauth.clientSecret"),
        oauth.access_token.is_some().then_some("oauth.accessToken"),
        oauth.refresh_token.is_some().then_some("oauth.refreshToken"),
        token.is_some().then_some("oauth.dynamicRegistration.initialAccessToken"),
        oauth.private_key.is_some().then_some("oauth.privateKey"),
        of_grant,
    ];
    let inputs = discovered.provider.secrets.keys().map(|key| format!("oauth.inputs.{key}"));
    all.into_iter().flatten().map(str::to_owned).chain(inputs).collect()
}

pub(crate) fn other(entry: &Entry, named: &Issuer, allowed: &Issuer) -> ConnectError {
    let (server, named, allowed) = (entry.name().to_owned(), named.to_string(), allowed.to_string());
    DiscoveryError::OtherIssuer { server, named, allowed }.into()
}
