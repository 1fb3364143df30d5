//! What a client reads when a request cannot be sent, and what everyone who listens for changes learns.

use super::credential::Blocked;
use crate::connect::core::entry::Entry;
use crate::connect::core::error::ConnectError;
use crate::connect::core::links;
use crate::connect::core::parts::{Change, Core};
use crate::connect::core::state::ServerState;
use crate::connect::prepare::preparation::Prepared;

/// The way out for a person: a link to log in, or to set up a client.
pub(crate) async fn blocked(core: &Core, entry: &Entry) -> Blocked {
    let server = entry.name().to_owned();
    let link = match links::current(core, entry).await {
        Ok(link) => link,
        Err(error) => return failed(entry, &error.into()),
    };
    match entry.state() {
        ServerState::SetupRequired { .. } => Blocked::Setup { server, link },
        ServerState::LoginRequired { .. }
        | ServerState::Connected
        | ServerState::Connecting
        | ServerState::Unstable(_)
        | ServerState::Failed(_)
        | ServerState::Disabled => Blocked::Login { server, link },
    }
}

/// The error itself, where no link helps.
pub(crate) fn failed(entry: &Entry, error: &ConnectError) -> Blocked {
    Blocked::Failed { server: entry.name().to_owned(), problem: entry.redaction.shown(&error.summary()) }
}

/// Announces in the log and to all listeners that a person is needed.
pub(crate) async fn announce(core: &Core, entry: &Entry, prepared: &Prepared) {
    let name = entry.name();
    let link = match links::current(core, entry).await {
        Ok(link) => link,
        Err(error) => {
            tracing::warn!(server.name = name, "{name} needs a person, and no link can be made: {error}");
            return;
        }
    };
    match prepared {
        Prepared::Ready(..) => tracing::info!(server.name = name, "{name} needs a login: {link}"),
        Prepared::Setup(..) => tracing::info!(server.name = name, "{name} needs to be set up: {link}"),
    }
    core.tell(Change::LoginNeeded(name.to_owned(), link));
}
