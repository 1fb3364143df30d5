//! When an access token is refreshed: ahead of its end, not all tokens at once, and not at once again after a passing fault.
//!
//! Grants that are in use are refreshed by a task, so that no call has to wait for it; a call that finds its token due all the same
//! refreshes it itself.

use std::time::{Duration, SystemTime};

use mcphub_oauth::grant::{Grant, Token};
use mcphub_oauth::profile::{Credential, Profile};

/// How long before its end a token is refreshed, unless the plugin says less.
const MARGIN: Duration = Duration::from_mins(1);

/// No two hubs and no two grants refresh at the same moment: up to so much earlier.
const JITTER: Duration = Duration::from_secs(30);

/// When the access token of a grant is due. None: it does not end, or nothing can be presented for another one.
pub(crate) fn due_at(profile: &Profile, grant: &Grant) -> Option<SystemTime> {
    let token = grant.primary().filter(|token| can_be_refreshed(profile, token))?;
    let min_age = profile.refresh.min_age_seconds.map(|age| Duration::from_secs(u64::from(age)));
    let old_enough = token.obtained_at + min_age.unwrap_or_default();
    ending_soon_at(profile, token).map(|soon| soon.max(old_enough))
}

/// Whether the access token is due.
pub(crate) fn is_due(profile: &Profile, grant: &Grant, now: SystemTime) -> bool {
    due_at(profile, grant).is_some_and(|due| due <= now)
}

/// Whether the access token is about to end, whether it can be refreshed or not.
pub(crate) fn ends_soon(profile: &Profile, grant: &Grant, now: SystemTime) -> bool {
    grant.primary().and_then(|token| ending_soon_at(profile, token)).is_some_and(|soon| soon <= now)
}

/// Whether the access token has not ended yet.
pub(crate) fn is_good(grant: &Grant, now: SystemTime) -> bool {
    grant.primary().is_some_and(|token| token.expires_at.is_none_or(|end| end > now))
}

/// The moment from which on a token is about to end.
pub(crate) fn ending_soon_at(profile: &Profile, token: &Token) -> Option<SystemTime> {
    let end = token.expires_at?;
    let margin = match (profile.refresh.on_demand_only, profile.refresh.margin_seconds) {
        (true, _) => Duration::ZERO,
        (false, Some(seconds)) => MARGIN.min(Duration::from_secs(u64::from(seconds))),
        (false, None) => MARGIN,
    };
    // A token that lives shorter than twice the margin is used for half its life, and so is one that is presented itself:
    // once it has ended there is nothing to present.
    let life = end.duration_since(token.obtained_at).unwrap_or_default();
    let margin = match profile.refresh.presents {
        Credential::AccessToken => life / 2,
        Credential::RefreshToken | Credential::ClientOnly | Credential::None if margin.is_zero() => margin,
        Credential::RefreshToken | Credential::ClientOnly | Credential::None => (margin + jitter(token)).min(life / 2),
    };
    end.checked_sub(margin)
}

/// Differs from token to token, and is the same each time a token is looked at.
fn jitter(token: &Token) -> Duration {
    let nanos = token.obtained_at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().subsec_nanos();
    JITTER.mul_f64(f64::from(nanos) / 1e9)
}

/// Whether there is something to present for a new token.
pub(crate) fn can_be_refreshed(profile: &Profile, token: &Token) -> bool {
    match profile.refresh.presents {
        Credential::RefreshToken => token.refresh.is_some(),
        Credential::AccessToken | Credential::ClientOnly => true,
        Credential::None => false,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use mcphub_oauth::profile::Identity;
    use mcphub_oauth::secret::{AccessToken, RefreshToken};
    use std::collections::BTreeMap;
    use std::time::UNIX_EPOCH;

    pub(crate) fn profile() -> Profile {
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

    pub(crate) fn grant(lifetime: Option<u64>, refresh: Option<&str>) -> Grant {
        let token = Token {
            access: AccessToken::new("at".into()),
            refresh: refresh.map(|token| RefreshToken::new(token.into())),
            expires_at: lifetime.map(|seconds| UNIX_EPOCH + Duration::from_secs(seconds)),
            obtained_at: UNIX_EPOCH,
        };
        Grant {
            address: mcphub_oauth::server_address::ServerAddress::parse("https://a.example/").expect("address"),
            issuer: String::new(),
            client_id: String::new(),
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
    fn a_token_is_not_refreshed_before_its_provider_allows_it() {
        let (mut profile, token) = (profile(), grant(Some(100), Some("rt")));
        profile.refresh.min_age_seconds = Some(90);

        assert_eq!(due_at(&profile, &token), Some(UNIX_EPOCH + Duration::from_secs(90)));
    }

    #[test]
    fn tokens_that_were_made_at_other_moments_are_refreshed_at_other_moments() {
        let at = |nanos: u64| {
            let mut token = grant(Some(3600), Some("rt"));
            let made = UNIX_EPOCH + Duration::from_nanos(nanos);
            token.tokens.get_mut("main").expect("token").obtained_at = made;
            due_at(&profile(), &token).expect("due")
        };

        assert_eq!(at(0).duration_since(at(500_000_000)).expect("earlier"), Duration::from_secs(15));
    }

    #[test]
    fn no_refresh_token_and_no_lifetime_are_states_in_which_nothing_is_due() {
        assert!(!due(&grant(Some(10), None), 100));
        assert!(!due(&grant(None, Some("rt")), 100));
    }
}
