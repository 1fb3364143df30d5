//! Dynamic registration (RFC 7591): the attempts in the plugin's order, and what the answers mean.

use mcphub_oauth::client::{Client, is_loopback};
use mcphub_oauth::error::{Reported, classify, remedy, said, sentence};
use mcphub_oauth::hook::{Abilities, AnswerVerdict, Attempt};
use mcphub_oauth::mask::mask_text;
use mcphub_oauth::profile::{ErrorClass, Fault, IdentitySource, Operation, RedirectConstraint};
use mcphub_oauth::registration::{self, Expected, RegistrationError, Wishes};
use serde_json::{Map, Value};
use url::Url;

use crate::connect::client::{document, redirect_uris};
use crate::connect::core::address::url_of;
use crate::connect::core::at_issuer::AtIssuer;
use crate::connect::core::entry::Entry;
use crate::connect::core::error::{ConnectError, DiscoveryError, FlowFault, PluginError};
use crate::connect::core::event::Stage;
use crate::connect::core::target::{Discovered, Source};
use crate::connect::discovery::issuer_binding::{self, Attendance};
use crate::egress::{EgressError, without_query};

/// Why there is no client.
pub(crate) struct Declined {
    /// The reason, for the person who sets up a client.
    pub(crate) why: String,
    /// Whether the redirect URI was refused (RFC 7591 §3.2.2). Another one may be accepted.
    pub(crate) by_redirect_uri: bool,
}

impl Declined {
    fn of(why: impl Into<String>) -> Self {
        Self { why: why.into(), by_redirect_uri: false }
    }
}

/// Tries the ways to get a client in the plugin's order.
#[tracing::instrument(name = "client.register", skip_all, fields(server.name = at.entry.name()))]
pub(crate) async fn register(
    at: AtIssuer<'_>,
    redirect_uri: &str,
) -> Result<Result<Box<Client>, Declined>, ConnectError> {
    let AtIssuer { core, entry, discovered } = at;
    let profile = discovered.provider.profile();
    let redirect_uris = redirect_uris(entry, redirect_uri);
    let wishes = entry.server.oauth.dynamic_registration.as_ref().map(|registration| &registration.metadata);
    let (none, scope) =
        (Map::new(), entry.server.oauth.scopes.clone().unwrap_or_default().join(&profile.scopes.separator));
    let wishes = Wishes { redirect_uris: &redirect_uris, scope: &scope, metadata: wishes.unwrap_or(&none) };
    let draft = registration::draft(&discovered.metadata, &profile.registration, wishes);
    let mut declined = Declined::of("this provider hands out clients by hand only");
    for attempt in attempts(at, &draft, &redirect_uris).await? {
        match attempt {
            Attempt::Setup(_) => {}
            Attempt::MetadataDocument => {
                // A document that is hosted elsewhere lists one redirect URI for all issuers. The hub's own documents
                // have a rule of their own.
                let redirect_uri = redirect_uris::preferred(core, entry, profile);
                if let Some(client) = document::documented(at, &redirect_uri) {
                    return Ok(Ok(Box::new(client)));
                }
            }
            Attempt::Refuse(fault) => return Err(ConnectError::Provider(fault)),
            Attempt::Dynamic(body) => match dynamic(at, &body, redirect_uri).await? {
                Ok(client) => return Ok(Ok(client)),
                Err(why) => declined = why,
            },
        }
    }
    if discovered.source == Source::Assumed {
        return Err(DiscoveryError::NoMetadata { issuer: discovered.metadata.issuer.to_string() }.into());
    }
    Ok(Err(declined))
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
    at: AtIssuer<'_>,
    draft: &Map<String, Value>,
    redirect_uris: &[String],
) -> Result<Vec<Attempt>, ConnectError> {
    let AtIssuer { core, entry, discovered } = at;
    let draft = Value::Object(draft.clone()).to_string();
    let hook_input = discovered.hook_input(redirect_uris.first().map(String::as_str).unwrap_or_default());
    let context = discovered.provider.context(url_of(entry)?, &hook_input, core.now());
    let own = redirect_uris.first().map(String::as_str).unwrap_or_default();
    let document = document::of_issuer(core, &discovered.metadata, own).ok().map(|document| document.url.to_string());
    let abilities = Abilities { metadata_document: document, redirect_uris: redirect_uris.to_vec() };
    if let Some(attempts) = discovered.provider.plugin.registration_attempts(&context, &draft, &abilities).await? {
        return Ok(attempts);
    }
    let attempt = |source: &IdentitySource| match source {
        IdentitySource::MetadataDocument => Attempt::MetadataDocument,
        IdentitySource::Dynamic => Attempt::Dynamic(draft.clone()),
        IdentitySource::Setup => Attempt::Setup(String::new()),
    };
    Ok(discovered.provider.profile().registration.preference.iter().map(attempt).collect())
}

async fn dynamic(
    at: AtIssuer<'_>,
    body: &str,
    redirect_uri: &str,
) -> Result<Result<Box<Client>, Declined>, ConnectError> {
    let AtIssuer { entry, discovered, .. } = at;
    let rules = &discovered.provider.profile().registration;
    let settings = entry.server.oauth.dynamic_registration.as_ref();
    if settings.is_some_and(|settings| !settings.enabled) {
        return Ok(Err(Declined::of("dynamic registration is switched off in the settings")));
    }
    if !admits(&rules.redirect, redirect_uri) {
        let why = format!("this provider does not take the redirect URI {redirect_uri}");
        return Ok(Err(Declined { why, by_redirect_uri: true }));
    }
    let Some(endpoint) = &discovered.metadata.registration_endpoint else {
        return Ok(Err(Declined::of(format!("{} registers no clients by itself", discovered.metadata.issuer))));
    };
    let mut body: Map<String, Value> = serde_json::from_str(body).map_err(|_| PluginError::Flow {
        plugin: discovered.provider.id().to_owned(),
        fault: FlowFault::BadRegistration,
    })?;
    body.insert("redirect_uris".into(), redirect_uris(entry, redirect_uri).into());
    let token = settings.and_then(|settings| settings.initial_access_token.as_ref());
    if token.is_some() && settings.is_some_and(|settings| settings.registration_endpoint.is_none()) {
        issuer_binding::bind(at, Attendance::Unattended).await?;
    }
    match attempt(at, endpoint, &body, redirect_uri).await? {
        Ok(client) => Ok(Ok(client)),
        Err((declined, refusal)) => {
            let none = Map::new();
            let written = settings.map_or(&none, |settings| &settings.metadata);
            let reduced = refusal.and_then(|refusal| registration::reduced(&body, &refusal, written));
            let Some(body) = reduced else { return Ok(Err(declined)) };
            let second = attempt(at, endpoint, &body, redirect_uri).await?;
            // If the second attempt is refused too, the first refusal is the one to show.
            Ok(second.map_err(|_| declined))
        }
    }
}

/// Makes one registration request. `Err` holds the reason why there is no client, and the full refusal if a smaller
/// body may be accepted.
async fn attempt(
    at: AtIssuer<'_>,
    endpoint: &Url,
    body: &Map<String, Value>,
    redirect_uri: &str,
) -> Result<Result<Box<Client>, (Declined, Option<String>)>, ConnectError> {
    let AtIssuer { core, entry, discovered } = at;
    let rules = &discovered.provider.profile().registration;
    let settings = entry.server.oauth.dynamic_registration.as_ref();
    let token = settings.and_then(|settings| settings.initial_access_token.as_ref());
    let action = entry.journal.begin(Stage::Registration, format!("POST {}", without_query(endpoint)));
    let request = registration::request(endpoint, body, token)
        .map_err(|_| mcphub_oauth::BuildError::Header("authorization".into()))?;
    let response = match core.parts.egress.send_to_owner(request, discovered.policy).await {
        Ok(response) => response,
        Err(error @ EgressError::Moved { .. }) => {
            action.failed(error.to_string(), Some(error.remedy().to_owned()));
            return Ok(Err((Declined::of(error.to_string()), None)));
        }
        Err(error) => {
            action.failed(error.to_string(), Some(error.remedy().to_owned()));
            return Err(error.into());
        }
    };
    let verdict = verdict(at, &response, redirect_uri).await?;
    let expected = Expected { issuer: &discovered.metadata.issuer, sent: body, secret: rules.secret, verdict };
    match registration::accept(expected, &response) {
        Ok(_) if verdict == AnswerVerdict::NextAttempt => {
            action.done("the plugin does not want this answer");
            Ok(Err((Declined::of("the provider's plugin does not want the registered client"), None)))
        }
        Ok(client) => {
            core.parts.store.put_client(&entry.server.entry, &client).await?;
            entry.remember(|memory| memory.gone_client = None);
            action.done(format!("client {} ({})", client.name(), client.method.name()));
            Ok(Ok(Box::new(client)))
        }
        Err(error) => {
            let said = said(&response, &[]);
            let refusal = refuses_metadata(&error).then(|| said.clone().unwrap_or_default());
            let declined = refused(discovered, &error, said, &response, action)?;
            Ok(Err((declined, refusal)))
        }
    }
}

/// Whether the issuer refuses the metadata that the hub sent (RFC 7591 §3.2.2).
fn refuses_metadata(error: &RegistrationError) -> bool {
    match error {
        RegistrationError::Refused { status: 400 | 422, code } => {
            matches!(code.as_deref(), None | Some("invalid_client_metadata" | "invalid_request"))
        }
        RegistrationError::Refused { .. }
        | RegistrationError::NoClientId
        | RegistrationError::NoSecret
        | RegistrationError::BadClient => false,
    }
}

/// The plugin's verdict on an answer. Without one, the answer is accepted.
async fn verdict(
    at: AtIssuer<'_>,
    response: &http::Response<Vec<u8>>,
    redirect_uri: &str,
) -> Result<AnswerVerdict, ConnectError> {
    let AtIssuer { core, entry, discovered } = at;
    let context = discovered.provider.context(url_of(entry)?, &discovered.hook_input(redirect_uri), core.now());
    let masked = mask_text(response, &[]);
    match discovered.provider.plugin.registration_answer(&context, response.status().as_u16(), &masked).await? {
        None => Ok(AnswerVerdict::Accept),
        Some(Ok(verdict)) => Ok(verdict),
        Some(Err(fault)) => Err(ConnectError::Provider(fault)),
    }
}

fn refused(
    discovered: &Discovered,
    error: &RegistrationError,
    said: Option<String>,
    response: &http::Response<Vec<u8>>,
    action: crate::connect::core::journal::RunningAction<'_>,
) -> Result<Declined, ConnectError> {
    let code = match error {
        RegistrationError::Refused { code, .. } => code.as_deref(),
        RegistrationError::NoClientId | RegistrationError::NoSecret | RegistrationError::BadClient => None,
    };
    let body = String::from_utf8_lossy(response.body());
    let status = response.status().as_u16();
    let reported = Reported { operation: Operation::Registration, status, code, body: &body, client: None };
    let fault = Fault { said, ..classify(&discovered.provider.profile().errors, reported) };
    if matches!(fault.class, ErrorClass::Transient | ErrorClass::RateLimited(_)) {
        action.failed(error.to_string(), Some(remedy(&fault)));
        return Err(ConnectError::Provider(fault));
    }
    let unknown = fault.class == ErrorClass::Unknown && fault.message.is_none();
    let told = sentence(&Fault {
        message: if unknown { Some(error.to_string()) } else { fault.message.clone() },
        ..fault.clone()
    });
    let token = "If the provider demands an initial access token, set oauth.dynamicRegistration.initialAccessToken.";
    action.failed(told.clone(), Some(if matches!(status, 401 | 403) { token.to_owned() } else { remedy(&fault) }));
    let why = if matches!(status, 401 | 403) { format!("{told}. {token}") } else { told };
    Ok(Declined { why, by_redirect_uri: code == Some("invalid_redirect_uri") })
}

fn admits(constraint: &RedirectConstraint, redirect_uri: &str) -> bool {
    let Ok(url) = Url::parse(redirect_uri) else {
        return false;
    };
    match constraint {
        RedirectConstraint::Any => true,
        RedirectConstraint::Https => url.scheme() == "https",
        RedirectConstraint::Loopback | RedirectConstraint::LoopbackAnyPort => is_loopback(&url),
        RedirectConstraint::Exact(all) => all.iter().any(|uri| uri == redirect_uri),
    }
}
