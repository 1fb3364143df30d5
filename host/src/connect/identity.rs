//! The client's identity at an issuer: configured, kept, or registered now; else a person must set one up.

use std::time::Duration;

use mcphub_oauth::client::{AuthMethod, Client};
use mcphub_oauth::error::{Reported, classify, remedy, sentence};
use mcphub_oauth::hook::{Abilities, AnswerVerdict, Attempt, ClientKind};
use mcphub_oauth::plan::mask_text;
use mcphub_oauth::profile::{ErrorClass, IdentitySource, Operation, RedirectConstraint};
use mcphub_oauth::registration::{self, Expected, RegistrationError, Wishes};
use serde_json::{Map, Value};
use url::Url;

use super::discovery::{Discovered, Source, url_of, without_query};
use super::entry::Entry;
use super::error::ConnectError;
use super::event::Stage;
use super::hub::{Hub, MetadataDocument};
use super::lessons;

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
    let redirect_uri = hub.redirect_uri(entry);
    if let Some(client) = configured(entry, discovered, &redirect_uri) {
        action("the client in the settings").done(format!("client {}", client.id));
        return Ok(Identity::Client(Box::new(client)));
    }
    let _one_at_a_time = hub.registering(discovered.metadata.issuer.as_str()).await;
    if let Some(client) = kept(hub, entry, discovered, &redirect_uri).await? {
        action("the client of an earlier registration").done(format!("client {}", client.id));
        return Ok(Identity::Client(Box::new(client)));
    }
    register(hub, entry, discovered, &redirect_uri).await
}

/// The client that the person wrote down.
pub(super) fn configured(entry: &Entry, discovered: &Discovered, redirect_uri: &str) -> Option<Client> {
    let oauth = &entry.server.oauth;
    let id = oauth.client_id.clone().filter(|id| !id.is_empty())?;
    let secret = oauth.client_secret.clone().filter(|secret| !secret.secret().is_empty());
    let listed = discovered.metadata.list("token_endpoint_auth_methods_supported");
    let lists = |method: AuthMethod| listed.as_ref().is_none_or(|all| all.iter().any(|name| name == method.name()));
    let method = match (&secret, oauth.token_endpoint_auth_method) {
        (_, Some(method)) => method,
        (None, None) if oauth.private_key.is_some() => AuthMethod::PrivateKeyJwt,
        (None, None) => AuthMethod::None,
        (Some(_), None) if lists(AuthMethod::Basic) || !lists(AuthMethod::Post) => AuthMethod::Basic,
        (Some(_), None) => AuthMethod::Post,
    };
    Some(Client {
        issuer: discovered.metadata.issuer.to_string(),
        id,
        secret,
        secret_expires_at: None,
        method,
        kind: ClientKind::Configured,
        redirect_uri: redirect_uri.to_owned(),
        registration: None,
    })
}

/// The client of an earlier registration, if it still fits.
async fn kept(
    hub: &Hub,
    entry: &Entry,
    discovered: &Discovered,
    redirect_uri: &str,
) -> Result<Option<Client>, ConnectError> {
    let all = hub.parts.store.clients(discovered.metadata.issuer.as_str()).await?;
    let own = all.iter().find(|(server, _)| *server == entry.server.entry);
    let client = own.or_else(|| all.iter().find(|(server, _)| shares(hub, entry, server)));
    let client = client.map(|(_, client)| client.clone());
    // A login may take a while, and its first refresh comes later: a secret near its end is renewed now.
    let soon = hub.parts.clock.now() + SECRET_MARGIN;
    let fits =
        |client: &Client| client.redirect_uri == redirect_uri && client.secret_expires_at.is_none_or(|end| end > soon);
    Ok(client.filter(fits))
}

/// Whether a client that another server registered at the same issuer does for this one: nobody asked for a special one.
fn shares(hub: &Hub, entry: &Entry, other: &str) -> bool {
    let plain = |entry: &Entry| entry.server.oauth.dynamic_registration.is_none();
    plain(entry) && hub.entry(other).is_ok_and(|other| plain(&other))
}

/// Tries the plugin's ways in order.
async fn register(
    hub: &Hub,
    entry: &Entry,
    discovered: &Discovered,
    redirect_uri: &str,
) -> Result<Identity, ConnectError> {
    let profile = discovered.party.profile();
    let redirect_uris = redirect_uris(entry, redirect_uri);
    let wishes = entry.server.oauth.dynamic_registration.as_ref().map(|registration| &registration.metadata);
    let (none, scope) =
        (Map::new(), entry.server.oauth.scopes.clone().unwrap_or_default().join(&profile.scopes.separator));
    let wishes = Wishes { redirect_uris: &redirect_uris, scope: &scope, metadata: wishes.unwrap_or(&none) };
    let draft = registration::draft(&discovered.metadata, &profile.registration, wishes);
    let mut why = "this provider hands out clients by hand only".to_owned();
    for attempt in attempts(hub, entry, discovered, &draft, &redirect_uris).await? {
        match attempt {
            Attempt::Guide(_) => {}
            Attempt::MetadataDocument => {
                if let Some(client) = documented(hub, entry, discovered, redirect_uri) {
                    return Ok(Identity::Client(Box::new(client)));
                }
            }
            Attempt::Refuse(fault) => return Err(ConnectError::Provider(fault)),
            Attempt::Dynamic(body) => match dynamic(hub, entry, discovered, (&body, redirect_uri)).await? {
                Tried::Client(client) => return Ok(Identity::Client(client)),
                Tried::No(reason) => why = reason,
            },
        }
    }
    if discovered.source == Source::Assumed {
        return Err(ConnectError::NoMetadata { issuer: discovered.metadata.issuer.to_string() });
    }
    entry.journal.begin(Stage::Registration, "a client identity").waiting(why.clone());
    Ok(Identity::Setup(why))
}

/// The client whose id is the address of its metadata (draft-ietf-oauth-client-id-metadata-document), where the
/// authorization server reads such documents and the hub has one.
fn documented(hub: &Hub, entry: &Entry, discovered: &Discovered, redirect_uri: &str) -> Option<Client> {
    if !discovered.metadata.says("client_id_metadata_document_supported") {
        return None;
    }
    let action = entry.journal.begin(Stage::Registration, "a Client ID Metadata Document");
    match &hub.parts.metadata_document {
        MetadataDocument::At(url) => {
            action.done(format!("client {url}"));
            Some(of_document(url, discovered, redirect_uri))
        }
        MetadataDocument::None(why) => {
            action.done(format!("not possible: {why}"));
            None
        }
    }
}

/// The client of a metadata document: public, as nothing secret can stand in a document that everybody reads.
pub(super) fn of_document(url: &Url, discovered: &Discovered, redirect_uri: &str) -> Client {
    Client {
        issuer: discovered.metadata.issuer.to_string(),
        id: url.to_string(),
        secret: None,
        secret_expires_at: None,
        method: AuthMethod::None,
        kind: ClientKind::MetadataDocument,
        redirect_uri: redirect_uri.to_owned(),
        registration: None,
    }
}

fn redirect_uris(entry: &Entry, own: &str) -> Vec<String> {
    let written = entry
        .server
        .oauth
        .dynamic_registration
        .as_ref()
        .and_then(|registration| registration.metadata.get("redirect_uris"));
    let written = written.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let mut all = vec![own.to_owned()];
    for uri in written {
        if !all.iter().any(|known| known == uri) {
            all.push(uri.to_owned());
        }
    }
    all
}

async fn attempts(
    hub: &Hub,
    entry: &Entry,
    discovered: &Discovered,
    draft: &Map<String, Value>,
    redirect_uris: &[String],
) -> Result<Vec<Attempt>, ConnectError> {
    let draft = Value::Object(draft.clone()).to_string();
    let matter = discovered.matter(redirect_uris.first().map(String::as_str).unwrap_or_default());
    let context = discovered.party.context(url_of(entry)?, &matter, hub.parts.clock.now());
    let document = match &hub.parts.metadata_document {
        MetadataDocument::At(url) => Some(url.to_string()),
        MetadataDocument::None(_) => None,
    };
    let abilities = Abilities { metadata_document: document, redirect_uris: redirect_uris.to_vec() };
    if let Some(attempts) = discovered.party.plugin.registration_attempts(&context, &draft, &abilities).await? {
        return Ok(attempts);
    }
    let attempt = |source: &IdentitySource| match source {
        IdentitySource::MetadataDocument => Attempt::MetadataDocument,
        IdentitySource::Dynamic => Attempt::Dynamic(draft.clone()),
        IdentitySource::Guide => Attempt::Guide(String::new()),
    };
    Ok(discovered.party.profile().registration.preference.iter().map(attempt).collect())
}

/// What came of one registration.
enum Tried {
    Client(Box<Client>),
    No(String),
}

async fn dynamic(
    hub: &Hub,
    entry: &Entry,
    discovered: &Discovered,
    (body, redirect_uri): (&str, &str),
) -> Result<Tried, ConnectError> {
    let rules = &discovered.party.profile().registration;
    let settings = entry.server.oauth.dynamic_registration.as_ref();
    if settings.is_some_and(|settings| !settings.enabled) {
        return Ok(Tried::No("dynamic registration is switched off in the settings".to_owned()));
    }
    if !admits(&rules.redirect, redirect_uri) {
        return Ok(Tried::No(format!("this provider does not take the redirect URI {redirect_uri}")));
    }
    let Some(endpoint) = &discovered.metadata.registration_endpoint else {
        return Ok(Tried::No(format!("{} registers no clients by itself", discovered.metadata.issuer)));
    };
    let mut body: Map<String, Value> = serde_json::from_str(body).map_err(|_| ConnectError::PluginFlow {
        plugin: discovered.party.id().to_owned(),
        fault: "its registration body is not a JSON object",
    })?;
    body.insert("redirect_uris".into(), redirect_uris(entry, redirect_uri).into());
    let token = settings.and_then(|settings| settings.initial_access_token.as_ref());
    let action = entry.journal.begin(Stage::Registration, format!("POST {}", without_query(endpoint)));
    let request = registration::request(endpoint, &body, token)
        .map_err(|_| mcphub_oauth::ShapeError::Header("authorization".into()))?;
    let response = match hub.parts.egress.send(request, discovered.reach).await {
        Ok(response) => response,
        Err(error) => {
            action.failed(error.to_string(), Some("Check the network, then try again.".into()));
            return Err(error.into());
        }
    };
    let verdict = verdict(hub, entry, discovered, &response, redirect_uri).await?;
    let expected = Expected { issuer: &discovered.metadata.issuer, sent: &body, secret: rules.secret, verdict };
    let outcome = registration::accept(expected, &response);
    match outcome {
        Ok(_) if verdict == AnswerVerdict::NextAttempt => {
            action.done("the plugin does not want this answer");
            Ok(Tried::No("the provider's plugin does not want the registered client".to_owned()))
        }
        Ok(client) => {
            hub.parts.store.put_client(&entry.server.entry, &client).await?;
            action.done(format!("client {} ({})", client.id, client.method.name()));
            Ok(Tried::Client(Box::new(client)))
        }
        Err(error) => refused(discovered, &error, &response, action),
    }
}

/// The plugin's word on an answer; without one, answers are taken as they are.
async fn verdict(
    hub: &Hub,
    entry: &Entry,
    discovered: &Discovered,
    response: &http::Response<Vec<u8>>,
    redirect_uri: &str,
) -> Result<AnswerVerdict, ConnectError> {
    let context = discovered.party.context(url_of(entry)?, &discovered.matter(redirect_uri), hub.parts.clock.now());
    let masked = mask_text(response, &[]);
    match discovered.party.plugin.registration_answer(&context, response.status().as_u16(), &masked).await? {
        None => Ok(AnswerVerdict::Accept),
        Some(Ok(verdict)) => Ok(verdict),
        Some(Err(fault)) => Err(ConnectError::Provider(fault)),
    }
}

fn refused(
    discovered: &Discovered,
    error: &RegistrationError,
    response: &http::Response<Vec<u8>>,
    action: super::journal::Action<'_>,
) -> Result<Tried, ConnectError> {
    let code = match error {
        RegistrationError::Refused { code, .. } => code.as_deref(),
        RegistrationError::NoClientId | RegistrationError::NoSecret => None,
    };
    let body = String::from_utf8_lossy(response.body());
    let status = response.status().as_u16();
    let reported = Reported { operation: Operation::Registration, status, code, body: &body, client: None };
    let fault = classify(&discovered.party.profile().errors, reported);
    if matches!(fault.class, ErrorClass::Transient | ErrorClass::RateLimited(_)) {
        action.failed(error.to_string(), Some(remedy(&fault)));
        return Err(ConnectError::Provider(fault));
    }
    let told = if fault.class == ErrorClass::Unknown { error.to_string() } else { sentence(&fault) };
    let token = "If the provider demands an initial access token, set oauth.dynamicRegistration.initialAccessToken.";
    action.failed(told.clone(), Some(if matches!(status, 401 | 403) { token.to_owned() } else { remedy(&fault) }));
    Ok(Tried::No(if matches!(status, 401 | 403) { format!("{told}. {token}") } else { told }))
}

fn admits(constraint: &RedirectConstraint, redirect_uri: &str) -> bool {
    let Ok(url) = Url::parse(redirect_uri) else {
        return false;
    };
    let loopback = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    match constraint {
        RedirectConstraint::Any => true,
        RedirectConstraint::Https => url.scheme() == "https",
        RedirectConstraint::Loopback | RedirectConstraint::LoopbackAnyPort => loopback,
        RedirectConstraint::Exact(all) => all.iter().any(|uri| uri == redirect_uri),
    }
}
