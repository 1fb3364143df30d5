//! Logins kept in files: the settings file, and two files of the hub's own beside it.
//!
//! What was obtained stands in the settings file under the key `obtained`, apart from what the person wrote: deleting an entry
//! there means "log in again". Uses `settings` for every change of that file, and the rules of `sharing`. Never changes what the
//! person wrote, never drops an entry that it cannot read, and never writes a secret in the clear when there is a key.
//!
//! | file | what |
//! |---|---|
//! | `file_store` | the store's parts, and how work is done on a thread that may block |
//! | `grants`, `entries` | the verbs |
//! | `obtained`, `cache` | the section as it was last read |
//! | `changes` | an entry replaced, an entry removed |
//! | `lists`, `record` | where entries stand, and how they look as JSON |
//! | `pending_verbs`, `pending`, `pending_record` | what waits for a person, in a file of its own |
//! | `lease` | one holder at a time, by lock files |
//! | `key`, `seal`, `sealing` | secrets that are sealed, and when |

mod cache;
mod changes;
mod entries;
mod file_store;
mod grants;
mod key;
mod lease;
mod lists;
mod obtained;
mod pending;
mod pending_record;
mod pending_verbs;
mod record;
mod seal;
mod sealing;
#[cfg(test)]
mod tests;

pub use file_store::FileStore;
pub use key::SealingKeyError;
pub(crate) use record::{
    grant_from_json, grant_to_json, pairs_from_json, pairs_to_json, token_from_json, token_to_json,
};
pub use seal::Keys;
