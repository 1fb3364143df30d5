//! A merged list in the form in which clients get it, with all that is known of it.

use std::sync::Arc;

use super::entries::ServerEntries;
use super::extras;
use super::merge::{MergedList, merge};
use super::notes::{self, ListNote};
use super::print::ListPrint;
use super::routes::{AssignedNames, NameTable};
use crate::gateway::list_kind::ListKind;
use crate::gateway::message::{OpenResult, PreparedResult};
use crate::gateway::revision::Structure;

/// Bytes that a name takes in a table, approximately.
const NAME: usize = 256;

/// A list for all clients of a scope that read the same form of it.
#[derive(Debug)]
pub(crate) struct ReadyList {
    /// Where its names and URIs lead.
    pub(crate) table: Arc<NameTable>,
    pub(crate) print: ListPrint,
    pub(crate) notes: Vec<ListNote>,
    opening: OpenResult,
    structure: Structure,
}

impl ReadyList {
    /// The list for a client that was given the names in `before`, and that can read this as structured content.
    pub(super) fn made_of(
        kind: ListKind,
        servers: &[ServerEntries],
        before: &AssignedNames,
        structure: Structure,
    ) -> Self {
        let MergedList { table, entries, renamed } = merge(kind, servers, before, structure);
        let mut result = extras::lasting(kind, &entries, servers);
        match structure {
            Structure::Object => {}
            // Only clients of the revision that knows it can read this, and they expect more of a result.
            Structure::Any => extras::complete(&mut result),
        }
        Self {
            table: Arc::new(table),
            print: ListPrint::of(&entries),
            notes: notes::of(kind, &renamed, servers),
            opening: OpenResult::of(&result),
            structure,
        }
    }

    /// The result that the client gets now. `servers` are those that the list was made of, with what is left of their
    /// `ttlMs` now.
    pub(crate) fn result(&self, servers: &[ServerEntries]) -> PreparedResult {
        self.opening.with(&match self.structure {
            Structure::Object => extras::passing(servers),
            Structure::Any => extras::complete_passing(servers),
        })
    }

    /// The size in bytes, approximately.
    pub(super) fn size(&self) -> usize {
        self.opening.size() + self.table.origins.len() * NAME
    }

    /// Whether clients get the same text in memory for both.
    #[cfg(test)]
    pub(crate) fn is_shared_with(&self, other: &Self) -> bool {
        self.opening.is_shared_with(&other.opening)
    }
}
