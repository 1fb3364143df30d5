//! What people should know about a merged list, as sentences.

use std::collections::BTreeMap;

use super::entries::ServerEntries;
use super::merge::RenamedEntry;
use super::unmatched::unmatched;
use crate::gateway::list_kind::ListKind;

/// A sentence about a server. It may hold what is secret of that server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ListNote {
    pub(crate) server: String,
    pub(crate) sentence: String,
}

/// About names that may surprise people, and about names in the settings that match nothing.
pub(super) fn of(kind: ListKind, renamed: &[RenamedEntry], servers: &[ServerEntries]) -> Vec<ListNote> {
    let unmatched = unmatched(kind, servers);
    let unmatched =
        unmatched.map(|(scoped, sentence)| ListNote { server: scoped.upstream.name().to_owned(), sentence });
    let mut notes = of_renamed(kind, renamed);
    notes.extend(unmatched);
    notes
}

/// One note for each server and each reason, with the first name and how many more there are.
fn of_renamed(kind: ListKind, renamed: &[RenamedEntry]) -> Vec<ListNote> {
    let what = kind.singular();
    let mut first: BTreeMap<(&str, &str), (&RenamedEntry, usize)> = BTreeMap::new();
    for renamed in renamed {
        let (_, count) = first.entry((&renamed.origin.server, renamed.reason.as_str())).or_insert((renamed, 0));
        *count += 1;
    }
    let note = |((server, reason), (renamed, count)): ((&str, &str), (&RenamedEntry, usize))| {
        let RenamedEntry { origin, name, .. } = renamed;
        let others = if count > 1 { format!(" (and {} more)", count - 1) } else { String::new() };
        let sentence = format!("{server}: its {what} {:?} is listed as {name:?}{others}; {reason}", origin.own);
        ListNote { server: server.to_owned(), sentence }
    };
    first.into_iter().map(note).collect()
}
