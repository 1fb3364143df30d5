//! The start of a login: from a connect link or a terminal to the provider's login page.

use std::sync::Arc;

use mcphub_oauth::authorization::{self, Draft, LIFETIME, PendingAuthorization};
use mcphub_oauth::browser::BrowserId;
use mcphub_oauth::client::Client;
use mcphub_oauth::hook::Redirection;
use mcphub_oauth::pkce::{self, Use};
use mcphub_oauth::profile::Pair;
use mcphub_oauth::secret::State;
use mcphub_oauth::template::Slots;
use url::Url;

use super::foreign;
use super::pending::{Logins, PendingLogin};
use super::setup::guide::{self, GuidePage};
use super::stored::LoginAttempt;
use crate::connect::client::purged;
use crate::connect::core::at_issuer::AtIssuer;
use crate::connect::core::entry::Entry;
use crate::connect::core::error::{ConnectError, LoginError};
use crate::connect::core::event::Stage;
use crate::connect::core::foreign_login::ForeignLogin;
use crate::connect::core::observer::LoginStep;
use crate::connect::core::provider::HookInput;
use crate::connect::core::target::Discovered;
use crate::connect::discovery::learned;
use crate::connect::grant::dpop;
use crate::connect::prepare::pkce::decided;
use crate::connect::prepare::preparation::{Prepared, prepare};
use crate::connect::prepare::scopes::wanted_scopes;
use crate::egress::without_query;

/// Where a connect link leads.
#[derive(Debug)]
pub enum Begin {
    /// To the login page of the provider.
    Redirect(Url),
    /// To a login page of another site, once the person has agreed.
    Foreign(Box<ForeignLogin>),
    /// To the form for setting up a client.
    Guide(Box<GuidePage>),
    /// Nowhere: the person must do something at the provider first.
    Instructions {
        /// The title of the page.
        title: String,
        /// What the person has to do.
        text: String,
    },
}

/// Who starts a login, and with which link.
pub(crate) struct Starter<'a> {
    /// The browser that the login belongs to from now on.
    pub(crate) browser: &'a BrowserId,
    /// The link that was opened.
    pub(crate) ticket: &'a str,
}

/// Follows a connect link in a browser.
#[tracing::instrument(name = "login.begin", skip_all, fields(server.name = entry.name()))]
pub(crate) async fn begin(logins: &Logins, entry: &Arc<Entry>, starter: Starter<'_>) -> Result<Begin, ConnectError> {
    let core = &*logins.core;
    let _one_at_a_time = entry.flow.lock().await;
    let (discovered, client) = match prepare(core, entry).await? {
        Prepared::Ready(discovered, client) => (discovered, *client),
        Prepared::Setup(discovered, why) => {
            let at = AtIssuer { core, entry, discovered: &discovered };
            return Ok(Begin::Guide(Box::new(guide::page(at, starter.ticket, why).await?)));
        }
    };
    let at = AtIssuer { core, entry, discovered: &discovered };
    if let Some(page) = &discovered.metadata.authorization_endpoint
        && let Some(notice) = foreign::unacknowledged(at, page).await?
    {
        return Ok(Begin::Foreign(Box::new(notice)));
    }
    let (begin, authorization) = authorize(at, client.clone(), starter.browser).await?;
    let never_came_back = logins.has_one_with(entry, client.id.as_deref()).await?;
    if let Begin::Redirect(page) = &begin
        && purged::is_purged(at, &client, page, never_came_back).await
    {
        purged::forget_client(core, entry, &client).await;
        return retried(logins, entry, starter.browser, false).await;
    }
    put(logins, entry, discovered.clone(), authorization, LoginAttempt::default()).await?;
    Ok(begin)
}

/// Sends the person to the login page again, after the first try taught the hub something.
#[tracing::instrument(name = "login.begin_again", skip_all, fields(server.name = entry.name()))]
pub(crate) async fn again(
    logins: &Logins,
    entry: &Arc<Entry>,
    browser: &BrowserId,
    at_terminal: bool,
) -> Result<Begin, ConnectError> {
    let _one_at_a_time = entry.flow.lock().await;
    retried(logins, entry, browser, at_terminal).await
}

async fn retried(
    logins: &Logins,
    entry: &Arc<Entry>,
    browser: &BrowserId,
    at_terminal: bool,
) -> Result<Begin, ConnectError> {
    let (begin, discovered, authorization) = straight(logins, entry, browser).await?;
    put(logins, entry, discovered, authorization, LoginAttempt { is_retry: true, at_terminal }).await?;
    Ok(begin)
}

/// Starts a login for a person at a terminal. Returns the login page itself, which a browser on any machine can open.
#[tracing::instrument(name = "login.begin_at_terminal", skip_all, fields(server.name = entry.name()))]
pub(crate) async fn at_terminal(
    logins: &Logins,
    entry: &Arc<Entry>,
    terminal: &BrowserId,
) -> Result<Url, ConnectError> {
    let _one_at_a_time = entry.flow.lock().await;
    let (begin, discovered, authorization) = straight(logins, entry, terminal).await?;
    let server = entry.name().to_owned();
    match begin {
        Begin::Redirect(page) => {
            let attempt = LoginAttempt { at_terminal: true, is_retry: false };
            put(logins, entry, discovered, authorization, attempt).await?;
            Ok(page)
        }
        Begin::Instructions { text, .. } => Err(LoginError::AtProvider { server, instructions: text }.into()),
        Begin::Guide(guide) => Err(LoginError::SetupNeeded { server, why: guide.why }.into()),
        Begin::Foreign(notice) => Err(LoginError::ForeignLogin(notice).into()),
    }
}

/// A login that goes straight to the login page and shows no page of the hub.
async fn straight(
    logins: &Logins,
    entry: &Arc<Entry>,
    browser: &BrowserId,
) -> Result<(Begin, Arc<Discovered>, PendingAuthorization), ConnectError> {
    let core = &*logins.core;
    match prepare(core, entry).await? {
        Prepared::Ready(discovered, client) => {
            let at = AtIssuer { core, entry, discovered: &discovered };
            if let Some(page) = &discovered.metadata.authorization_endpoint {
                foreign::require(at, page).await?;
            }
            let (begin, authorization) = authorize(at, *client, browser).await?;
            Ok((begin, discovered, authorization))
        }
        Prepared::Setup(_, why) => Err(LoginError::SetupNeeded { server: entry.name().to_owned(), why }.into()),
    }
}

async fn put(
    logins: &Logins,
    entry: &Arc<Entry>,
    discovered: Arc<Discovered>,
    authorization: PendingAuthorization,
    attempt: LoginAttempt,
) -> Result<(), ConnectError> {
    let is_bound = dpop::is_wanted(AtIssuer { core: &logins.core, entry, discovered: &discovered });
    logins.put(&PendingLogin { entry: entry.clone(), discovered, authorization, is_bound, attempt }).await
}

/// Builds the authorization request (RFC 6749 §4.1.1), and what its callback is checked against.
async fn authorize(
    at: AtIssuer<'_>,
    client: Client,
    browser: &BrowserId,
) -> Result<(Begin, PendingAuthorization), ConnectError> {
    let AtIssuer { core, entry, discovered } = at;
    let login = discovered.metadata.authorization_endpoint.clone();
    let login = login.ok_or(LoginError::NoLoginPage { offers_device: true })?;
    let verifier = (decided(at)? == Use::S256).then(|| pkce::verifier(core.parts.random.bytes()));
    let state = State::new(core.parts.random.text::<32>());
    let wanted = wanted_scopes(at, &client).await?;
    let resource = learned::resource(at).await?;
    let draft = Draft {
        metadata: &discovered.metadata,
        client: &client,
        scopes: &wanted,
        state: &state,
        verifier: verifier.as_ref(),
    };
    let params = {
        let slots = Slots {
            client: Some(&client),
            redirect_uri: Some(&client.redirect_uri),
            resource: resource.as_deref(),
            ..at.slots()
        };
        authorization::parameters(draft, at.profile(), &slots)?
    };
    let begin = destination(at, &client, &login, params).await?;
    if let Begin::Redirect(page) = &begin {
        core.parts.egress.may_lead_to(page, discovered.policy)?;
        core.observe(LoginStep::Sent(page));
    }
    let asked_for = if wanted.is_empty() { "no scopes".into() } else { wanted.join(" ") };
    let action = entry.journal.begin(Stage::Authorization, without_query(&login));
    action.waiting(format!("the person signs in; asked for: {asked_for}"));
    let authorization = PendingAuthorization {
        state,
        verifier,
        issuer: discovered.metadata.spelling.clone(),
        issuer_promised: discovered.metadata.says("authorization_response_iss_parameter_supported"),
        client,
        resource,
        scopes: wanted,
        browser: browser.clone(),
        expires_at: core.now() + LIFETIME,
    };
    Ok((begin, authorization))
}

/// The address of the login page. The plugin's hook may change it, but not the parameters that belong to the hub.
async fn destination(
    at: AtIssuer<'_>,
    client: &Client,
    endpoint: &Url,
    params: Vec<Pair>,
) -> Result<Begin, ConnectError> {
    let (discovered, profile) = (at.discovered, at.profile());
    let input = HookInput { client: Some(client), ..discovered.hook_input(&client.redirect_uri) };
    // The plugin does not see the state, because that is a secret between the hub and the browser.
    let shown: Vec<Pair> =
        params.iter().filter(|(name, _)| !authorization::HOST_PARAMETERS.contains(&name.as_str())).cloned().collect();
    let context = at.context(&input)?;
    let Some(redirection) = discovered.provider.plugin.authorize(&context, endpoint.as_str(), &shown).await? else {
        return Ok(Begin::Redirect(authorization::request(endpoint, &params, profile)));
    };
    match redirection {
        Redirection::Request { url, params: proposed } => {
            let url = allowed(at, &url)?;
            Ok(Begin::Redirect(authorization::request(&url, &authorization::keep_own(proposed, &params), profile)))
        }
        Redirection::InstallLink(url) => {
            let url = allowed(at, &url)?;
            Ok(Begin::Redirect(authorization::request(&url, &authorization::of_link(&params), profile)))
        }
        Redirection::Instructions(text) => Ok(Begin::Instructions { title: profile.identity.title.clone(), text }),
    }
}

/// A URL that the plugin names, if the plugin is allowed to use that host.
fn allowed(at: AtIssuer<'_>, url: &str) -> Result<Url, ConnectError> {
    let url = Url::parse(url).map_err(|_| mcphub_oauth::BuildError::Url)?;
    at.discovered.allowed_hosts(at.entry.url()).check(&url)?;
    Ok(url)
}
