//! Who shares with whom, which grant counts, and in which order grants replace each other.

use mcphub_oauth::grant::GrantOrigin;

use super::*;
use crate::store::contract::samples::{self, access, address, grant, key};

fn elsewhere(text: &str) -> ServerAddress {
    ServerAddress::parse(text).expect("address")
}

fn client(id: &str) -> Client {
    samples::client("https://as.example", id)
}

/// `a` has a grant, and `b` shares it.
fn shared() -> Grants {
    let share = Share { key: key("b"), with: key("a"), binding: grant("t").binding() };
    let all = vec![(key("a"), Stored { value: grant("t"), version: 3 })];
    Grants { all, shares: vec![share], sealed: Vec::new() }
}

fn sealed(server: &str) -> SealedGrant {
    let (issuer, client_id) = ("https://as.example".to_owned(), "sealed".to_owned());
    SealedGrant { key: key(server), why: SealFault::NoKey, issuer, client_id }
}

fn token(found: Option<&Stored<Grant>>) -> Option<&str> {
    found.map(access)
}

#[test]
fn a_share_gives_the_other_grant_while_it_is_good_for_the_same() {
    let mut grants = shared();
    assert_eq!(token(grants.find(&key("b"), &address())), Some("t"));
    assert_eq!(grants.place_of(&key("b"), &address()), key("a"));
    assert_eq!(grants.sharers(&key("a"), &address()), [key("b")]);
    assert_eq!(grants.sharers(&key("b"), &address()), [key("a")]);

    grants.all[0].1.value.origin = GrantOrigin::Issuer("https://other.example".into());

    assert_eq!(token(grants.find(&key("b"), &address())), None);
    assert_eq!(grants.place_of(&key("b"), &address()), key("b"));
    assert!(grants.sharers(&key("a"), &address()).is_empty());
}

#[test]
fn a_grant_for_another_address_is_never_given() {
    let grants = shared();
    let elsewhere = elsewhere("https://a.example/evil/mcp");

    assert_eq!(token(grants.find(&key("a"), &elsewhere)), None);
    assert_eq!(token(grants.find(&key("b"), &elsewhere)), None);
}

#[test]
fn a_grant_of_its_own_counts_before_a_share() {
    let mut grants = shared();
    grants.all.push((key("b"), Stored { value: grant("own"), version: 1 }));

    assert_eq!(token(grants.find(&key("b"), &address())), Some("own"));
    assert!(grants.sharers(&key("a"), &address()).is_empty());
}

#[test]
fn of_several_grants_of_one_key_the_first_counts() {
    let mut grants = shared();
    grants.all.push((key("a"), Stored { value: grant("second"), version: 9 }));

    assert_eq!(token(grants.find(&key("a"), &address())), Some("t"));
}

#[test]
fn a_new_grant_replaces_the_shared_one_only_if_it_is_good_for_the_same() {
    let grants = shared();
    let other = Grant { client_id: Some("another".into()), ..grant("u") };

    let same = grants.placement(&key("b"), &grant("u"), Some(3));
    let own = grants.placement(&key("b"), &other, Some(3));
    let alone = grants.placement(&key("c"), &other, Some(5));

    assert_eq!(same, GrantPlacement { key: key("a"), after: Some(3) });
    assert_eq!(own, GrantPlacement { key: key("b"), after: None });
    assert_eq!(alone, GrantPlacement { key: key("c"), after: Some(5) });
}

#[test]
fn only_the_version_that_was_seen_is_replaced_and_none_comes_back() {
    assert_eq!(next_version(None, None, 0), Ok(1));
    assert_eq!(next_version(Some(3), Some(3), 3), Ok(4));
    assert_eq!(next_version(None, None, 7), Ok(8), "after a deletion");
    assert_eq!(next_version(None, Some(0), 0), Ok(1), "a preset one was seen");
    assert_eq!(next_version(Some(3), None, 3), Err(Stale));
    assert_eq!(next_version(Some(3), Some(2), 3), Err(Stale));
    assert_eq!(next_version(None, Some(3), 3), Err(Stale));
}

#[test]
fn a_preset_grant_counts_until_there_is_another_and_not_after_a_logout() {
    let mut grants = Grants { sealed: vec![sealed("s")], ..shared() };
    for (server, is_dropped) in [("a", false), ("b", false), ("s", false), ("dropped", true), ("new", false)] {
        grants.add_preset(key(server), grant("preset"), is_dropped);
    }

    let found = ["a", "b", "s", "dropped", "new"].map(|server| token(grants.find(&key(server), &address())));

    assert_eq!(found, [Some("t"), Some("t"), None, None, Some("preset")]);
    assert_eq!(grants.find(&key("new"), &address()).map(|stored| stored.version), Some(0));
}

#[test]
fn a_preset_grant_stands_in_front_of_one_for_an_earlier_address() {
    let mut grants = shared();
    let moved = elsewhere("https://moved.example/");

    grants.add_preset(key("a"), Grant { address: moved.clone(), ..grant("preset") }, false);

    assert_eq!(token(grants.find(&key("a"), &moved)), Some("preset"));
}

#[test]
fn a_sealed_grant_is_told_to_all_that_would_use_it() {
    let share = Share { key: key("b"), with: key("a"), binding: grant("t").binding() };
    let mut grants = Grants { sealed: vec![sealed("a")], shares: vec![share], ..Grants::default() };

    assert_eq!(["a", "b", "c"].map(|server| grants.sealed(&key(server), &address()).is_some()), [true, true, false]);

    grants.all.push((key("b"), Stored { value: grant("own"), version: 1 }));
    assert_eq!(grants.sealed(&key("b"), &address()), None);
}

#[test]
fn a_client_that_a_grant_needs_is_replaced_by_its_own_next_version_alone() {
    let grants = Grants { sealed: vec![sealed("s")], ..shared() };

    assert!(grants.needs_client(&client("c")) && grants.needs_client(&client("sealed")));
    assert!(!grants.needs_client(&Client { issuer: "https://other.example".into(), ..client("c") }));
    assert!(grants.replaces_client(&client("c"), &client("c")));
    assert!(!grants.replaces_client(&client("c"), &client("new")));
    assert!(grants.replaces_client(&client("unused"), &client("new")));
    assert!(
        !grants.replaces_client(&client("unused"), &Client { issuer: "https://other.example".into(), ..client("n") })
    );
}
