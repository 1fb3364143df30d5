//! A login page of another site: the person is told, once for each pair, which server sends them where and who will hold the
//! token. A hostile server can name anybody's login page (RFC 9700 §4.4, mix-up); nothing but the person can tell whether it
//! belongs there.

use mcphub_oauth::allowed_hosts::{AllowedHosts, LoginOrigins};
use mcphub_oauth::profile::Target;
use mcphub_oauth::site::Site;
use url::Url;

use super::address::url_of;
use super::discovery::{Discovered, Source};
use super::entry::Entry;
use super::error::ConnectError;
use super::hub::Hub;
use super::secrets_issuer;
use crate::store::Acknowledged;

/// What a person is told before they are sent to a login page of another site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignLogin {
    /// Name of the server.
    pub server: String,
    /// Where the server is.
    pub address: String,
    /// The site of the login page.
    pub login: String,
    /// The site that gets the answer of the login page, and makes the token.
    pub token: String,
}

/// What must be said first; none: the sites belong together, or the person has agreed.
pub(super) async fn unacknowledged(
    hub: &Hub,
    entry: &Entry,
    discovered: &Discovered,
    page: &Url,
) -> Result<Option<ForeignLogin>, ConnectError> {
    let server = url_of(entry)?;
    let (login, token) = (Site::of(page), Site::of(&discovered.metadata.token_endpoint));
    let (Some(login), Some(token)) = (login, token) else { return Ok(None) };
    let is_home = Site::of(server).as_ref() == Some(&login);
    if is_home || is_written(entry, discovered, &login)? || is_named_by_plugin(hub, entry, discovered, page).await {
        return Ok(None);
    }
    let notice = ForeignLogin {
        server: entry.name().to_owned(),
        address: server.origin().ascii_serialization(),
        login: login.to_string(),
        token: token.to_string(),
    };
    let known = hub.parts.store.is_acknowledged(&notice.acknowledged(entry)?).await?;
    Ok((!known).then_some(notice))
}

/// Refuses a login page that the person has not been told of: where no page of the hub can say it.
pub(super) async fn require(hub: &Hub, entry: &Entry, discovered: &Discovered, page: &Url) -> Result<(), ConnectError> {
    match unacknowledged(hub, entry, discovered, page).await? {
        Some(notice) => Err(ConnectError::ForeignLogin(Box::new(notice))),
        None => Ok(()),
    }
}

/// The person has read it and goes on. What is not announced now is not agreed to.
pub(super) async fn acknowledge_announced(
    hub: &Hub,
    entry: &Entry,
    login: &str,
    token: &str,
) -> Result<(), ConnectError> {
    let Some(discovered) = entry.state().discovered else { return Ok(()) };
    let Some(page) = discovered.metadata.authorization_endpoint.clone() else { return Ok(()) };
    match unacknowledged(hub, entry, &discovered, &page).await? {
        Some(notice) if notice.login == login && notice.token == token => acknowledge(hub, entry, login, token).await,
        Some(_) | None => Ok(()),
    }
}

/// The person has read it and goes on.
pub(super) async fn acknowledge(hub: &Hub, entry: &Entry, login: &str, token: &str) -> Result<(), ConnectError> {
    let address = super::address::address_of(entry)?;
    let acknowledged = Acknowledged { address, login: login.to_owned(), token: token.to_owned() };
    Ok(hub.parts.store.acknowledge(&acknowledged).await?)
}

impl ForeignLogin {
    fn acknowledged(&self, entry: &Entry) -> Result<Acknowledged, ConnectError> {
        let address = super::address::address_of(entry)?;
        Ok(Acknowledged { address, login: self.login.clone(), token: self.token.clone() })
    }
}

impl std::fmt::Display for ForeignLogin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { server, address, login, token } = self;
        write!(f, "{server} ({address}) sends you to {login} to sign in, ")?;
        if login == token {
            write!(f, "and {address} gets the access to your account there")
        } else {
            write!(f, "and {token} and {address} get the access to your account there")
        }
    }
}

/// The person wrote where to sign in.
fn is_written(entry: &Entry, discovered: &Discovered, login: &Site) -> Result<bool, ConnectError> {
    if discovered.source == Source::Written {
        return Ok(true);
    }
    let issuer = secrets_issuer::written(entry)?.and_then(|issuer| issuer.url());
    Ok(issuer.and_then(|url| Site::of(&url)).as_ref() == Some(login))
}

/// The plugin for this server names the login page: the plugin that the person chose, or that serves the server by its
/// address. One that was found by the issuer says nothing of the server, which anybody may run.
async fn is_named_by_plugin(hub: &Hub, entry: &Entry, discovered: &Discovered, page: &Url) -> bool {
    let (party, Some(server)) = (&discovered.party, entry.url()) else { return false };
    let (named, inputs) = (party.profile().identity.hosts.clone(), party.inputs.clone());
    let allowed = AllowedHosts { named, inputs, login: LoginOrigins::default() };
    let by_address = async {
        let target = Target { server, issuer: None };
        let chosen = hub.parts.catalogue.choose(target, None, None).await;
        chosen.is_ok_and(|chosen| chosen.plugin.id() == party.id())
    };
    allowed.names(page) && (entry.server.oauth.provider.is_some() || by_address.await)
}
