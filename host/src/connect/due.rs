//! When a token is renewed: ahead of its end, not all at once, and not at once again after a passing fault.

use std::time::{Duration, SystemTime};

use mcphub_oauth::grant::{Grant, Token};
use mcphub_oauth::profile::{Credential, Profile};

use super::entry::Entry;

/// How long before its end a token is refreshed, unless the plugin says less.
const MARGIN: Duration = Duration::from_mins(1);

/// No two hubs and no two grants refresh at the same moment: up to so much earlier.
const JITTER: Duration = Duration::from_secs(30);
/// How long a still-valid token is used on after a refresh that failed for a passing reason.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// Whether the access token should be renewed before it is used.
pub(super) fn is_due(profile: &Profile, grant: &Grant, now: SystemTime) -> bool {
    let Some(token) = grant.primary() else {
        return false;
    };
    let old_enough = profile
        .refresh
        .min_age_seconds
        .is_none_or(|age| token.obtained_at + Duration::from_secs(u64::from(age)) <= now);
    can_be_refreshed(profile, token) && old_enough && ends_soon(profile, grant, now)
}

/// Whether the access token is about to end.
pub(super) fn ends_soon(profile: &Profile, grant: &Grant, now: SystemTime) -> bool {
    let Some(token) = grant.primary() else {
        return false;
    };
    let margin = match (profile.refresh.on_demand_only, profile.refresh.margin_seconds) {
        (true, _) => Duration::ZERO,
        (false, Some(seconds)) => MARGIN.min(Duration::from_secs(u64::from(seconds))),
        (false, None) => MARGIN,
    };
    // A token that lives shorter than twice the margin is used for half its life, and so is one that is presented itself:
    // once it has ended there is nothing to present.
    let life = token.expires_at.and_then(|end| end.duration_since(token.obtained_at).ok()).unwrap_or_default();
    let margin = match profile.refresh.presents {
        Credential::AccessToken => life / 2,
        Credential::RefreshToken | Credential::ClientOnly | Credential::None if margin.is_zero() => margin,
        Credential::RefreshToken | Credential::ClientOnly | Credential::None => (margin + jitter(token)).min(life / 2),
    };
    token.expires_at.is_some_and(|end| end <= now + margin)
}

/// Differs from token to token, and is the same each time a token is looked at.
fn jitter(token: &Token) -> Duration {
    let nanos = token.obtained_at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().subsec_nanos();
    JITTER.mul_f64(f64::from(nanos) / 1e9)
}

/// Whether a refresh that is due waits a little, because the last ones failed and the token is still good.
pub(super) fn waits(entry: &Entry, grant: &Grant, now: SystemTime) -> bool {
    let state = entry.state();
    let is_good = grant.primary().is_some_and(|token| token.expires_at.is_none_or(|end| end > now));
    state.failures > 0 && now < state.retry_at && is_good
}

/// Whether there is something to present.
pub(super) fn can_be_refreshed(profile: &Profile, token: &Token) -> bool {
    match profile.refresh.presents {
        Credential::RefreshToken => token.refresh.is_some(),
        Credential::AccessToken | Credential::ClientOnly => true,
        Credential::None => false,
    }
}

/// Twice as long after each failure, up to a bound.
pub(super) fn pause(failures: u32) -> Duration {
    FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(failures.saturating_sub(1).min(16))).min(LONGEST_PAUSE)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use mcphub_oauth::profile::Identity;
    use mcphub_oauth::secret::{AccessToken, RefreshToken};
    use std::collections::BTreeMap;
    use std::time::UNIX_EPOCH;

    fn profile() -> Profile {
        let identity = Identity {
            id: "x".into(),
            version: "1.0.0".into(),
            title: String::new(),
            description: String::new(),
            homepage: None,
            hosts: Vec::new(),
        };
        Profile::new(identity, Vec::new())
    }

    pub(in crate::connect) fn grant(lifetime: Option<u64>, refresh: Option<&str>) -> Grant {
        let token = Token {
            access: AccessToken::new("at".into()),
            refresh: refresh.map(|token| RefreshToken::new(token.into())),
            expires_at: lifetime.map(|seconds| UNIX_EPOCH + Duration::from_secs(seconds)),
            obtained_at: UNIX_EPOCH,
        };
        Grant {
            address: mcphub_oauth::server_address::ServerAddress::parse("https://a.example/").expect("address"),
            origin: mcphub_oauth::grant::GrantOrigin::Preset,
            client_id: None,
            resource: None,
            logged_in_at: None,
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

    fn due(grant: &Grant, at: u64) -> bool {
        is_due(&profile(), grant, UNIX_EPOCH + Duration::from_secs(at))
    }

    #[test]
    fn a_token_is_refreshed_a_minute_before_its_end() {
        let hour = grant(Some(3600), Some("rt"));

        assert!(!due(&hour, 3500));
        assert!(due(&hour, 3541));
    }

    #[test]
    fn a_short_token_is_used_for_half_its_life() {
        let short = grant(Some(10), Some("rt"));

        assert!(!due(&short, 4));
        assert!(due(&short, 5));
    }

    #[test]
    fn an_access_token_that_is_presented_itself_is_refreshed_from_half_its_life_on() {
        let (mut profile, token) = (profile(), grant(Some(3600), None));
        profile.refresh.presents = Credential::AccessToken;
        profile.refresh.on_demand_only = true;
        let due = |at| is_due(&profile, &token, UNIX_EPOCH + Duration::from_secs(at));

        assert!(!due(1799));
        assert!(due(1800));
    }

    #[test]
    fn no_refresh_token_and_no_lifetime_are_states_in_which_nothing_is_due() {
        assert!(!due(&grant(Some(10), None), 100));
        assert!(!due(&grant(None, Some("rt")), 100));
    }
}
