//! The client's identity at an issuer: configured, kept, or registered now. If all of this fails, a person must set one
//! up.

use std::time::Duration;

use mcphub_oauth::client::Client;
use mcphub_oauth::client_auth::{self, Occasion};
use mcphub_oauth::hook::ClientKind;

use crate::connect::client::registration::register;
use crate::connect::client::{redirect_uris, renewal};
use crate::connect::core::at_issuer::AtIssuer;
use crate::connect::core::entry::Entry;
use crate::connect::core::error::ConnectError;
use crate::connect::core::event::Stage;
use crate::connect::core::parts::Core;
use crate::connect::core::target::Discovered;
use crate::connect::discovery::issuer_binding::{self, Attendance};
use crate::connect::discovery::learned;

/// A login does not start with a registered secret that expires sooner than this.
const SECRET_MARGIN: Duration = Duration::from_hours(24);

/// The result of looking for a client identity.
pub(crate) enum ClientIdentity {
    /// The client to continue with.
    Client(Box<Client>),
    /// A person must set up a client, for this reason.
    Setup(String),
}

/// Finds the client: the configured one, the one of an earlier registration, or a new one, by the ways that the plugin
/// prefers.
#[tracing::instrument(name = "client.identity", skip_all, fields(server.name = at.entry.name()))]
pub(crate) async fn identity(at: AtIssuer<'_>) -> Result<ClientIdentity, ConnectError> {
    Ok(match find(at).await? {
        ClientIdentity::Client(client) => {
            ClientIdentity::Client(Box::new(learned::authenticating(at.core, at.entry, *client).await?))
        }
        ClientIdentity::Setup(why) => ClientIdentity::Setup(why),
    })
}

async fn find(at: AtIssuer<'_>) -> Result<ClientIdentity, ConnectError> {
    let AtIssuer { core, entry, discovered } = at;
    let action = |asked: &str| entry.journal.begin(Stage::Registration, asked);
    // Incomplete settings come first. Otherwise the hub would register a client although the person wants to use their
    // own.
    if !entry.server.oauth.unset.is_empty() {
        let unset = &entry.server.oauth.unset;
        let why = format!("{} {} not set", unset.join(" and "), if unset.len() == 1 { "is" } else { "are" });
        action("the client in the settings").waiting(why.clone());
        return Ok(ClientIdentity::Setup(why));
    }
    if !discovered.provider.needed.is_empty() {
        let why = format!("{} must be given first", discovered.provider.needed.join(" and "));
        action("the values the provider's plugin asks for").waiting(why.clone());
        return Ok(ClientIdentity::Setup(why));
    }
    let redirect_uris = redirect_uris::of(core, entry, discovered.provider.profile());
    if let Some(client) = configured(entry, discovered, &redirect_uris.preferred) {
        issuer_binding::check(at, Attendance::Person).await?;
        action("the client in the settings").done(format!("client {}", client.name()));
        return Ok(ClientIdentity::Client(Box::new(client)));
    }
    let redirect_uris = redirect_uris.of_registration(discovered);
    let _one_at_a_time = core.registering(discovered.metadata.issuer.as_str()).await;
    if let Some(client) = kept(at, &redirect_uris).await? {
        action("the client of an earlier registration").done(format!("client {}", client.name()));
        return Ok(ClientIdentity::Client(Box::new(client)));
    }
    let mut why = String::new();
    for redirect_uri in &redirect_uris {
        match register(at, redirect_uri).await? {
            Ok(client) => return Ok(ClientIdentity::Client(client)),
            Err(declined) => {
                why = declined.why;
                if !declined.by_redirect_uri {
                    break;
                }
            }
        }
    }
    action("a client identity").waiting(why.clone());
    Ok(ClientIdentity::Setup(why))
}

/// The client from the settings, if they name one.
pub(crate) fn configured(entry: &Entry, discovered: &Discovered, redirect_uri: &str) -> Option<Client> {
    let oauth = &entry.server.oauth;
    let id = oauth.client_id.clone().filter(|id| !id.is_empty())?;
    let secret = oauth.client_secret.clone().filter(|secret| !secret.secret().is_empty());
    let occasion = Occasion::Configured { has_secret: secret.is_some(), has_key: oauth.private_key.is_some() };
    let method = oauth.token_endpoint_auth_method.or_else(|| client_auth::choose(occasion, &discovered.metadata))?;
    Some(Client {
        issuer: discovered.metadata.issuer.to_string(),
        id: Some(id),
        secret,
        secret_expires_at: None,
        method,
        kind: ClientKind::Configured,
        redirect_uri: redirect_uri.to_owned(),
        registration: None,
        registration_access_token: None,
    })
}

/// The client of an earlier registration, if it can still be used.
async fn kept(at: AtIssuer<'_>, redirect_uris: &[String]) -> Result<Option<Client>, ConnectError> {
    let AtIssuer { core, entry, discovered } = at;
    let all = core.parts.store.clients(discovered.metadata.issuer.as_str()).await?;
    let gone = entry.memory().gone_client;
    let known = || all.iter().rev().filter(|(_, client)| gone.is_none() || client.id != gone);
    let own = known().find(|(server, _)| *server == entry.server.entry);
    let client = own.or_else(|| known().find(|(server, _)| shares(core, entry, server)));
    match client.filter(|(_, client)| redirect_uris.contains(&client.redirect_uri)) {
        Some((_, client)) if renewal::lasts(core, client, SECRET_MARGIN) => Ok(Some(client.clone())),
        // A login may take a while, and its first refresh comes later. A secret that is about to expire is renewed now.
        Some((_, client)) => renewal::renewed(at, client).await,
        None => Ok(None),
    }
}

/// Whether this server can use a client that another server registered at the same issuer. It can if neither of them
/// asks for a special registration.
fn shares(core: &Core, entry: &Entry, other: &str) -> bool {
    let plain = |entry: &Entry| entry.server.oauth.dynamic_registration.is_none();
    plain(entry) && core.entry(other).is_ok_and(|other| plain(&other))
}
