//! One list made of the lists of several servers: which entries it holds, under which names, and where each name leads.
//!
//! It may use `roster`, `list_cache`, `names`, `repair`, `revision` and `json`. It never asks a server anything and never logs: what
//! people should know is in its results.

mod entries;
mod extras;
pub(crate) mod greeting;
mod merge;
mod routes;
mod ui_resources;
mod unmatched;

pub(crate) use entries::ServerEntries;
pub(crate) use extras::result;
pub(crate) use merge::{MergedList, RenamedEntry, merge};
pub(crate) use routes::{AssignedNames, EntryOrigin, NameTable, marked_origin};
pub(crate) use unmatched::unmatched;
