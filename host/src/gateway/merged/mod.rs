//! One list made of the lists of several servers: which entries it holds, under which names, and where each name leads.
//!
//! It may use `roster`, `list_cache`, `names`, `repair`, `revision`, `lock`, `json` and `message`. It never asks a server anything and never logs: what
//! people should know is in its results.

mod entries;
mod extras;
pub(crate) mod greeting;
mod merge;
mod notes;
mod print;
mod ready;
mod ready_lists;
mod routes;
mod ui_resources;
mod unmatched;

pub(crate) use entries::ServerEntries;
pub(crate) use notes::ListNote;
pub(crate) use print::ListPrint;
pub(crate) use ready::ReadyList;
pub(crate) use ready_lists::{GivenNames, ListParts, ReadyLists};
pub(crate) use routes::{AssignedNames, EntryOrigin, NameTable, marked_origin};
