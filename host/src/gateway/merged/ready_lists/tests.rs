use super::*;
use crate::gateway::roster::ScopeKind;

const TOOLS: ListKind = ListKind::Tools;

fn parts<'a>(roster: &'a Arc<Roster>, scope: &'a ServerScope) -> ListParts<'a> {
    ListParts { roster, scope, kind: TOOLS, structure: Structure::Object, servers: &[] }
}

fn of(lists: &ReadyLists, parts: &ListParts<'_>) -> Arc<ReadyList> {
    lists.of(parts, &GivenNames { client: "a", names: &AssignedNames::default() })
}

#[test]
fn a_list_is_made_once_as_long_as_nothing_that_it_is_made_of_is_another() {
    let (lists, roster) = (ReadyLists::default(), Arc::default());

    let first = of(&lists, &parts(&roster, &ServerScope::ALL));
    let again = of(&lists, &parts(&roster, &ServerScope::ALL));

    assert!(Arc::ptr_eq(&first, &again));
}

#[test]
fn another_roster_scope_caller_kind_or_structure_is_another_list() {
    let (lists, roster, other_roster) = (ReadyLists::default(), Arc::default(), Arc::default());
    let one = ServerScope { kind: ScopeKind::One("a".to_owned()), limit: None };
    let limited = ServerScope { kind: ScopeKind::All, limit: Some("ann".into()) };
    let usual = || parts(&roster, &ServerScope::ALL);

    let all = [
        usual(),
        parts(&other_roster, &ServerScope::ALL),
        parts(&roster, &one),
        parts(&roster, &limited),
        ListParts { kind: ListKind::Prompts, ..usual() },
        ListParts { structure: Structure::Any, ..usual() },
    ]
    .map(|parts| of(&lists, &parts));

    for (at, list) in all.iter().enumerate() {
        assert!(all.iter().skip(at + 1).all(|other| !list.is_shared_with(other)), "{at}");
    }
}

#[test]
fn another_list_of_a_server_is_another_list_and_one_that_is_unknown_is_no_empty_one() {
    let (one, two) = (Entries::default(), Entries::default());
    let kept = Arc::downgrade(&one);

    assert!(are_same(Some(&kept), Some(&one)) && are_same(None, None));
    assert!(!are_same(Some(&kept), Some(&two)) && !are_same(Some(&kept), None) && !are_same(None, Some(&one)));
}

#[test]
fn lists_that_nobody_can_ask_for_any_more_go_and_their_number_is_bounded() {
    let (lists, roster) = (ReadyLists::default(), Arc::<Roster>::default());
    of(&lists, &parts(&roster, &ServerScope::ALL));
    drop(roster);
    let roster = Arc::default();

    let scope = |number: usize| ServerScope { kind: ScopeKind::One(number.to_string()), limit: None };
    of(&lists, &parts(&roster, &scope(0)));
    let after_another_roster = lock(&lists.0).lists.len();
    for number in 0..2 * MAX_LISTS {
        of(&lists, &parts(&roster, &scope(number)));
    }

    let kept = lock(&lists.0);
    let bytes: usize = kept.lists.iter().map(|kept| kept.list.size()).sum();
    assert_eq!((after_another_roster, kept.lists.len(), kept.bytes), (1, MAX_LISTS, bytes));
    assert!(!kept.lists.iter().any(|kept| kept.key.scope == scope(0)), "the oldest went");
}
