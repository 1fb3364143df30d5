//! The start of a sign-in: from a connect link to the provider's login page.

use std::sync::Arc;

use mcphub_oauth::authorization::{self, Draft, LIFETIME, PendingAuthorization};
use mcphub_oauth::browser::BrowserId;
use mcphub_oauth::client::Client;
use mcphub_oauth::device;
use mcphub_oauth::hook::{Need, Redirection};
use mcphub_oauth::pkce;
use mcphub_oauth::profile::Pair;
use mcphub_oauth::scopes::{self, Sources};
use mcphub_oauth::secret::State;
use mcphub_oauth::template::Slots;
use url::Url;

use super::address::url_of;
use super::discovery::{Discovered, Source, discover};
use super::entry::Entry;
use super::error::ConnectError;
use super::event::Stage;
use super::finish::forget_client;
use super::foreign_login::{self, ForeignLogin};
use super::guide::{self, GuidePage};
use super::hub::{Flight, Hub};
use super::identity::{Identity, identity};
use super::lessons;
use super::preflight;
use super::status::Status;
use crate::egress::Seen;
use crate::egress::without_query;
use crate::settings::{PkceSetting, ToolSetting};

/// Where a connect link leads.
#[derive(Debug)]
pub enum Begin {
    /// To the login page.
    Redirect(Url),
    /// To a login page of another site, once the person has read that.
    Foreign(Box<ForeignLogin>),
    /// To the guide for setting up a client.
    Guide(Box<GuidePage>),
    /// Nowhere: the person must do something at the provider.
    Instructions {
        /// Title of the page.
        title: String,
        /// What to do.
        text: String,
    },
}

/// What a server needs before a person can sign in.
pub(super) enum Prepared {
    Ready(Arc<Discovered>, Box<Client>),
    Setup(Arc<Discovered>, String),
}

/// Prepares those of the servers whose settings ask for it before anybody logs in, and that have no grant yet.
pub(super) async fn prepare_all(hub: &Hub, entries: Vec<Arc<Entry>>) {
    for entry in entries.into_iter().filter(|entry| entry.server.enabled && entry.url().is_some()) {
        let registration = entry.server.oauth.dynamic_registration.as_ref();
        let at_start = registration.is_some_and(|registration| registration.enabled && registration.issuer.is_some());
        let has_grant = matches!(hub.grant(&entry).await, Ok(Some(_)));
        if at_start && !has_grant {
            let _one_at_a_time = entry.flow.lock().await;
            if let Err(error) = prepare(hub, &entry).await {
                tracing::debug!(server.name = entry.name(), "{}", entry.shown("not prepared", &error));
            }
        }
    }
}

/// Discovery and identity; the server's status says what came of it.
pub(super) async fn prepare(hub: &Hub, entry: &Entry) -> Result<Prepared, ConnectError> {
    let prepared = try_prepare(hub, entry).await;
    match &prepared {
        Ok(Prepared::Ready(..)) => entry.set_status(Status::LoginRequired, entry.state().ended),
        Ok(Prepared::Setup(_, why)) => entry.set_status(Status::SetupRequired, Some(why.clone())),
        Err(error) => {
            entry.set_status(Status::Failed, Some(error.told()));
            let remedy = error.remedy().map(std::borrow::Cow::into_owned);
            entry.journal.begin(Stage::Discovery, "a way to log in").failed(error.to_string(), remedy);
        }
    }
    prepared
}

async fn try_prepare(hub: &Hub, entry: &Entry) -> Result<Prepared, ConnectError> {
    // A login that is sealed and cannot be opened is said at once, not after the person has signed in.
    hub.grant(entry).await?;
    let (plugged, known) = (hub.plugged(), entry.state());
    let now = hub.parts.clock.now();
    let discovered = match known.discovered {
        Some(discovered) if discovered.fresh_until > now => discovered,
        stale => match (discover(hub, entry, known.challenge.as_ref()).await, stale) {
            (Ok(discovered), _) => Arc::new(discovered),
            (Err(error), Some(stale)) if error.is_transient() => stale,
            (Err(error), _) => return Err(error),
        },
    };
    hub.keep(entry, plugged, |state| state.discovered = Some(discovered.clone()));
    if discovered.source == Source::Pending {
        // The guide comes first.
    } else if discovered.metadata.authorization_endpoint.is_some() {
        decided_pkce(entry, &discovered)?;
    } else if device::endpoint(&discovered.metadata).is_none() {
        return Err(ConnectError::NoLoginPage { offers_device: false });
    }
    match identity(hub, entry, &discovered).await? {
        Identity::Client(client) => Ok(Prepared::Ready(discovered, client)),
        Identity::Setup(why) => Ok(Prepared::Setup(discovered, why)),
    }
}

fn decided_pkce(entry: &Entry, discovered: &Discovered) -> Result<pkce::Use, ConnectError> {
    let setting = match entry.server.oauth.pkce {
        PkceSetting::Required => pkce::Setting::Required,
        PkceSetting::Assume => pkce::Setting::Assume,
        PkceSetting::Omit => pkce::Setting::Omit,
    };
    let offered = discovered.party.profile().authorization.pkce;
    Ok(pkce::decide(&discovered.metadata, offered, setting, discovered.source != Source::Published)?)
}

/// Follows a connect link in a browser.
pub(super) async fn begin(
    hub: &Hub,
    entry: &Arc<Entry>,
    ticket: &str,
    browser: &BrowserId,
) -> Result<Begin, ConnectError> {
    let _one_at_a_time = entry.flow.lock().await;
    let (discovered, client) = match prepare(hub, entry).await? {
        Prepared::Ready(discovered, client) => (discovered, client),
        Prepared::Setup(discovered, why) => {
            return Ok(Begin::Guide(Box::new(guide::page(hub, entry, &discovered, ticket, why).await?)));
        }
    };
    if let Some(page) = &discovered.metadata.authorization_endpoint
        && let Some(notice) = foreign_login::unacknowledged(hub, entry, &discovered, page).await?
    {
        return Ok(Begin::Foreign(Box::new(notice)));
    }
    let (begin, flight) = redirect(hub, entry, discovered.clone(), (*client).clone(), browser).await?;
    if let Begin::Redirect(url) = &begin
        && preflight::is_purged(hub, entry, &discovered, (&client, url)).await
    {
        forget_client(hub, entry, &client).await;
        return healed(hub, entry, browser, false).await;
    }
    hub.put_flight(flight);
    Ok(begin)
}

/// Sends the person to the login page again, after something was learned; a second time in one login it is not done.
pub(super) async fn again(
    hub: &Hub,
    entry: &Arc<Entry>,
    browser: &BrowserId,
    at_terminal: bool,
) -> Result<Begin, ConnectError> {
    let _one_at_a_time = entry.flow.lock().await;
    healed(hub, entry, browser, at_terminal).await
}

async fn healed(hub: &Hub, entry: &Arc<Entry>, browser: &BrowserId, at_terminal: bool) -> Result<Begin, ConnectError> {
    let (begin, flight) = straight(hub, entry, browser).await?;
    hub.put_flight(Flight { is_healed: true, at_terminal, ..flight });
    Ok(begin)
}

/// A sign-in for somebody at a terminal: the login page itself, which a browser on any machine can open.
pub(super) async fn at_terminal(hub: &Hub, entry: &Arc<Entry>, terminal: &BrowserId) -> Result<Url, ConnectError> {
    let _one_at_a_time = entry.flow.lock().await;
    let (begin, flight) = straight(hub, entry, terminal).await?;
    let reason = match begin {
        Begin::Redirect(url) => {
            hub.put_flight(Flight { at_terminal: true, ..flight });
            return Ok(url);
        }
        Begin::Instructions { text, .. } => text,
        Begin::Guide(guide) => guide.why,
        Begin::Foreign(notice) => notice.to_string(),
    };
    Err(ConnectError::NotLoggedIn { server: entry.name().to_owned(), reason })
}

async fn straight(hub: &Hub, entry: &Arc<Entry>, browser: &BrowserId) -> Result<(Begin, Flight), ConnectError> {
    match prepare(hub, entry).await? {
        Prepared::Ready(discovered, client) => {
            if let Some(page) = &discovered.metadata.authorization_endpoint {
                foreign_login::require(hub, entry, &discovered, page).await?;
            }
            redirect(hub, entry, discovered, *client, browser).await
        }
        Prepared::Setup(_, why) => Err(ConnectError::NotLoggedIn { server: entry.name().to_owned(), reason: why }),
    }
}

async fn redirect(
    hub: &Hub,
    entry: &Arc<Entry>,
    discovered: Arc<Discovered>,
    client: Client,
    browser: &BrowserId,
) -> Result<(Begin, Flight), ConnectError> {
    let profile = discovered.party.profile();
    let login = discovered.metadata.authorization_endpoint.clone();
    let login = login.ok_or(ConnectError::NoLoginPage { offers_device: true })?;
    let verifier =
        (decided_pkce(entry, &discovered)? == pkce::Use::S256).then(|| pkce::verifier(hub.parts.random.bytes()));
    let state = State::new(hub.parts.random.text::<32>());
    let wanted = wanted_scopes(hub, entry, &discovered, &client).await?;
    let resource = lessons::resource(hub, entry, &discovered).await?;
    let draft = Draft {
        metadata: &discovered.metadata,
        client: &client,
        scopes: &wanted,
        state: &state,
        verifier: verifier.as_ref(),
    };
    let destination = {
        let slots = Slots {
            client: Some(&client),
            redirect_uri: Some(&client.redirect_uri),
            resource: resource.as_deref(),
            ..discovered.party.slots(hub.parts.clock.now(), &hub.parts.random)
        };
        authorization::parameters(draft, profile, &slots)?
    };
    let begin = destination_of(hub, entry, &discovered, &client, (&login, destination)).await?;
    if let Begin::Redirect(url) = &begin {
        hub.parts.egress.may_lead_to(url, discovered.reach)?;
        hub.parts.egress.tell(Seen::Sent(url));
    }
    let action = entry.journal.begin(Stage::Authorization, without_query(&login));
    action.waiting(format!(
        "the person signs in; asked for: {}",
        if wanted.is_empty() { "no scopes".into() } else { wanted.join(" ") }
    ));
    let pending = PendingAuthorization {
        state,
        verifier,
        issuer: discovered.metadata.spelling.clone(),
        issuer_promised: discovered.metadata.says("authorization_response_iss_parameter_supported"),
        client,
        resource,
        scopes: wanted,
        browser: browser.clone(),
        expires_at: hub.parts.clock.now() + LIFETIME,
    };
    Ok((begin, Flight { entry: entry.clone(), discovered, pending, at_terminal: false, is_healed: false }))
}

/// The address of the login page, after the plugin's hook had its say.
async fn destination_of(
    hub: &Hub,
    entry: &Entry,
    discovered: &Discovered,
    client: &Client,
    (endpoint, params): (&Url, Vec<Pair>),
) -> Result<Begin, ConnectError> {
    let profile = discovered.party.profile();
    let mut matter = discovered.matter(&client.redirect_uri);
    matter.client = Some(client);
    let context = discovered.party.context(url_of(entry)?, &matter, hub.parts.clock.now());
    // The state is the hub's and the browser's: a plugin sees that there is one.
    let shown: Vec<Pair> =
        params.iter().filter(|(name, _)| !authorization::HOST_PARAMETERS.contains(&name.as_str())).cloned().collect();
    let Some(redirection) = discovered.party.plugin.authorize(&context, endpoint.as_str(), &shown).await? else {
        return Ok(Begin::Redirect(authorization::request(endpoint, &params, profile)));
    };
    match redirection {
        Redirection::Request { url, params: proposed } => {
            let url = allowed(entry, discovered, &url)?;
            Ok(Begin::Redirect(authorization::request(&url, &authorization::keep_own(proposed, &params), profile)))
        }
        Redirection::InstallLink(url) => {
            let url = allowed(entry, discovered, &url)?;
            Ok(Begin::Redirect(authorization::request(&url, &authorization::of_link(&params), profile)))
        }
        Redirection::Instructions(text) => Ok(Begin::Instructions { title: profile.identity.title.clone(), text }),
    }
}

/// A URL of a plugin's, if it may name that host.
fn allowed(entry: &Entry, discovered: &Discovered, url: &str) -> Result<Url, ConnectError> {
    let url = Url::parse(url).map_err(|_| mcphub_oauth::BuildError::Url)?;
    discovered.allowed_hosts(entry).check(&url)?;
    Ok(url)
}

/// The scopes to ask for (MCP, Scope Selection Strategy), the plugin's hook included.
pub(super) async fn wanted_scopes(
    hub: &Hub,
    entry: &Entry,
    discovered: &Discovered,
    client: &Client,
) -> Result<Vec<String>, ConnectError> {
    let state = entry.state();
    let challenge = state.challenge.unwrap_or_default();
    let off = |(name, setting): (&String, &ToolSetting)| (setting.enabled == Some(false)).then(|| name.clone());
    let disabled: Vec<String> = entry.server.tools.iter().filter_map(off).collect();
    let granted = if challenge.wants_more_scopes() { granted_now(hub, entry).await? } else { Vec::new() };
    let profile = discovered.party.profile();
    let server = discovered.metadata.list("scopes_supported");
    let published = discovered.protected_resource.as_ref().and_then(|found| found.scopes.clone());
    let published = published.or_else(|| (!discovered.scopes_hint.is_empty()).then(|| discovered.scopes_hint.clone()));
    let need = if challenge.scope.is_empty() { Need::Default } else { Need::Challenge(challenge.scope.clone()) };
    let mut matter = discovered.matter(&client.redirect_uri);
    matter.client = Some(client);
    let context = discovered.party.context(url_of(entry)?, &matter, hub.parts.clock.now());
    let asked = discovered.party.plugin.scopes_for(&context, &need).await?;
    let sources = Sources {
        configured: entry.server.oauth.scopes.as_deref(),
        challenge: asked.as_deref().unwrap_or(&challenge.scope),
        resource: published.as_deref(),
        server: server.as_deref(),
        granted: &granted,
        disabled: &disabled,
        tool: state.tool.as_deref().filter(|_| challenge.wants_more_scopes()),
    };
    Ok(scopes::select(&profile.scopes, sources))
}

async fn granted_now(hub: &Hub, entry: &Entry) -> Result<Vec<String>, ConnectError> {
    let stored = hub.grant(entry).await?;
    Ok(stored.map(|stored| stored.value.granted_scopes.unwrap_or(stored.value.requested_scopes)).unwrap_or_default())
}
