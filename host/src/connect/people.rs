//! What people can do: log in, come back, answer, set up, log out. Nothing that they see shows a secret.

use std::sync::Arc;

use mcphub_oauth::browser::BrowserId;
use mcphub_oauth::profile::Pair;
use url::Url;

use super::Connector;
use super::client::document::IssuerTag;
use super::core::address::url_of;
use super::core::entry::Entry;
use super::core::error::{ConnectError, ServerError};
use super::core::foreign_login::Sites;
use super::core::links;
use super::grant::revocation::{self, LoggedOut};
use super::login::accepted::Finish;
use super::login::begin::{self, Begin, Starter};
use super::login::callback::{self, CallbackRequest};
use super::login::device::{self, DeviceLogin};
use super::login::foreign;
use super::login::setup::text::{self, SetupText};
use super::login::setup::{entry, submit};
use crate::random::Random;

/// A new id, for a browser that has none yet.
#[must_use]
pub fn new_browser(random: &Random) -> Option<BrowserId> {
    BrowserId::new(&random.text::<32>())
}

/// Logins of a person in a browser.
impl Connector {
    /// A new one-time link that starts a login.
    pub async fn login(&self, server: &str) -> Result<Url, ConnectError> {
        let entry = self.with_a_person(server)?;
        url_of(&entry)?;
        Ok(links::fresh(&self.core, &entry).await?)
    }

    /// Follows a connect link. From now on the link belongs to this browser.
    pub async fn begin(&self, ticket: &str, browser: &BrowserId) -> Result<Begin, ConnectError> {
        let entry = self.opened(ticket, browser).await?;
        let begun = Box::pin(begin::begin(&self.logins, &entry, Starter { browser, ticket })).await;
        begun.map_err(|error| self.shown(error))
    }

    /// Records that the person has read where a connect link leads and agrees to these two sites, and continues the
    /// login.
    pub async fn acknowledge(
        &self,
        ticket: &str,
        browser: &BrowserId,
        sites: Sites<'_>,
    ) -> Result<Begin, ConnectError> {
        let entry = self.opened(ticket, browser).await?;
        foreign::acknowledge_announced(&self.core, &entry, sites).await?;
        let begun = Box::pin(begin::begin(&self.logins, &entry, Starter { browser, ticket })).await;
        begun.map_err(|error| self.shown(error))
    }

    /// Writes what a person filled into the set-up form into their settings, and continues the login.
    pub async fn provide(&self, ticket: &str, browser: &BrowserId, form: Vec<Pair>) -> Result<Begin, ConnectError> {
        let entry = self.opened(ticket, browser).await?;
        let begun = Box::pin(submit::submit(&self.logins, &entry, Starter { browser, ticket }, form)).await;
        begun.map_err(|error| self.shown(error))
    }

    /// Completes a login with a callback to the redirect URI with this tag. `None` means the one that all issuers
    /// share.
    pub async fn finish(
        &self,
        tag: Option<IssuerTag>,
        params: Vec<Pair>,
        browser: Option<&BrowserId>,
    ) -> Result<Finish, ConnectError> {
        let finished = Box::pin(callback::finish(&self.logins, CallbackRequest { params, tag }, browser)).await;
        finished.map_err(|error| self.shown(error))
    }

    /// Answers a question that a login waits for.
    pub async fn choose(&self, ticket: &str, browser: Option<&BrowserId>, value: &str) -> Result<Finish, ConnectError> {
        Box::pin(callback::choose(&self.logins, ticket, browser, value)).await.map_err(|error| self.shown(error))
    }
}

/// Logins of a person at a terminal, and everything else that a terminal offers.
impl Connector {
    /// Starts a login. The caller passes the answer to [`Self::finish`] with the same id.
    pub async fn begin_at_terminal(&self, server: &str, terminal: &BrowserId) -> Result<Url, ConnectError> {
        let entry = self.with_a_person(server)?;
        Box::pin(begin::at_terminal(&self.logins, &entry, terminal)).await.map_err(|error| self.shown(error))
    }

    /// Records that the person at the terminal agrees to these two sites.
    pub async fn acknowledge_at_terminal(&self, server: &str, sites: Sites<'_>) -> Result<(), ConnectError> {
        foreign::acknowledge(&self.core, &*self.with_a_person(server)?, sites).await
    }

    /// Starts a login on another device, if the authorization server offers that. When it ends, the server gets an
    /// event.
    pub async fn login_on_device(&self, server: &str) -> Result<DeviceLogin, ConnectError> {
        let entry = self.with_a_person(server)?;
        Box::pin(device::start(&self.core, &entry)).await.map_err(|error| self.shown(error))
    }

    /// How to set up a client by hand, as text.
    pub async fn setup_text(&self, server: &str) -> Result<SetupText, ConnectError> {
        let entry = self.usable(server)?;
        let page = Box::pin(submit::page(&self.core, &entry)).await.map_err(|error| self.shown(error))?;
        Ok(text::text(&page))
    }

    /// Writes what a person typed into their settings.
    pub async fn set_up(&self, server: &str, form: &[Pair]) -> Result<(), ConnectError> {
        let entry = self.usable(server)?;
        Box::pin(submit::take(&self.core, &entry, form)).await.map_err(|error| self.shown(error))
    }

    /// Adds an account to a server, with a login of its own: the server `server@account`.
    pub async fn add_account(&self, server: &str, account: &str) -> Result<(), ConnectError> {
        self.core.entry(server)?;
        entry::add_account(&self.core, server, account).await
    }

    /// Revokes the grant, at the provider if that is possible, and deletes it.
    pub async fn logout(&self, server: &str) -> Result<LoggedOut, ConnectError> {
        let entry = self.usable(server)?;
        Box::pin(revocation::logout(&self.core, &entry)).await.map_err(|error| self.shown(error))
    }
}

impl Connector {
    /// The server of a connect link.
    async fn opened(&self, ticket: &str, browser: &BrowserId) -> Result<Arc<Entry>, ConnectError> {
        self.with_a_person(&links::open(&self.core, ticket, browser).await?)
    }

    /// A server that a person can log in to.
    fn with_a_person(&self, server: &str) -> Result<Arc<Entry>, ConnectError> {
        let entry = self.usable(server)?;
        if entry.server.oauth.grant.is_unattended() {
            return Err(ServerError::Unattended { server: server.to_owned() }.into());
        }
        Ok(entry)
    }

    /// A server that uses a login at all.
    fn usable(&self, server: &str) -> Result<Arc<Entry>, ConnectError> {
        let entry = self.core.entry(server)?;
        let server = server.to_owned();
        match (entry.server.enabled, entry.server.uses_oauth()) {
            (true, true) => Ok(entry),
            (false, _) => Err(ServerError::SwitchedOff { server }.into()),
            (true, false) => Err(ServerError::OwnAuthorization { server }.into()),
        }
    }

    /// Removes secrets from an error: those that the hub has sent, and those in any entry of the settings.
    fn shown(&self, error: ConnectError) -> ConnectError {
        let error = error.shown(self.core.parts.egress.redaction());
        self.core.entries().iter().fold(error, |error, entry| error.shown(&entry.redaction))
    }
}
