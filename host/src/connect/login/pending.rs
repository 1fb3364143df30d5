//! Logins that have started and wait for the person to come back.
//!
//! They are kept as data in the store. If the hub restarts while the person is at the provider's page, the login still
//! completes. The client's secret is not part of the data: it is looked up again, as for a refresh.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use mcphub_oauth::authorization::PendingAuthorization;
use mcphub_oauth::browser::BrowserId;
use mcphub_oauth::callback::CallbackError;
use mcphub_oauth::client::Client;
use mcphub_oauth::profile::Pair;
use mcphub_oauth::secret::State;
use serde_json::Value;

use crate::connect::core::address::address_of;
use crate::connect::core::at_issuer::AtIssuer;
use crate::connect::core::entry::Entry;
use crate::connect::core::error::ConnectError;
use crate::connect::core::event::Stage;
use crate::connect::core::parts::Core;
use crate::connect::core::target::Discovered;
use crate::connect::grant::bound_to;
use crate::connect::login::stored::{self, LoginAttempt};
use crate::store::{Pending, PendingKind};

/// Values of a callback that are tried as its `state`. Each costs a look into the store, and anybody may ask.
const MAX_CANDIDATES: usize = 8;
/// Logins whose beginning is remembered at once; the oldest go first.
const MAX_BEGUN: usize = 1000;

/// The logins of all servers that wait for a callback.
pub(crate) struct Logins {
    pub(crate) core: Arc<Core>,
    /// The plugin and the client that logins of this process started with, by their `state`. A login finishes with the
    /// ones it started with, even if others serve by then. After a restart both are looked up again.
    begun: Mutex<BTreeMap<String, Begun>>,
}

struct Begun {
    discovered: Arc<Discovered>,
    client: Client,
    ends_at: SystemTime,
}

/// A login that waits for its callback. It is taken at most once.
pub(crate) struct PendingLogin {
    pub(crate) entry: Arc<Entry>,
    pub(crate) discovered: Arc<Discovered>,
    pub(crate) authorization: PendingAuthorization,
    /// Whether its tokens are to be bound to a key (RFC 9449). Decided when it begins: a restart forgets the challenge.
    pub(crate) is_bound: bool,
    pub(crate) attempt: LoginAttempt,
}

impl PendingLogin {
    fn parts(&self) -> stored::StoredParts<'_> {
        stored::StoredParts {
            entry: &self.entry,
            discovered: &self.discovered,
            authorization: &self.authorization,
            is_bound: self.is_bound,
            attempt: self.attempt,
        }
    }
}

impl Logins {
    pub(crate) fn new(core: Arc<Core>) -> Self {
        Self { core, begun: Mutex::default() }
    }

    /// Stores a login until its callback.
    pub(crate) async fn put(&self, login: &PendingLogin) -> Result<(), ConnectError> {
        let authorization = &login.authorization;
        self.learn(authorization);
        let state = authorization.state.secret();
        let pending = Pending {
            server: login.entry.name().to_owned(),
            data: Value::Object(stored::to_json(login.parts())?),
            ends_at: authorization.expires_at,
        };
        self.core.parts.store.put_pending(PendingKind::Login, state, &pending).await?;
        login.entry.remember(|memory| memory.unfinished_client.clone_from(&authorization.client.id));
        self.remember_beginning(&login.discovered, authorization, authorization.expires_at);
        Ok(())
    }

    /// Remembers what a login started with, for as long as this process lives.
    pub(crate) fn remember_beginning(
        &self,
        discovered: &Arc<Discovered>,
        authorization: &PendingAuthorization,
        ends_at: SystemTime,
    ) {
        let (now, state) = (self.core.now(), authorization.state.secret().clone());
        let mut begun = self.lock();
        begun.retain(|_, begun| begun.ends_at > now);
        if begun.len() >= MAX_BEGUN {
            let oldest = begun.iter().min_by_key(|(_, begun)| begun.ends_at).map(|(state, _)| state.clone());
            oldest.and_then(|state| begun.remove(&state));
        }
        begun.insert(state, Begun { discovered: discovered.clone(), client: authorization.client.clone(), ends_at });
    }

    /// Whether a login with this client is in progress, or never came back.
    pub(crate) async fn has_one_with(&self, entry: &Entry, client: Option<&str>) -> Result<bool, ConnectError> {
        if client.is_some() && entry.memory().unfinished_client.as_deref() == client {
            return Ok(true);
        }
        let logins = self.core.parts.store.pending_of(PendingKind::Login, entry.name(), self.core.now()).await?;
        Ok(logins.iter().any(|(_, login)| client.is_some() && stored::client_id(&login.data) == client))
    }

    /// Takes the login that a callback belongs to. A callback from another browser does not use it up.
    pub(crate) async fn take(
        &self,
        params: &[Pair],
        browser: Option<&BrowserId>,
    ) -> Result<PendingLogin, ConnectError> {
        let (store, now) = (&self.core.parts.store, self.core.now());
        // Providers return the state under different names, so every value is tried.
        let candidates = params.iter().map(|(_, value)| value).filter(|value| may_be_a_state(value));
        for value in candidates.take(MAX_CANDIDATES) {
            let Some(waiting) = store.pending(PendingKind::Login, value, now).await? else { continue };
            let stored = stored::StoredLogin::read(&waiting.data).ok_or(CallbackError::UnknownState)?;
            // Checked before the login is taken, so that another browser cannot use it up.
            if browser != Some(&stored.browser) {
                return Err(self.other_browser(&waiting.server, stored.attempt));
            }
            let entry = self.core.entry(&waiting.server).map_err(|_| CallbackError::UnknownState)?;
            // Restored before it is taken: what fails here for a passing reason can be tried again.
            let login = match self.resumed(entry.clone(), State::new(value.clone()), &waiting).await {
                Ok(login) => login,
                Err(error) => {
                    entry.journal.begin(Stage::Authorization, "the callback").failed_with(&error);
                    return Err(error);
                }
            };
            // Another callback with the same state may have been faster.
            if store.take_pending(PendingKind::Login, value, now).await?.is_some() {
                self.lock().remove(value);
                entry.remember(|memory| memory.unfinished_client = None);
                return Ok(login);
            }
        }
        Err(CallbackError::UnknownState.into())
    }

    fn other_browser(&self, server: &str, attempt: LoginAttempt) -> ConnectError {
        let error = if attempt.at_terminal { CallbackError::AtTerminal } else { CallbackError::OtherBrowser };
        if let Ok(entry) = self.core.entry(server) {
            let action = entry.journal.begin(Stage::Authorization, "the callback");
            action.failed(error.to_string(), Some(error.remedy().to_owned()));
        }
        error.into()
    }

    /// Restores a stored login for the server as it is now. If the server has another address by now, the login counts
    /// as unknown: its grant would go to the wrong place.
    pub(crate) async fn resumed(
        &self,
        entry: Arc<Entry>,
        state: State,
        taken: &Pending,
    ) -> Result<PendingLogin, ConnectError> {
        let stored = stored::StoredLogin::read(&taken.data).ok_or(CallbackError::UnknownState)?;
        if address_of(&entry)? != stored.address {
            return Err(CallbackError::UnknownState.into());
        }
        let begun = self.lock().get(state.secret()).map(|begun| (begun.discovered.clone(), begun.client.clone()));
        let (discovered, client) = match begun {
            Some((discovered, client)) => (discovered, Some(client)),
            None => {
                let discovered = bound_to::metadata_of(&self.core, &entry, Some(&stored.issuer)).await?;
                let at = AtIssuer { core: &self.core, entry: &entry, discovered: &discovered };
                let client = bound_to::client_with_id(at, Some(&stored.client_id)).await?;
                (discovered, client)
            }
        };
        let client = client.ok_or(CallbackError::UnknownState)?;
        let authorization = PendingAuthorization {
            state,
            verifier: stored.verifier,
            issuer: stored.spelling,
            issuer_promised: stored.issuer_promised,
            client: Client { redirect_uri: stored.redirect_uri, ..client },
            resource: stored.resource,
            scopes: stored.scopes,
            browser: stored.browser,
            expires_at: taken.ends_at,
        };
        self.learn(&authorization);
        Ok(PendingLogin { entry, discovered, authorization, is_bound: stored.is_bound, attempt: stored.attempt })
    }

    /// From now on, no text shows these secrets.
    fn learn(&self, authorization: &PendingAuthorization) {
        let redaction = self.core.parts.egress.redaction();
        redaction.learn(authorization.state.secret());
        authorization.verifier.iter().for_each(|verifier| redaction.learn(verifier.secret()));
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Begun>> {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a value can be a `state` that [`State`] was made with: 43 characters of base64url.
fn may_be_a_state(value: &str) -> bool {
    value.len() == 43 && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}
