//! From a refused request to a grant and its upkeep: discovery → registration → authorization → exchange → refresh →
//! revocation.
//!
//! The rules are in `mcphub-oauth`. These rooms apply them in order and own all the I/O. What a provider does
//! differently comes from its plugin, through [`mcphub_plugins`]; no provider is named here.
//!
//! Each room uses only the rooms above it in this table, and `store`, `egress` and `settings`:
//!
//! | room | what it is for |
//! |---|---|
//! | `core` | servers and their states, the provider, events, links, errors |
//! | `trust` | which plugins from files may serve |
//! | `discovery` | the authorization server, its plugin, and what the hub has learned about it |
//! | `client` | the hub's client at the authorization server |
//! | `prepare` | what a login needs before a person takes part |
//! | `grant` | grants: kept, refreshed, shared, revoked, and obtained without a person |
//! | `login` | a person's login, from the link to the grant |
//! | `access` | what requests carry, and what a refusal leads to |
//! | `doctor` | an examination of any server; uses `discovery` and changes nothing |
//! | `view` | servers as people see them |
//! | `people`, `plugins`, and this file | the interface: what the rest of the hub may ask for |

mod access;
mod client;
mod core;
mod discovery;
mod doctor;
mod grant;
mod login;
mod measured;
mod people;
mod plugins;
mod prepare;
mod trust;
mod view;
mod workbench;

use std::sync::Arc;
use std::time::Duration;

use access::at_hand::{CredentialsAtHand, Seen};
use access::{ahead, refused, request};
use client::redirect_uris;
use login::pending::Logins;
use mcphub_oauth::profile::Profile;
use prepare::preparation;
use tokio::sync::broadcast;
use url::Url;

use self::core::entry::Entry;
use self::core::parts::Core;
use crate::addresses;
use crate::egress::{Network, Redaction};
use crate::settings::Server;

pub use self::core::error::{
    ConnectError, DiscoveryError, ErrorKind, FlowFault, GrantError, LinkError, LoginError, PluginError, ServerError,
    SetupError,
};
pub use self::core::event::{Event, EventOutcome, Stage};
pub use self::core::foreign_login::{ForeignLogin, Sites};
pub use self::core::observer::{LoginObserver, LoginStep};
pub use self::core::parts::{Change, ConnectorParts, MetadataDocument};
pub use self::core::state::{Failure, FailureCode, ServerAction, Status};
pub use access::credential::{Blocked, Refusal, RequestCredential};
pub use client::document::IssuerTag;
pub use doctor::{Diagnosis, Finding, Verdict};
pub(crate) use grant::dpop::DpopProof;
pub use grant::revocation::LoggedOut;
pub use login::accepted::{Choice, Finish, Finished};
pub use login::begin::Begin;
pub use login::device::DeviceLogin;
pub use login::setup::guide::{FilledGuide, FilledStep, GuidePage};
pub(crate) use login::setup::text::where_found;
pub use login::setup::text::{GuideText, SetupField, SetupText};
pub use mcphub_oauth::browser::BrowserId;
pub use people::new_browser;
pub use view::{ListsView, ServerView};

/// Handles the logins of all servers. It is cheap to clone.
///
/// Its long futures are boxed. A login is a deep chain of calls, and unboxed it would make every future that contains
/// it large.
#[derive(Clone)]
pub struct Connector {
    core: Arc<Core>,
    logins: Arc<Logins>,
    at_hand: Arc<CredentialsAtHand>,
}

impl Connector {
    /// A connector for these servers. It does nothing on its own until [`Self::prepare`] and [`Self::keep_fresh`] are
    /// called.
    #[must_use]
    pub fn new(servers: Vec<Server>, parts: ConnectorParts) -> Self {
        let core = Arc::new(Core::new(servers, parts));
        Self { logins: Arc::new(Logins::new(core.clone())), at_hand: Arc::default(), core }
    }

    /// Registers clients if the settings ask for that at start-up (`oauth.dynamicRegistration.enabled` with an issuer).
    /// A failure becomes an event of its server.
    pub async fn prepare(&self) {
        Box::pin(preparation::prepare_all(&self.core, self.core.entries())).await;
    }

    /// Refreshes grants in use before they are due, for as long as it is polled.
    pub async fn keep_fresh(&self) {
        Box::pin(ahead::keep_fresh(self.core.clone())).await;
    }

    /// Refreshes the grants in use that are nearly due now. [`Self::keep_fresh`] repeats this.
    pub async fn refresh_due(&self) {
        Box::pin(ahead::refresh_all(&self.core)).await;
    }

    /// Replaces all servers. Unchanged servers stay as they are; the others are prepared.
    pub async fn set(&self, servers: Vec<Server>) {
        let changed = self.core.set(servers);
        Box::pin(preparation::prepare_all(&self.core, changed)).await;
    }

    /// Subscribes to the changes that happen from now on.
    #[must_use]
    pub fn changes(&self) -> broadcast::Receiver<Change> {
        self.core.changes.subscribe()
    }

    /// One server, as people see it. `None` means that there is no server of this name.
    pub async fn view(&self, server: &str) -> Option<ServerView> {
        match self.core.entry(server) {
            Ok(entry) => Some(view::view(&self.core, &entry).await),
            Err(_) => None,
        }
    }

    /// Examines any server and changes nothing.
    pub async fn doctor(&self, url: &Url) -> Diagnosis {
        Box::pin(doctor::doctor(&self.core, url)).await
    }
}

/// What the hub needs to send requests to MCP servers.
impl Connector {
    /// The credential for the next request to a server. `None` means that the request is sent without a token.
    pub async fn credential(&self, server: &str) -> Result<Option<RequestCredential>, Blocked> {
        let Ok(entry) = self.core.entry(server) else { return Ok(None) };
        if let Some(credential) = self.at_hand.of(&self.core, &entry) {
            return Ok(credential);
        }
        let seen = Seen::now(&self.core);
        let credential = Box::pin(request::credential(&self.core, &entry)).await?;
        if let Some(seen) = seen {
            self.at_hand.keep(&entry, seen, credential.as_ref());
        }
        Ok(credential)
    }

    /// The version of the server's current grant. This only reads: nothing is refreshed or obtained.
    pub async fn grant_version(&self, server: &str) -> Option<u64> {
        let entry = self.core.entry(server).ok()?;
        self.core.grant(&entry).await.ok().flatten().map(|stored| stored.version)
    }

    /// Handles a refusal of a server: a 401, or a 403 with `insufficient_scope`. `Ok` holds a credential, and the
    /// caller replays the request with it once.
    pub async fn refused(
        &self,
        server: &str,
        refusal: Refusal,
        used: Option<&RequestCredential>,
    ) -> Result<RequestCredential, Blocked> {
        let entry = self.core.entry(server);
        let entry = entry.map_err(|error| Blocked::Failed { server: server.to_owned(), problem: error.summary() })?;
        Box::pin(refused::refused(&self.core, &entry, &refusal, used)).await
    }

    /// Notes that the server accepted a request that was replayed with this credential. If it refuses one again later,
    /// a refresh may help again.
    pub fn accepted(&self, server: &str, credential: &RequestCredential) {
        self.at(server, |entry| {
            entry.remember(|memory| {
                memory.refreshed_by_force = memory.refreshed_by_force.filter(|version| *version != credential.version);
            });
        });
    }

    /// Notes that the server answers requests.
    pub fn reachable(&self, server: &str) {
        self.at(server, Entry::connected);
    }

    /// Notes that the hub is trying the server now.
    pub fn connecting(&self, server: &str) {
        self.at(server, Entry::connecting);
    }

    /// Notes that the server cannot be used, for a reason other than a login. After `next_attempt`, the hub tries it
    /// again on its own.
    pub fn unreachable(&self, server: &str, problem: String, next_attempt: Option<Duration>) {
        let now = self.core.now();
        let failure = Failure::new(FailureCode::ServerUnreachable, problem, now);
        let failure = Failure { next_attempt: next_attempt.map(|pause| now + pause), ..failure };
        self.at(server, |entry| entry.failed(&failure));
    }

    /// Notes that a call to the server failed. Further calls still go to it.
    pub fn unstable(&self, server: &str, problem: String) {
        let failure = Failure::new(FailureCode::ServerUnreachable, problem, self.core.now());
        self.at(server, |entry| entry.unstable(&failure));
    }

    /// Changes the state of a server. A server that was removed from the settings in the meantime has none.
    fn at(&self, server: &str, change: impl FnOnce(&Entry)) {
        if let Ok(entry) = self.core.entry(server) {
            change(&entry);
        }
    }

    /// A redaction for texts about this server. It removes the secrets that the hub has sent, and those in the server's
    /// settings.
    pub(crate) fn redaction(&self, server: &str) -> Redaction {
        match self.core.entry(server) {
            Ok(entry) => entry.redaction.clone(),
            Err(_) => self.core.parts.egress.redaction().clone(),
        }
    }

    /// The network that the hub runs in.
    pub(crate) fn network(&self) -> &Network {
        self.core.parts.egress.network()
    }
}

/// The hub's own addresses, as authorization servers see them.
impl Connector {
    /// The address of the Client ID Metadata Document that this hub serves itself.
    #[must_use]
    pub fn own_metadata_document(&self) -> Option<Url> {
        let own = addresses::below(&self.core.parts.base_url, addresses::CLIENT_METADATA)?;
        match &self.core.parts.metadata_document {
            MetadataDocument::At(url) if *url == own => Some(own),
            MetadataDocument::At(_) | MetadataDocument::None(_) => None,
        }
    }

    /// Every redirect URI that is in use, each of them once.
    #[must_use]
    pub fn redirect_uris(&self) -> std::collections::BTreeSet<String> {
        let own = addresses::below(&self.core.parts.base_url, addresses::CALLBACK).map(String::from);
        let demanded = |entry: &Entry, profile: &Profile| redirect_uris::preferred(&self.core, entry, profile);
        let of = |entry: &Arc<Entry>| match &entry.server.oauth.redirect_uri {
            Some(written) => Some(written.to_string()),
            None => entry.memory().discovered.map(|found| demanded(entry, found.provider.profile())),
        };
        self.core.entries().iter().filter_map(of).chain(own).collect()
    }
}
