//! When a refresh is due and when a grant ends.

use std::collections::BTreeMap;

use super::*;
use crate::grant::GrantOrigin;
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
        origin: GrantOrigin::Issuer("https://as.example".into()),
        client_id: Some("c".into()),
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
