//! Refreshes grants that are in use shortly before they are due, so that no call has to wait for a refresh.
//!
//! A grant is in use if a request has carried it since its last refresh. An unused grant is left alone, unless it would
//! expire from disuse.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use mcphub_oauth::grant::Grant;
use mcphub_oauth::lifetime::{RefreshReason, access_token_ends_soon_at, refresh_due};
use mcphub_oauth::profile::Refresh;

use super::blocked::announce;
use super::request::provider_of;
use crate::connect::core::entry::Entry;
use crate::connect::core::error::ConnectError;
use crate::connect::core::parts::Core;
use crate::connect::grant::refresh::{self, Refreshed};
use crate::connect::grant::unattended;
use crate::connect::prepare::preparation::prepare;

/// A grant is refreshed this long before it is due.
const LEAD: Duration = Duration::from_secs(20);

/// The longest sleep between two checks. It is short because a grant may come into use at any time.
const LONGEST_SLEEP: Duration = Duration::from_secs(15);

/// Refreshes grants for as long as the hub runs. It never returns.
pub(crate) async fn keep_fresh(core: Arc<Core>) {
    loop {
        let next = refresh_all(&core).await;
        let until = next.and_then(|next| next.duration_since(core.now()).ok()).unwrap_or(LONGEST_SLEEP);
        // At least a second: a moment that has already passed must not make this loop spin.
        tokio::time::sleep(until.clamp(Duration::from_secs(1), LONGEST_SLEEP)).await;
    }
}

/// Refreshes the grants that are nearly due. Returns the moment when the next one is due.
#[tracing::instrument(name = "access.refresh_due", level = "debug", skip_all)]
pub(crate) async fn refresh_all(core: &Core) -> Option<SystemTime> {
    let mut next = None;
    for entry in core.entries() {
        let due = match one(core, &entry).await {
            Ok(due) => due,
            Err(error) => {
                tracing::debug!(server.name = entry.name(), "{}", entry.shown("not refreshed ahead of time", &error));
                // The next request tries again; until then, the provider is left alone for longer each time.
                let now = core.now();
                entry.remember(|memory| {
                    memory.in_use = None;
                    memory.pause = memory.pause.lengthened(now, None);
                });
                None
            }
        };
        next = [next, due].into_iter().flatten().min();
    }
    next
}

/// Refreshes one grant if it is nearly due. Otherwise returns the moment when it will be.
async fn one(core: &Core, entry: &Entry) -> Result<Option<SystemTime>, ConnectError> {
    let memory = entry.memory();
    let Some(stored) = core.grant(entry).await? else {
        return Ok(None);
    };
    let provider = provider_of(core, entry, &stored.value).await?;
    let use_of = if entry.server.oauth.grant.is_unattended() { GrantUse::Unattended } else { GrantUse::Login };
    let Some(ahead) = ahead_of(&provider.profile().refresh, &stored.value, use_of) else {
        return Ok(None);
    };
    let is_in_use = memory.in_use == Some(stored.version);
    if !is_in_use && ahead.reason != RefreshReason::GrantWouldIdle {
        return Ok(None);
    }
    let now = core.now();
    let at = memory.pause.end(now).map_or(ahead.at, |end| end.max(ahead.at));
    if at > now {
        return Ok(Some(at));
    }
    if use_of == GrantUse::Unattended {
        unattended::obtain(core, entry, Some(stored.version)).await?;
        return Ok(None);
    }
    if let Refreshed::Ended = refresh::refresh(core, entry, stored.version).await? {
        // The person hears of it now, and not only when the next call fails.
        let prepared = prepare(core, entry).await?;
        announce(core, entry, &prepared).await;
    }
    Ok(None)
}

/// How a grant is renewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum GrantUse {
    /// A person logged in, so the grant is renewed by a refresh.
    Login,
    /// No person takes part, so another grant is obtained.
    Unattended,
}

/// When a grant is renewed ahead of time, and why it is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Ahead {
    at: SystemTime,
    reason: RefreshReason,
}

/// When a grant is refreshed ahead of time. `None` means never: its provider wants refreshes on demand only, or there
/// is nothing to present for a new token.
fn ahead_of(rules: &Refresh, grant: &Grant, use_of: GrantUse) -> Option<Ahead> {
    if rules.on_demand_only {
        return None;
    }
    let token = grant.primary()?;
    let (due, reason) = match use_of {
        GrantUse::Login => {
            let due = refresh_due(rules, grant);
            (due.at?, due.reason)
        }
        GrantUse::Unattended => (access_token_ends_soon_at(rules, grant)?, RefreshReason::AccessTokenEnds),
    };
    // A token that lives for a few seconds only must not be refreshed as soon as it is made.
    let age_when_due = due.duration_since(token.obtained_at).unwrap_or_default();
    Some(Ahead { at: due.checked_sub(LEAD.min(age_when_due / 4))?, reason })
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;
    use crate::connect::grant::samples::{grant, profile};

    /// The seconds after which a token with this life is refreshed ahead of time.
    fn ahead(rules: &Refresh, lifetime: Option<u64>, refresh: Option<&str>, use_of: GrantUse) -> Option<u64> {
        let ahead = ahead_of(rules, &grant(lifetime, refresh), use_of)?;
        ahead.at.duration_since(UNIX_EPOCH).ok().map(|at| at.as_secs())
    }

    #[test]
    fn a_token_is_refreshed_some_seconds_before_a_call_would_do_it() {
        let rules = profile().refresh;

        assert_eq!(refresh_due(&rules, &grant(Some(3600), Some("rt"))).at, Some(UNIX_EPOCH + Duration::from_mins(59)));
        assert_eq!(ahead(&rules, Some(3600), Some("rt"), GrantUse::Login), Some(3520));
        assert_eq!(ahead(&rules, Some(3600), None, GrantUse::Unattended), Some(3520));
    }

    #[test]
    fn a_short_token_is_used_for_a_while() {
        assert_eq!(ahead(&profile().refresh, Some(40), Some("rt"), GrantUse::Login), Some(15));
    }

    #[test]
    fn what_cannot_or_may_not_be_refreshed_ahead_of_time_is_left_alone() {
        let rules = profile().refresh;
        let on_demand = Refresh { on_demand_only: true, ..rules.clone() };

        assert_eq!(ahead(&rules, Some(3600), None, GrantUse::Login), None);
        assert_eq!(ahead(&rules, None, Some("rt"), GrantUse::Login), None);
        assert_eq!(ahead(&on_demand, Some(3600), Some("rt"), GrantUse::Login), None);
    }
}
