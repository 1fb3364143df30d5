//! When a grant is refreshed and when it ends: one pure rule from a profile's `refresh` and the times of a grant.
//!
//! It asks no clock. Every function answers with a point in time or a fact, and the caller compares it with now.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::grant::{Grant, Token};
use crate::profile::{Credential, Refresh, Rotation};

/// How long before its end an access token is refreshed, unless the plugin says less.
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

/// Whether the old refresh token stays where an answer has no new one (RFC 6749 §6). Not where a second use of it would end
/// the whole grant, the access token with it.
#[must_use]
pub const fn keeps_old_refresh_token(rotation: Rotation) -> bool {
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
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::secret::{AccessToken, RefreshToken};
    use crate::server_address::ServerAddress;

    /// The login of every test.
    const LOGIN: u64 = 1_000_000;
    const DAY: u32 = 24 * 3600;

    fn after_login(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(LOGIN + seconds)
    }

    fn grant(lifetime: Option<u64>, refresh: Option<&str>) -> Grant {
        let token = Token {
            access: AccessToken::new("at".into()),
            refresh: refresh.map(|token| RefreshToken::new(token.into())),
            expires_at: lifetime.map(after_login),
            obtained_at: after_login(0),
        };
        Grant {
            address: ServerAddress::parse("https://a.example/").expect("address"),
            issuer: "https://as.example".into(),
            client_id: "c".into(),
            resource: None,
            logged_in_at: Some(after_login(0)),
            tokens: BTreeMap::from([("main".to_owned(), token)]),
            primary: "main".into(),
            dpop: None,
            requested_scopes: Vec::new(),
            granted_scopes: None,
            captured: Vec::new(),
            account_label: None,
            account_id: None,
        }
    }

    fn due_after(rules: &Refresh, grant: &Grant) -> Option<u64> {
        let at = refresh_due(rules, grant).at?;
        Some(at.duration_since(after_login(0)).expect("after the login").as_secs())
    }

    #[test]
    fn a_token_is_refreshed_a_minute_before_its_end() {
        let hour = grant(Some(3600), Some("rt"));

        let due = refresh_due(&Refresh::default(), &hour);

        assert_eq!(due, RefreshDue { at: Some(after_login(3540)), reason: RefreshReason::AccessTokenEnds });
        assert!(!due.is_due(after_login(3539)) && due.is_due(after_login(3540)));
    }

    #[test]
    fn a_short_token_is_used_for_half_its_life() {
        assert_eq!(due_after(&Refresh::default(), &grant(Some(10), Some("rt"))), Some(5));
    }

    #[test]
    fn a_plugin_may_ask_for_a_smaller_margin_and_for_none() {
        let hour = grant(Some(3600), Some("rt"));
        let smaller = Refresh { margin_seconds: Some(10), ..Refresh::default() };
        let on_demand = Refresh { on_demand_only: true, ..Refresh::default() };

        assert_eq!(due_after(&smaller, &hour), Some(3590));
        assert_eq!(due_after(&on_demand, &hour), Some(3600));
    }

    #[test]
    fn an_access_token_that_is_presented_itself_is_refreshed_from_half_its_life_on() {
        let rules = Refresh { presents: Credential::AccessToken, on_demand_only: true, ..Refresh::default() };

        assert_eq!(due_after(&rules, &grant(Some(3600), None)), Some(1800));
    }

    #[test]
    fn nothing_is_refreshed_before_it_has_the_age_that_the_plugin_demands() {
        let rules = Refresh { min_age_seconds: Some(3_590), ..Refresh::default() };

        assert_eq!(due_after(&rules, &grant(Some(3600), Some("rt"))), Some(3590));
    }

    #[test]
    fn nothing_is_due_where_nothing_can_be_presented_or_no_end_is_known() {
        let reason = |grant: &Grant| refresh_due(&Refresh::default(), grant).reason;

        assert_eq!(reason(&grant(Some(10), None)), RefreshReason::NothingToPresent);
        assert_eq!(reason(&grant(None, Some("rt"))), RefreshReason::EndUnknown);
    }

    #[test]
    fn a_refresh_token_is_used_before_it_idles_away() {
        let rules = Refresh { idle_lifetime_seconds: Some(10 * DAY), ..Refresh::default() };

        let due = refresh_due(&rules, &grant(None, Some("rt")));

        let expected = after_login(u64::from(9 * DAY));
        assert_eq!(due, RefreshDue { at: Some(expected), reason: RefreshReason::GrantWouldIdle });
        let on_demand = Refresh { on_demand_only: true, ..rules };
        assert_eq!(refresh_due(&on_demand, &grant(None, Some("rt"))).reason, RefreshReason::EndUnknown);
    }

    #[test]
    fn a_grant_ends_when_it_idles_or_when_its_time_is_up_whichever_is_first() {
        let rules = Refresh {
            idle_lifetime_seconds: Some(10 * DAY),
            absolute_lifetime_seconds: Some(30 * DAY),
            ..Refresh::default()
        };
        let mut late = grant(Some(3600), Some("rt"));
        assert_eq!(ends_at(&rules, &late), Some(after_login(u64::from(10 * DAY))));

        let refreshed = after_login(u64::from(25 * DAY));
        late.tokens.get_mut("main").expect("main").obtained_at = refreshed;

        assert_eq!(ends_at(&rules, &late), Some(after_login(u64::from(30 * DAY))));
    }

    #[test]
    fn the_end_of_a_grant_is_not_guessed() {
        let rules =
            Refresh { idle_lifetime_seconds: Some(DAY), absolute_lifetime_seconds: Some(DAY), ..Refresh::default() };
        let mut brought = Grant { logged_in_at: None, ..grant(None, Some("rt")) };
        brought.tokens.get_mut("main").expect("main").obtained_at = UNIX_EPOCH;

        assert_eq!(ends_at(&rules, &brought), None);
        assert_eq!(ends_at(&Refresh::default(), &grant(Some(60), Some("rt"))), None);
    }

    #[test]
    fn a_grant_that_cannot_be_refreshed_ends_with_its_access_token() {
        assert_eq!(ends_at(&Refresh::default(), &grant(Some(60), None)), Some(after_login(60)));
    }

    #[test]
    fn a_refresh_token_whose_second_use_ends_the_grant_is_presented_once() {
        let rules = Refresh { rotation: Rotation::FamilyRevoking, ..Refresh::default() };
        let hour = grant(Some(3600), Some("rt"));
        let token = hour.primary().expect("token");

        assert!(!keeps_old_refresh_token(rules.rotation) && keeps_old_refresh_token(Rotation::SingleUse));
        assert_eq!(no_retry_before(&rules, token), Some(after_login(3600)));
        assert_eq!(no_retry_before(&Refresh::default(), token), None);
    }
}
