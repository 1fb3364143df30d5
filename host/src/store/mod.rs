//! What the hub keeps about logins: grants, clients, and everything that goes with them, in verbs of the domain.
//!
//! This room uses `settings` (its one kind of store today is files) and the values of `mcphub-oauth`. It never speaks to a
//! provider, never decides when a login is needed, and never logs a secret.
//!
//! A write is durable when it returns. A grant carries a version, and only a task that has seen the latest one replaces it. A
//! lease lets one task of one process work on a grant at a time. An entry that cannot be read is reported once and left alone.
//!
//! # A second kind of store
//!
//! For example a database that several hubs share. It needs these files, and the compiler asks for all but the last:
//!
//! 1. a folder or file of its own here, with a type that has each verb. It keeps plain values and asks `sharing` (and `pending`)
//!    what they mean: where a grant goes, which version may replace which, who shares, what has ended. Its errors become
//!    [`StoreError::Unavailable`], its locks a [`Lease`];
//! 2. `mod.rs`: the module;
//! 3. `verbs.rs` and `verbs_of_pending.rs`: a variant of [`Store`], and an arm in each verb;
//! 4. `app/parts.rs`, where the hub is put together: the setting that chooses it.
//!
//! In its tests it implements `contract::Storage` and runs the suite. `memory` is the smallest example. Tokens that a person wrote
//! into the settings are not in such a store: it takes them from the settings, as `file/obtained.rs` does, and adds them with
//! `Grants::add_preset`.
//!
//! | file | what |
//! |---|---|
//! | `verbs`, `verbs_of_pending` | [`Store`] and all it can do |
//! | `model`, `error`, `lease` | what goes in and comes out; no kind of store is named there |
//! | `pending` | what waits for a person: values, and the rules of when it ends, pure |
//! | `contract` | the suite of tests that every kind of store passes |
//! | `memory` | a store for tests |
//! | `sharing` | the rules of sharing and of order, pure |
//! | `file` | the store in the settings file |

#[cfg(test)]
mod contract;
mod error;
mod file;
mod lease;
mod memory;
mod model;
mod pending;
mod sharing;
mod verbs;
mod verbs_of_pending;

pub use error::{SealFault, StoreError};
pub use file::{FileStore, Keys, SealingKeyError};
pub(crate) use file::{grant_from_json, grant_to_json, pairs_from_json, pairs_to_json, token_from_json, token_to_json};
pub use lease::Lease;
pub use model::{Acknowledged, ApprovedScope, Learned, Pin, Stored, Trusted};
pub use pending::{Pending, PendingKind};
pub use verbs::Store;
