//! Stores a new grant and notifies everyone who waits for it.

use mcphub_oauth::grant::Grant;

use super::sharing;
use crate::connect::core::entry::Entry;
use crate::connect::core::error::ConnectError;
use crate::connect::core::links;
use crate::connect::core::memory::{Demand, Pause};
use crate::connect::core::parts::{Change, Core};

/// Stores a grant in place of the one before. It is durable when this returns.
#[tracing::instrument(name = "grant.keep", skip_all, fields(server.name = entry.name()))]
pub(crate) async fn keep(core: &Core, entry: &Entry, grant: &Grant) -> Result<(), ConnectError> {
    let lease = core.lease(entry).await?;
    let before = core.grant(entry).await?.map(|stored| stored.version);
    core.parts.store.put_grant(&entry.key, grant, before).await?;
    entry.remember(|memory| {
        memory.refreshed_by_force = None;
        memory.demand = Demand::default();
        memory.ended = None;
        memory.pause = Pause::default();
    });
    entry.connecting();
    links::close(core, entry).await;
    core.tell(Change::Granted(entry.name().to_owned()));
    entry.journal.login_ended(true);
    drop(lease);
    if let Some(issuer) = grant.issuer() {
        // Boxed, because this function can call itself: the offer may complete the login of another server.
        Box::pin(sharing::offer(core, issuer)).await;
    }
    Ok(())
}
