//! Refreshes grants that are in use shortly before they are due, so that no call has to wait for it.
//!
//! A grant is in use if a request has carried it since its last refresh. One that nobody uses is left alone until the next call.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use mcphub_oauth::grant::Grant;
use mcphub_oauth::profile::Profile;

use super::blocked::announce;
use super::request::provider_of;
use crate::connect::core::entry::Entry;
use crate::connect::core::error::ConnectError;
use crate::connect::core::parts::Core;
use crate::connect::grant::refresh::{self, Refreshed};
use crate::connect::grant::schedule::{due_at, ending_soon_at};
use crate::connect::grant::unattended;
use crate::connect::prepare::preparation::prepare;

/// How long before a token is due this room refreshes it.
const LEAD: Duration = Duration::from_secs(20);

/// The longest sleep between two looks: a grant may come into use at any time.
const LONGEST_SLEEP: Duration = Duration::from_secs(15);

/// Looks after the grants for as long as the hub runs.
pub(crate) async fn keep_fresh(core: Arc<Core>) {
    loop {
        let next = refresh_due(&core).await;
        let until = next.and_then(|next| next.duration_since(core.now()).ok()).unwrap_or(LONGEST_SLEEP);
        // At least a second, so that a moment that has passed already does not spin.
        tokio::time::sleep(until.clamp(Duration::from_secs(1), LONGEST_SLEEP)).await;
    }
}

/// Refreshes the grants in use that are nearly due. Gives the moment when the next one is.
#[tracing::instrument(name = "access.refresh_due", level = "debug", skip_all)]
pub(crate) async fn refresh_due(core: &Core) -> Option<SystemTime> {
    let mut next = None;
    for entry in core.entries() {
        let due = match one(core, &entry).await {
            Ok(due) => due,
            Err(error) => {
                tracing::debug!(server.name = entry.name(), "{}", entry.shown("not refreshed ahead of time", &error));
                None
            }
        };
        next = [next, due].into_iter().flatten().min();
    }
    next
}

/// Refreshes one grant if it is in use and nearly due; otherwise gives the moment when it is.
async fn one(core: &Core, entry: &Entry) -> Result<Option<SystemTime>, ConnectError> {
    let memory = entry.memory();
    let Some(stored) = core.grant(entry).await?.filter(|stored| memory.in_use == Some(stored.version)) else {
        return Ok(None);
    };
    let provider = provider_of(core, entry, &stored.value).await?;
    let is_unattended = entry.server.oauth.grant.is_of_machine();
    let Some(at) = ahead_of(provider.profile(), &stored.value, is_unattended) else {
        return Ok(None);
    };
    let now = core.now();
    let at = at.max(memory.pause.end(now).unwrap_or(at));
    if at > now {
        return Ok(Some(at));
    }
    if is_unattended {
        unattended::obtain(core, entry, Some(stored.version)).await?;
        return Ok(None);
    }
    if let Refreshed::Ended = refresh::refresh(core, entry, stored.version).await? {
        // The person hears of it now, not when the next call fails.
        let prepared = prepare(core, entry).await?;
        announce(core, entry, &prepared).await;
    }
    Ok(None)
}

/// When a grant is refreshed ahead of time. None: never, because its provider wants that done on demand only, or because nothing
/// can be presented for a new token.
fn ahead_of(profile: &Profile, grant: &Grant, is_unattended: bool) -> Option<SystemTime> {
    if profile.refresh.on_demand_only {
        return None;
    }
    let token = grant.primary()?;
    let due = if is_unattended { ending_soon_at(profile, token) } else { due_at(profile, grant) }?;
    // A token that lives for seconds is not refreshed as soon as it is made.
    let age_when_due = due.duration_since(token.obtained_at).unwrap_or_default();
    due.checked_sub(LEAD.min(age_when_due / 4))
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;
    use crate::connect::grant::schedule::tests::{grant, profile};

    fn seconds(at: Option<SystemTime>) -> Option<u64> {
        at.and_then(|at| at.duration_since(UNIX_EPOCH).ok()).map(|at| at.as_secs())
    }

    #[test]
    fn a_token_is_refreshed_some_seconds_before_a_call_would_do_it() {
        let hour = grant(Some(3600), Some("rt"));

        assert_eq!(seconds(due_at(&profile(), &hour)), Some(3540));
        assert_eq!(seconds(ahead_of(&profile(), &hour, false)), Some(3520));
    }

    #[test]
    fn a_short_token_is_used_for_a_while() {
        let short = grant(Some(40), Some("rt"));

        assert_eq!(seconds(ahead_of(&profile(), &short, false)), Some(15));
    }

    #[test]
    fn what_cannot_or_may_not_be_refreshed_ahead_of_time_is_left_alone() {
        let mut on_demand = profile();
        on_demand.refresh.on_demand_only = true;

        assert_eq!(ahead_of(&profile(), &grant(Some(3600), None), false), None);
        assert_eq!(ahead_of(&profile(), &grant(None, Some("rt")), false), None);
        assert_eq!(ahead_of(&on_demand, &grant(Some(3600), Some("rt")), false), None);
        assert_eq!(seconds(ahead_of(&profile(), &grant(Some(3600), None), true)), Some(3520));
    }
}
