//! What the hub keeps about logins: grants, clients, and everything that goes with them, in verbs of the domain.
//!
//! This room uses `settings` (its one kind of store today is files) and the values of `mcphub-oauth`. It never speaks to a
//! provider, never decides when a login is needed, and never logs a secret.
//!
//! A write is durable when it returns. A grant carries a version, and only a task that has seen the latest one replaces it. A
//! lease lets one task of one process work on a grant at a time. An entry that cannot be read is reported once and left alone.
//!
//! | file | what |
//! |---|---|
//! | `verbs` | [`Store`] and all it can do |
//! | `model`, `error`, `lease` | what goes in and comes out; no kind of store is named there |
//! | `pending` | what waits for a person: values, and the rules of when it ends, pure |
//! | `sharing` | the rules of sharing and of order, pure |
//! | `file` | the store in the settings file |

mod error;
mod file;
mod lease;
mod model;
mod pending;
mod sharing;
mod verbs;

pub use error::{SealFault, StoreError};
pub use file::{FileStore, KeyError, Keys};
pub use lease::Lease;
pub use model::{Acknowledged, Learned, Pin, Scope, Stored, Trusted};
pub use pending::{Pending, PendingKind};
pub use verbs::Store;
