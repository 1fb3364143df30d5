//! A login page of another site. The person is asked once for each pair of sites, and must agree.
//!
//! A malicious server can name any login page (RFC 9700 §4.4, mix-up), and only the person can tell whether it belongs
//! to the server.

use mcphub_oauth::allowed_hosts::{AllowedHosts, LoginOrigins};
use mcphub_oauth::profile::Target;
use mcphub_oauth::site::Site;
use url::Url;

use crate::connect::core::address::{address_of, url_of};
use crate::connect::core::at_issuer::AtIssuer;
use crate::connect::core::entry::Entry;
use crate::connect::core::error::{ConnectError, LoginError};
use crate::connect::core::foreign_login::{ForeignLogin, Sites};
use crate::connect::core::parts::Core;
use crate::connect::core::target::Source;
use crate::connect::discovery::issuer_binding;
use crate::store::Acknowledged;

/// What the person must agree to first. `None` means that the sites belong together, or that the person has agreed
/// already.
pub(crate) async fn unacknowledged(at: AtIssuer<'_>, page: &Url) -> Result<Option<ForeignLogin>, ConnectError> {
    let (entry, server) = (at.entry, url_of(at.entry)?);
    let (login, token) = (Site::of(page), Site::of(&at.discovered.metadata.token_endpoint));
    let (Some(login), Some(token)) = (login, token) else { return Ok(None) };
    let is_home = Site::of(server).as_ref() == Some(&login);
    if is_home || is_written(at, &login)? || is_named_by_plugin(at, page).await {
        return Ok(None);
    }
    let notice = ForeignLogin {
        server: entry.name().to_owned(),
        address: server.origin().ascii_serialization(),
        login: login.to_string(),
        token: token.to_string(),
    };
    let known = at.core.parts.store.is_acknowledged(&acknowledged(entry, notice.sites())?).await?;
    Ok((!known).then_some(notice))
}

/// Refuses a login page that the person has not agreed to. Used where no page of the hub can ask.
pub(crate) async fn require(at: AtIssuer<'_>, page: &Url) -> Result<(), ConnectError> {
    match unacknowledged(at, page).await? {
        Some(notice) => Err(LoginError::ForeignLogin(Box::new(notice)).into()),
        None => Ok(()),
    }
}

/// Records that the person agrees to what a page of the hub showed them. Sites that the hub would not show now are not
/// recorded.
pub(crate) async fn acknowledge_announced(core: &Core, entry: &Entry, sites: Sites<'_>) -> Result<(), ConnectError> {
    let Some(discovered) = entry.memory().discovered else { return Ok(()) };
    let Some(page) = discovered.metadata.authorization_endpoint.clone() else { return Ok(()) };
    let at = AtIssuer { core, entry, discovered: &discovered };
    match unacknowledged(at, &page).await? {
        Some(notice) if notice.login == sites.login && notice.token == sites.token => {
            acknowledge(core, entry, sites).await
        }
        Some(_) | None => Ok(()),
    }
}

/// Records that the person agrees to these two sites for the server's address.
pub(crate) async fn acknowledge(core: &Core, entry: &Entry, sites: Sites<'_>) -> Result<(), ConnectError> {
    Ok(core.parts.store.acknowledge(&acknowledged(entry, sites)?).await?)
}

fn acknowledged(entry: &Entry, sites: Sites<'_>) -> Result<Acknowledged, ConnectError> {
    let address = address_of(entry)?;
    Ok(Acknowledged { address, login: sites.login.to_owned(), token: sites.token.to_owned() })
}

/// Whether the person wrote in the settings where to sign in.
fn is_written(at: AtIssuer<'_>, login: &Site) -> Result<bool, ConnectError> {
    if at.discovered.source == Source::Written {
        return Ok(true);
    }
    let issuer = issuer_binding::written(at.entry)?.and_then(|issuer| issuer.url());
    Ok(issuer.and_then(|url| Site::of(&url)).as_ref() == Some(login))
}

/// Whether the server's plugin names the login page. The plugin must have been chosen by the person, or by the server's
/// address. A plugin that was found by the issuer says nothing about the server, because anyone may run a server that
/// names that issuer.
async fn is_named_by_plugin(at: AtIssuer<'_>, page: &Url) -> bool {
    let (provider, Some(server)) = (&at.discovered.provider, at.entry.url()) else { return false };
    let (named, inputs) = (at.profile().identity.hosts.clone(), provider.inputs.clone());
    let by_name_alone = AllowedHosts { named, inputs, login: LoginOrigins::default() };
    if !by_name_alone.names(page) {
        return false;
    }
    if at.entry.server.oauth.provider.is_some() {
        return true;
    }
    let target = Target { server, issuer: None };
    let chosen = at.core.parts.catalogue.choose(target, None, None).await;
    chosen.is_ok_and(|chosen| chosen.plugin.id() == provider.id())
}
