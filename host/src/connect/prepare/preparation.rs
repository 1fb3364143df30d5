//! Discovery and a client identity: what a login needs before a person takes part.

use std::sync::Arc;

use mcphub_oauth::client::Client;
use mcphub_oauth::device;

use super::pkce;
use crate::connect::client::identity::{ClientIdentity, identity};
use crate::connect::core::at_issuer::AtIssuer;
use crate::connect::core::entry::Entry;
use crate::connect::core::error::{ConnectError, LoginError};
use crate::connect::core::event::Stage;
use crate::connect::core::parts::Core;
use crate::connect::core::target::{Discovered, Source};
use crate::connect::discovery::search::discover;

/// What a server needs before a person can sign in.
pub(crate) enum Prepared {
    /// Nothing more. These are its authorization server and the hub's client there.
    Ready(Arc<Discovered>, Box<Client>),
    /// A person must set up a client, for this reason.
    Setup(Arc<Discovered>, String),
}

/// Prepares the servers whose settings ask for a registration at start-up and that have no grant yet.
#[tracing::instrument(name = "prepare.prepare_all", skip_all)]
pub(crate) async fn prepare_all(core: &Core, entries: Vec<Arc<Entry>>) {
    for entry in entries.into_iter().filter(|entry| entry.server.enabled && entry.url().is_some()) {
        let registration = entry.server.oauth.dynamic_registration.as_ref();
        let at_start = registration.is_some_and(|registration| registration.enabled && registration.issuer.is_some());
        let has_grant = matches!(core.grant(&entry).await, Ok(Some(_)));
        if at_start && !has_grant {
            let _one_at_a_time = entry.flow.lock().await;
            if let Err(error) = prepare(core, &entry).await {
                tracing::debug!(server.name = entry.name(), "{}", entry.shown("not prepared", &error));
            }
        }
    }
}

/// Discovers the authorization server and gets a client there. The server's state shows the result.
#[tracing::instrument(name = "prepare.prepare", skip_all, fields(server.name = entry.name()))]
pub(crate) async fn prepare(core: &Core, entry: &Entry) -> Result<Prepared, ConnectError> {
    let prepared = try_prepare(core, entry).await;
    match &prepared {
        Ok(Prepared::Ready(..)) => entry.login_required(entry.memory().ended),
        Ok(Prepared::Setup(_, why)) => entry.setup_required(why),
        Err(error) => {
            entry.failed_by(error, Stage::Discovery);
            entry.journal.begin(Stage::Discovery, "a way to log in").failed_with(error);
        }
    }
    prepared
}

async fn try_prepare(core: &Core, entry: &Entry) -> Result<Prepared, ConnectError> {
    // A sealed grant that cannot be opened is reported now, and not after the person has signed in.
    core.grant(entry).await?;
    let discovered = discovered(core, entry).await?;
    let at = AtIssuer { core, entry, discovered: &discovered };
    if discovered.source == Source::Pending {
        // The endpoints follow from values in the set-up form, so there is nothing to check yet.
    } else if discovered.metadata.authorization_endpoint.is_some() {
        pkce::decided(at)?;
    } else if device::endpoint(&discovered.metadata).is_none() {
        return Err(LoginError::NoLoginPage { offers_device: false }.into());
    }
    match identity(at).await? {
        ClientIdentity::Client(client) => Ok(Prepared::Ready(discovered, client)),
        ClientIdentity::Setup(why) => Ok(Prepared::Setup(discovered, why)),
    }
}

/// The remembered authorization server while its metadata is fresh. Otherwise it is discovered again.
async fn discovered(core: &Core, entry: &Entry) -> Result<Arc<Discovered>, ConnectError> {
    let (plugin_epoch, memory) = (core.plugin_epoch(), entry.memory());
    let discovered = match memory.discovered {
        Some(discovered) if discovered.fresh_until > core.now() => discovered,
        stale => match (discover(core, entry, memory.demand.challenge.as_ref()).await, stale) {
            (Ok(discovered), _) => Arc::new(discovered),
            // What was found an hour ago is better than nothing while the authorization server is down.
            (Err(error), Some(stale)) if error.is_transient() => stale,
            (Err(error), _) => return Err(error),
        },
    };
    core.remember(entry, plugin_epoch, |memory| memory.discovered = Some(discovered.clone()));
    Ok(discovered)
}
