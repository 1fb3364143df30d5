//! Handles what a person filled into the set-up form, or typed at a terminal.

use std::sync::Arc;

use mcphub_oauth::profile::Pair;

use super::entry::write;
use super::form::read_form;
use super::guide::{self, GuidePage};
use crate::connect::core::at_issuer::AtIssuer;
use crate::connect::core::entry::Entry;
use crate::connect::core::error::{ConnectError, SetupError};
use crate::connect::core::parts::Core;
use crate::connect::core::target::Discovered;
use crate::connect::login::begin::{Begin, Starter, begin};
use crate::connect::login::pending::Logins;
use crate::connect::prepare::preparation::{Prepared, prepare};

/// Writes what the form holds, and starts the login. If the form is not valid, it comes back with a complaint and
/// nothing is written.
#[tracing::instrument(name = "setup.submit", skip_all, fields(server.name = entry.name()))]
pub(crate) async fn submit(
    logins: &Logins,
    entry: &Arc<Entry>,
    starter: Starter<'_>,
    form: Vec<Pair>,
) -> Result<Begin, ConnectError> {
    let core = &*logins.core;
    let (discovered, Some(why)) = prepared(core, entry).await? else {
        // A link starts a login. It does not change existing settings.
        return Err(SetupError::Complete { server: entry.name().to_owned() }.into());
    };
    let at = AtIssuer { core, entry, discovered: &discovered };
    let page = guide::page(at, starter.ticket, why).await?;
    let members = match read_form(&page, &form) {
        Ok(members) => members,
        Err(complaint) => {
            let shown = form.into_iter().filter(|(name, _)| !page.is_secret(name));
            let values = shown.chain(page.values.clone()).collect();
            let complaint = Some(complaint.to_string());
            return Ok(Begin::Guide(Box::new(GuidePage { values, complaint, ..page })));
        }
    };
    write(core, entry, members).await?;
    // The write replaced the server's entry, so the new one is used from here on.
    let entry = core.entry(entry.name())?;
    begin(logins, &entry, starter).await
}

/// Writes what a person typed at a terminal. If a value is not valid, this is an error and nothing is written.
#[tracing::instrument(name = "setup.take", skip_all, fields(server.name = entry.name()))]
pub(crate) async fn take(core: &Core, entry: &Entry, form: &[Pair]) -> Result<(), ConnectError> {
    let members = read_form(&page(core, entry).await?, form)?;
    write(core, entry, members).await
}

/// The guide for a terminal, whether something is missing or the client is being replaced.
pub(crate) async fn page(core: &Core, entry: &Entry) -> Result<GuidePage, ConnectError> {
    let (discovered, why) = prepared(core, entry).await?;
    let why = why.unwrap_or_else(|| "the client is replaced".to_owned());
    guide::page(AtIssuer { core, entry, discovered: &discovered }, "", why).await
}

/// The authorization server, and why a person must set something up. `None` means that nothing is missing.
async fn prepared(core: &Core, entry: &Entry) -> Result<(Arc<Discovered>, Option<String>), ConnectError> {
    let _one_at_a_time = entry.flow.lock().await;
    Ok(match prepare(core, entry).await? {
        Prepared::Setup(discovered, why) => (discovered, Some(why)),
        Prepared::Ready(discovered, _) => (discovered, None),
    })
}
