//! From a refused request to a grant, and what keeps it: discovery → registration → authorization → exchange → refresh →
//! revocation.
//!
//! The rules stand in `mcphub-oauth`; this module calls them in order and owns all the I/O. What a provider does
//! differently comes from its plugin, through [`mcphub_plugins`]; no provider's name stands here.
//!
//! | step | file |
//! |---|---|
//! | what requests carry, what a refusal leads to | `access`, `refusal` |
//! | where a server is, how far its login reaches | `address` |
//! | metadata | `discovery`, `lookup` |
//! | client identity | `identity`, `document`, `register`, `renewal` |
//! | who may see what a person configured | `secrets_issuer` |
//! | connect link → login page | `tickets`, `begin`, `foreign_login`, `guide` |
//! | callback → grant | `finish`, `exchange`, `choice` |
//! | a login on another device | `device` |
//! | one login for several servers | `sharing` |
//! | what trying has taught | `lessons` |
//! | grants without a person | `machine`, `material` |
//! | tokens bound to a key | `possession` |
//! | requests that a plugin describes | `steps` |
//! | new tokens, the end | `due`, `refresh`, `revoke` |
//! | other plugins | `plugins` |
//! | what nobody sees | `secrets` |
//! | what people see | `event`, `journal`, `status`, `view`, `doctor` |

mod access;
mod address;
mod approval;
mod begin;
mod choice;
mod credential;
mod device;
mod discovery;
mod doctor;
mod document;
mod due;
mod entry;
mod error;
mod event;
mod exchange;
mod finish;
mod foreign_login;
mod guide;
mod guide_text;
mod hub;
mod identity;
mod journal;
mod lessons;
mod lookup;
mod machine;
mod material;
mod party;
mod plugins;
mod possession;
mod preflight;
mod provide;
mod refresh;
mod refusal;
mod register;
mod renewal;
mod revoke;
mod secrets;
mod secrets_issuer;
mod sharing;
mod status;
mod steps;
mod tickets;
mod view;

use std::sync::Arc;

use async_trait::async_trait;
use mcphub_oauth::profile::Pair;
use mcphub_plugins::{Judge, Plugin};
use tokio::sync::broadcast;
use url::Url;

use crate::egress::{Network, Redaction};
use crate::random::Random;
use crate::settings::Server;

pub use begin::Begin;
pub use choice::Choice;
pub use credential::{Blocked, Credential, Refusal};
pub use device::DeviceLogin;
pub use doctor::{Diagnosis, Finding, Verdict};
pub use document::IssuerTag;
pub use error::ConnectError;
pub use event::{Event, EventOutcome, Stage};
pub use finish::{Finish, Finished};
pub use foreign_login::ForeignLogin;
pub use guide::{FilledGuide, FilledStep, GuidePage};
pub(crate) use guide_text::where_found;
pub use guide_text::{GuideText, SetupField, SetupText};
pub use hub::{Change, ConnectorParts, MetadataDocument};
pub use mcphub_oauth::browser::BrowserId;
pub(crate) use possession::Possession;
pub use revoke::LoggedOut;
pub use status::{ServerView, Status};

use entry::Entry;
use hub::Hub;

/// A browser that comes for the first time.
#[must_use]
pub fn new_browser(random: &Random) -> Option<BrowserId> {
    BrowserId::new(&random.text::<32>())
}

/// Takes care of the logins of all servers. Its long ways are boxed, so that those who call them stay small.
#[derive(Clone)]
pub struct Connector(Arc<Hub>);

impl Connector {
    /// A connector for these servers.
    #[must_use]
    pub fn new(servers: Vec<Server>, parts: ConnectorParts) -> Self {
        Self(Arc::new(Hub::new(servers, parts)))
    }

    /// Registers where the settings say that it be done at start-up (`oauth.dynamicRegistration.enabled` with an issuer).
    /// Faults are events of their servers.
    pub async fn prepare(&self) {
        Box::pin(begin::prepare_all(&self.0, self.0.entries())).await;
    }

    /// Puts these servers in the place of those before: what is known of the unchanged ones stays, the others are prepared.
    pub async fn set(&self, servers: Vec<Server>) {
        let changed = self.0.set(servers);
        Box::pin(begin::prepare_all(&self.0, changed)).await;
    }

    /// What the next request to a server carries. None: it is sent bare.
    pub async fn credential(&self, server: &str) -> Result<Option<Credential>, Blocked> {
        match self.0.entry(server) {
            Ok(entry) => Box::pin(access::credential(&self.0, &entry)).await,
            Err(_) => Ok(None),
        }
    }

    /// A server refused with 401, or 403 and `insufficient_scope`. Ok: replay the request once with this.
    pub async fn refused(
        &self,
        server: &str,
        refusal: Refusal,
        used: Option<&Credential>,
    ) -> Result<Credential, Blocked> {
        let entry = self.0.entry(server);
        let entry = entry.map_err(|error| Blocked::Failed { server: server.to_owned(), problem: error.told() })?;
        Box::pin(access::refused(&self.0, &entry, &refusal, used)).await
    }

    /// The server took a request that was replayed with this: should it refuse again one day, refreshing helps again.
    pub fn accepted(&self, server: &str, credential: &Credential) {
        if let Ok(entry) = self.0.entry(server) {
            entry.update(|state| state.forced = state.forced.filter(|forced| *forced != credential.generation));
        }
    }

    /// The server answers.
    pub fn reachable(&self, server: &str) {
        self.set_status(server, Status::Connected, None);
    }

    /// The server cannot be used, for a reason other than a login.
    pub fn unreachable(&self, server: &str, problem: String) {
        self.set_status(server, Status::Failed, Some(problem));
    }

    /// The server is being tried.
    pub fn connecting(&self, server: &str) {
        self.set_status(server, Status::Connecting, None);
    }

    fn set_status(&self, server: &str, status: Status, problem: Option<String>) {
        if let Ok(entry) = self.0.entry(server) {
            entry.set_status(status, problem);
        }
    }

    /// The address of the Client ID Metadata Document that this hub serves itself.
    #[must_use]
    pub fn own_metadata_document(&self) -> Option<Url> {
        let own = self.0.parts.base_url.join("oauth/client-metadata.json").ok()?;
        match &self.0.parts.metadata_document {
            MetadataDocument::At(url) if *url == own => Some(own),
            MetadataDocument::At(_) | MetadataDocument::None(_) => None,
        }
    }

    /// Where providers send people back to: every redirect URI that is in use, each once.
    #[must_use]
    pub fn redirect_uris(&self) -> std::collections::BTreeSet<String> {
        let own = self.0.parts.base_url.join("oauth/callback").map(String::from);
        let written = |entry: &Arc<Entry>| entry.server.oauth.redirect_uri.as_ref().map(ToString::to_string);
        let demanded = |entry: &Arc<Entry>| {
            let discovered = entry.state().discovered?;
            Some(self.0.redirect_uri(entry, discovered.party.profile()))
        };
        let entries = self.0.entries();
        entries.iter().filter_map(|entry| written(entry).or_else(|| demanded(entry))).chain(own).collect()
    }

    /// A fresh one-time link that starts a login.
    pub fn login(&self, server: &str) -> Result<Url, ConnectError> {
        let entry = self.with_a_person(server)?;
        address::url_of(&entry)?;
        let ticket = self.0.tickets.issue(server, self.0.parts.clock.now(), &self.0.parts.random);
        Ok(self.0.page(&entry, &format!("/connect/{ticket}")))
    }

    /// Takes the grant back, at the provider where that is possible, and forgets it.
    pub async fn logout(&self, server: &str) -> Result<LoggedOut, ConnectError> {
        let entry = self.usable(server)?;
        Box::pin(revoke::logout(&self.0, &entry)).await.map_err(|error| self.shown(error))
    }

    /// One server.
    pub async fn view(&self, server: &str) -> Option<ServerView> {
        match self.0.entry(server) {
            Ok(entry) => Some(view::view(&self.0, &entry).await),
            Err(_) => None,
        }
    }

    /// Follows a connect link.
    pub async fn begin(&self, ticket: &str, browser: &BrowserId) -> Result<Begin, ConnectError> {
        let server = self.0.tickets.open(ticket, browser, self.0.parts.clock.now())?;
        let entry = self.with_a_person(&server)?;
        Box::pin(begin::begin(&self.0, &entry, ticket, browser)).await.map_err(|error| self.shown(error))
    }

    /// The person has read where a connect link leads them, and goes on. Only these two sites are agreed to.
    pub async fn acknowledge(
        &self,
        ticket: &str,
        browser: &BrowserId,
        (login, token): (&str, &str),
    ) -> Result<Begin, ConnectError> {
        let server = self.0.tickets.open(ticket, browser, self.0.parts.clock.now())?;
        let entry = self.with_a_person(&server)?;
        foreign_login::acknowledge_announced(&self.0, &entry, login, token).await?;
        Box::pin(begin::begin(&self.0, &entry, ticket, browser)).await.map_err(|error| self.shown(error))
    }

    /// The same for somebody at a terminal.
    pub async fn acknowledge_at_terminal(
        &self,
        server: &str,
        (login, token): (&str, &str),
    ) -> Result<(), ConnectError> {
        foreign_login::acknowledge(&self.0, &*self.with_a_person(server)?, login, token).await
    }

    /// How a client is set up by hand, for a terminal.
    pub async fn setup_text(&self, server: &str) -> Result<SetupText, ConnectError> {
        let entry = self.usable(server)?;
        let page = Box::pin(provide::page(&self.0, &entry, "")).await.map_err(|error| self.shown(error))?;
        Ok(guide_text::text(&page))
    }

    /// Takes what a person gave at a terminal, and writes it into their entry of the settings.
    pub async fn set_up(&self, server: &str, form: &[Pair]) -> Result<(), ConnectError> {
        let entry = self.usable(server)?;
        Box::pin(provide::take(&self.0, &entry, form)).await.map_err(|error| self.shown(error))
    }

    /// Adds an account to a server, for a login of its own: the server `server@account`.
    pub async fn add_account(&self, server: &str, account: &str) -> Result<(), ConnectError> {
        self.0.entry(server)?;
        provide::add_account(&self.0, server, account).await
    }

    /// Starts a login for somebody at a terminal. The answer is brought to [`Self::finish`] by the same id.
    pub async fn begin_at_terminal(&self, server: &str, terminal: &BrowserId) -> Result<Url, ConnectError> {
        let entry = self.with_a_person(server)?;
        Box::pin(begin::at_terminal(&self.0, &entry, terminal)).await.map_err(|error| self.shown(error))
    }

    /// Starts a login on another device, where the authorization server offers that. Its end is an event of the server.
    pub async fn login_on_device(&self, server: &str) -> Result<DeviceLogin, ConnectError> {
        let entry = self.with_a_person(server)?;
        Box::pin(device::start(&self.0, &entry)).await.map_err(|error| self.shown(error))
    }

    /// Takes what a person filled into the set-up form, writes it into their entry of the settings, and goes on.
    pub async fn provide(&self, ticket: &str, browser: &BrowserId, form: Vec<Pair>) -> Result<Begin, ConnectError> {
        let server = self.0.tickets.open(ticket, browser, self.0.parts.clock.now())?;
        let entry = self.with_a_person(&server)?;
        let provided = Box::pin(provide::provide(&self.0, &entry, (ticket, browser), form)).await;
        provided.map_err(|error| self.shown(error))
    }

    /// Takes a callback that came to the redirect URI of this tag; none: to the one for all.
    pub async fn finish(
        &self,
        tag: Option<IssuerTag>,
        params: Vec<Pair>,
        browser: Option<&BrowserId>,
    ) -> Result<Finish, ConnectError> {
        let finished = Box::pin(choice::finish(self.0.clone(), (params, tag), browser.cloned())).await;
        finished.map_err(|error| self.shown(error))
    }

    /// Answers a question that a login waits for.
    pub async fn choose(&self, ticket: &str, browser: Option<&BrowserId>, value: &str) -> Result<Finish, ConnectError> {
        Box::pin(choice::choose(&self.0, ticket, browser, value)).await.map_err(|error| self.shown(error))
    }

    /// Tells what changes from now on.
    #[must_use]
    pub fn changes(&self) -> broadcast::Receiver<Change> {
        self.0.changes.subscribe()
    }

    /// Remembers that a person let a plugin from a file serve. Err: why that cannot be written down.
    pub async fn approve(&self, plugin: &Plugin) -> Result<(), String> {
        plugins::approve(&self.0, plugin).await.map_err(|error| error.to_string())
    }

    /// Names of the servers that a plugin serves.
    pub async fn servers_of(&self, plugin: &Plugin) -> Vec<String> {
        plugins::servers_of(&self.0, plugin).await.unwrap_or_default()
    }

    /// Names of the servers that a plugin serves once a person has said so.
    pub async fn servers_wanted_by(&self, plugin: &Plugin) -> Vec<String> {
        plugins::servers_wanted_by(&self.0, plugin).await.unwrap_or_default()
    }

    /// Other plugins serve from now on.
    pub fn replugged(&self) {
        plugins::replugged(&self.0);
    }

    /// Examines any server; changes nothing.
    pub async fn doctor(&self, url: &Url) -> Diagnosis {
        Box::pin(doctor::doctor(&self.0, url)).await
    }

    /// What takes out of a text about this server what was sent to anybody and what its entry holds.
    pub(crate) fn redaction(&self, server: &str) -> Redaction {
        match self.0.entry(server) {
            Ok(entry) => entry.redaction.clone(),
            Err(_) => self.0.parts.egress.redaction().clone(),
        }
    }

    /// The network around the hub.
    pub(crate) fn network(&self) -> &Network {
        self.0.parts.egress.network()
    }

    /// What is said of a failure shows neither what was sent to anybody nor what any entry holds.
    fn shown(&self, error: ConnectError) -> ConnectError {
        let error = error.shown(self.0.parts.egress.redaction());
        self.0.entries().iter().fold(error, |error, entry| error.shown(&entry.redaction))
    }

    /// A server whose login is a person's.
    fn with_a_person(&self, server: &str) -> Result<Arc<Entry>, ConnectError> {
        let entry = self.usable(server)?;
        if entry.server.oauth.grant.is_of_machine() {
            let reason = "its oauth.grantType needs no person".to_owned();
            return Err(ConnectError::NotLoggedIn { server: server.to_owned(), reason });
        }
        Ok(entry)
    }

    fn usable(&self, server: &str) -> Result<Arc<Entry>, ConnectError> {
        let entry = self.0.entry(server)?;
        let reason = match (entry.server.enabled, entry.server.uses_oauth()) {
            (true, true) => return Ok(entry),
            (false, _) => "it is switched off (\"enabled\": false)",
            (true, false) => "its entry has an Authorization header of its own",
        };
        Err(ConnectError::NotLoggedIn { server: server.to_owned(), reason: reason.to_owned() })
    }
}

/// A plugin from a file waits for a person's word where it names more hosts than before, or would serve a server of the
/// settings in another plugin's place.
#[async_trait]
impl Judge for Connector {
    async fn knows(&self, plugin: &Plugin) -> bool {
        // One that cannot be looked up is judged, which says why.
        plugins::is_known(&self.0, plugin).await.unwrap_or(false)
    }

    async fn reasons_to_wait(&self, plugin: &Plugin) -> Vec<String> {
        match Box::pin(plugins::reasons_to_wait(&self.0, plugin)).await {
            Ok(reasons) if reasons.is_empty() => {
                plugins::admit(&self.0, plugin).await.err().map(|error| error.to_string()).into_iter().collect()
            }
            Ok(reasons) => reasons,
            Err(error) => vec![error.to_string()],
        }
    }

    async fn forget(&self, plugin: &Plugin) {
        if let Err(error) = plugins::forget(&self.0, plugin).await {
            tracing::warn!(plugin.id = plugin.id(), "it is not written down that {plugin} is gone: {error}");
        }
    }
}
