//! The client's identity at an issuer: configured, kept, or registered now; else a person must set one up.

use std::time::Duration;

use mcphub_oauth::auth_method::AuthMethod;
use mcphub_oauth::client::Client;
use mcphub_oauth::client_auth::{self, Occasion};
use mcphub_oauth::hook::ClientKind;

use super::discovery::Discovered;
use super::document::Document;
use super::entry::Entry;
use super::error::ConnectError;
use super::event::Stage;
use super::hub::Hub;
use super::lessons;
use super::register::register;
use super::renewal;
use super::secrets_issuer::{self, Attendance};

/// A registered secret that ends sooner than this is not begun with.
const SECRET_MARGIN: Duration = Duration::from_hours(24);

/// What came of it.
pub(super) enum Identity {
    /// A client to go on with.
    Client(Box<Client>),
    /// A person must set one up, and why.
    Setup(String),
}

/// Gets the identity: configured, kept from an earlier registration, or got now by the ways that the plugin prefers.
pub(super) async fn identity(hub: &Hub, entry: &Entry, discovered: &Discovered) -> Result<Identity, ConnectError> {
    Ok(match find(hub, entry, discovered).await? {
        Identity::Client(client) => Identity::Client(Box::new(lessons::authenticating(hub, entry, *client).await?)),
        Identity::Setup(why) => Identity::Setup(why),
    })
}

async fn find(hub: &Hub, entry: &Entry, discovered: &Discovered) -> Result<Identity, ConnectError> {
    let action = |asked: &str| entry.journal.begin(Stage::Registration, asked);
    if !entry.server.oauth.unset.is_empty() {
        let unset = &entry.server.oauth.unset;
        let why = format!("{} {} not set", unset.join(" and "), if unset.len() == 1 { "is" } else { "are" });
        action("the client in the settings").waiting(why.clone());
        return Ok(Identity::Setup(why));
    }
    if !discovered.party.needed.is_empty() {
        let why = format!("{} must be given first", discovered.party.needed.join(" and "));
        action("the values the provider's plugin asks for").waiting(why.clone());
        return Ok(Identity::Setup(why));
    }
    let redirect_uris = hub.redirect_uris(entry, discovered.party.profile());
    if let Some(client) = configured(entry, discovered, &redirect_uris.preferred) {
        secrets_issuer::check(hub, entry, discovered, Attendance::Person).await?;
        action("the client in the settings").done(format!("client {}", client.name()));
        return Ok(Identity::Client(Box::new(client)));
    }
    let redirect_uris = redirect_uris.of_registration(discovered);
    let _one_at_a_time = hub.registering(discovered.metadata.issuer.as_str()).await;
    if let Some(client) = kept(hub, entry, discovered, &redirect_uris).await? {
        action("the client of an earlier registration").done(format!("client {}", client.name()));
        return Ok(Identity::Client(Box::new(client)));
    }
    let mut why = String::new();
    for redirect_uri in &redirect_uris {
        match register(hub, entry, discovered, redirect_uri).await? {
            Ok(client) => return Ok(Identity::Client(client)),
            Err(declined) => {
                why = declined.why;
                if !declined.by_redirect_uri {
                    break;
                }
            }
        }
    }
    action("a client identity").waiting(why.clone());
    Ok(Identity::Setup(why))
}

/// The client that the person wrote down.
pub(super) fn configured(entry: &Entry, discovered: &Discovered, redirect_uri: &str) -> Option<Client> {
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

/// The client of an earlier registration, if it still fits.
async fn kept(
    hub: &Hub,
    entry: &Entry,
    discovered: &Discovered,
    redirect_uris: &[String],
) -> Result<Option<Client>, ConnectError> {
    let all = hub.parts.store.clients(discovered.metadata.issuer.as_str()).await?;
    let gone = entry.state().gone_client;
    let known = || all.iter().rev().filter(|(_, client)| gone.is_none() || client.id != gone);
    let own = known().find(|(server, _)| *server == entry.server.entry);
    let client = own.or_else(|| known().find(|(server, _)| shares(hub, entry, server)));
    match client.filter(|(_, client)| redirect_uris.contains(&client.redirect_uri)) {
        Some((_, client)) if renewal::lasts(hub, client, SECRET_MARGIN) => Ok(Some(client.clone())),
        // A login may take a while, and its first refresh comes later: a secret near its end is renewed now.
        Some((_, client)) => renewal::renewed(hub, entry, discovered, client).await,
        None => Ok(None),
    }
}

/// Whether a client that another server registered at the same issuer does for this one: nobody asked for a special one.
fn shares(hub: &Hub, entry: &Entry, other: &str) -> bool {
    let plain = |entry: &Entry| entry.server.oauth.dynamic_registration.is_none();
    plain(entry) && hub.entry(other).is_ok_and(|other| plain(&other))
}

/// The client whose id is the address of its metadata document (draft-ietf-oauth-client-id-metadata-document), where the
/// authorization server reads such documents and the hub has one.
pub(super) fn documented(hub: &Hub, entry: &Entry, discovered: &Discovered, redirect_uri: &str) -> Option<Client> {
    if !discovered.metadata.says("client_id_metadata_document_supported") {
        return None;
    }
    let action = entry.journal.begin(Stage::Registration, "a Client ID Metadata Document");
    match hub.document_for(&discovered.metadata, redirect_uri) {
        Ok(document) => {
            action.done(format!("client {}", document.url));
            Some(of_document(&document, discovered))
        }
        Err(why) => {
            action.done(format!("not possible: {why}"));
            None
        }
    }
}

/// The client of a metadata document: public, as nothing secret can stand in a document that everybody reads.
pub(super) fn of_document(document: &Document, discovered: &Discovered) -> Client {
    Client {
        issuer: discovered.metadata.issuer.to_string(),
        id: Some(document.url.to_string()),
        secret: None,
        secret_expires_at: None,
        method: AuthMethod::None,
        kind: ClientKind::MetadataDocument,
        redirect_uri: document.redirect_uri.clone(),
        registration: None,
        registration_access_token: None,
    }
}
