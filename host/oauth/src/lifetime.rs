//! When a grant is refreshed and when it ends: one pure rule from a profile's `refresh` and the times of a grant.
//!
//! It asks no clock. Every function answers with a point in time or a fact, and the caller compares it with now.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::grant::{Grant, Token};
use crate::profile::{Credential, Refresh, Rotation};

/// How long before its end an access token is refreshed, unless the plugin says less. [`JITTER`] comes on top, and the hub
/// refreshes grants in use a further `LEAD` ahead (`host/src/connect/access/ahead.rs`).
const MARGIN: Duration = Duration::from_mins(1);
/// Up to so much earlier, so that no two hubs and no two grants refresh at the same moment.
const JITTER: Duration = Duration::from_secs(30);
/// How long before its idle end a refresh token is used at the latest.
const IDLE_MARGIN: Duration = Duration::from_hours(24);

/// When a grant is to be refreshed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefreshDue {
    /// From then on a refresh is due; none: nothing is ever due by itself, for `reason`.
    pub at: Option<SystemTime>,
    /// Why then, or why never.
    pub reason: RefreshReason,
}

/// Why a refresh is due, or why none is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefreshReason {
    /// The access token ends soon after [`RefreshDue::at`].
    AccessTokenEnds,
    /// The refresh token would end because nobody used it (`idle-lifetime-seconds`).
    GrantWouldIdle,
    /// Nothing is due: the access token's end is not known, so it is used until it is refused.
    EndUnknown,
    /// Nothing is due: there is nothing to present for a new token.
    NothingToPresent,
}

impl RefreshDue {
    /// Whether a refresh is due at `now`.
    #[must_use]
    pub fn is_due(&self, now: SystemTime) -> bool {
        self.at.is_some_and(|at| at <= now)
    }
}

/// When the grant is to be refreshed: a little before its access token ends, and before its refresh token idles away, but not
/// before the token has the age that the plugin demands (`min-age-seconds`).
#[must_use]
pub fn refresh_due(rules: &Refresh, grant: &Grant) -> RefreshDue {
    let never = |reason| RefreshDue { at: None, reason };
    let Some(token) = grant.primary().filter(|token| can_be_presented(rules, token)) else {
        return never(RefreshReason::NothingToPresent);
    };
    let access = refresh_by(rules, token).map(|at| (at, RefreshReason::AccessTokenEnds));
    // A grant that is refreshed on demand only may idle away: that is what its plugin wants.
    let idle = idle_end(rules, token).filter(|_| !rules.on_demand_only);
    let idle = idle.map(|end| (earlier(end, idle_margin(rules)), RefreshReason::GrantWouldIdle));
    match access.into_iter().chain(idle).min_by_key(|(at, _)| *at) {
        Some((at, reason)) => RefreshDue { at: Some(at.max(oldest_allowed(rules, token))), reason },
        None => never(RefreshReason::EndUnknown),
    }
}

/// When the access token is about to end, whether or not the grant can be refreshed; none: its end is not known.
#[must_use]
pub fn access_token_ends_soon_at(rules: &Refresh, grant: &Grant) -> Option<SystemTime> {
    refresh_by(rules, grant.primary()?)
}

/// When the grant ends and the person must log in again: after the idle or the absolute lifetime that the plugin states, and
/// with the access token where nothing can be presented for a new one. None: not known.
#[must_use]
pub fn ends_at(rules: &Refresh, grant: &Grant) -> Option<SystemTime> {
    let token = grant.primary()?;
    if !can_be_presented(rules, token) {
        return token.expires_at;
    }
    let absolute = rules.absolute_lifetime_seconds.zip(grant.logged_in_at).map(|(life, login)| login + seconds(life));
    [idle_end(rules, token), absolute].into_iter().flatten().min()
}

/// Whether there is something to present for a new token.
#[must_use]
pub fn can_be_presented(rules: &Refresh, token: &Token) -> bool {
    match rules.presents {
        Credential::RefreshToken => token.refresh.is_some(),
        Credential::AccessToken | Credential::ClientOnly => true,
        Credential::None => false,
    }
}

/// Whether the old refresh token stays where an answer has no new one (RFC 6749 §6). It does not where using it twice would end
/// the whole grant, including the access token.
const fn keeps_old_refresh_token(rotation: Rotation) -> bool {
    match rotation {
        Rotation::Unknown | Rotation::None | Rotation::SingleUse | Rotation::Grace => true,
        Rotation::FamilyRevoking => false,
    }
}

/// Until when a refresh whose answer was lost is not repeated: the provider may have used up the refresh token, and where a
/// second use ends the whole grant, the access token that is still good would end with it. None: it may be repeated.
#[must_use]
pub fn no_retry_before(rules: &Refresh, token: &Token) -> Option<SystemTime> {
    if keeps_old_refresh_token(rules.rotation) { None } else { token.expires_at }
}

/// A little before the access token ends.
fn refresh_by(rules: &Refresh, token: &Token) -> Option<SystemTime> {
    let end = token.expires_at?;
    let margin = match (rules.on_demand_only, rules.margin_seconds) {
        (true, _) => Duration::ZERO,
        (false, Some(margin)) => MARGIN.min(seconds(margin)),
        (false, None) => MARGIN,
    };
    // A token that lives shorter than twice the margin is used for half its life, and so is one that is presented itself:
    // once it has ended there is nothing to present.
    let half = end.duration_since(token.obtained_at).unwrap_or_default() / 2;
    let margin = match rules.presents {
        Credential::AccessToken => half,
        Credential::RefreshToken | Credential::ClientOnly | Credential::None if margin.is_zero() => margin,
        Credential::RefreshToken | Credential::ClientOnly | Credential::None => (margin + jitter(token)).min(half),
    };
    Some(earlier(end, margin))
}

/// When the refresh token ends if it is not used; none where there is none, or its last use is not known, as of one that a
/// person brought (it counts as obtained at the epoch).
fn idle_end(rules: &Refresh, token: &Token) -> Option<SystemTime> {
    let life = rules.idle_lifetime_seconds.filter(|_| rules.presents == Credential::RefreshToken)?;
    let is_known = token.refresh.is_some() && token.obtained_at > UNIX_EPOCH;
    is_known.then(|| token.obtained_at + seconds(life))
}

/// A day before, or a quarter of a shorter life.
fn idle_margin(rules: &Refresh) -> Duration {
    seconds(rules.idle_lifetime_seconds.unwrap_or_default() / 4).min(IDLE_MARGIN)
}

fn oldest_allowed(rules: &Refresh, token: &Token) -> SystemTime {
    token.obtained_at + seconds(rules.min_age_seconds.unwrap_or_default())
}

/// Differs from token to token, and is the same each time a token is looked at.
fn jitter(token: &Token) -> Duration {
    let nanos = token.obtained_at.duration_since(UNIX_EPOCH).unwrap_or_default().subsec_nanos();
    JITTER.mul_f64(f64::from(nanos) / 1e9)
}

fn earlier(at: SystemTime, by: Duration) -> SystemTime {
    at.checked_sub(by).unwrap_or(UNIX_EPOCH)
}

const fn seconds(number: u32) -> Duration {
    Duration::from_secs(number as u64)
}

#[cfg(test)]
mod tests;
