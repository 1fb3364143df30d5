//! The rules for keys: which key a token is, how often one may be used, how often one may be guessed, and who is logged in.
//!
//! No HTTP and no file is here. May use `settings` (what the file says about keys) and `random`; the time is an argument.
//!
//! | what | where |
//! |---|---|
//! | all keys in force, and which one a token is | `key_set` |
//! | a new key | `minted` |
//! | how often | `bucket`, `attempts`, `wrong_keys` |
//! | browsers that showed an admin key | `logins` |

mod attempts;
mod bucket;
mod key_set;
mod logins;
mod minted;
mod wrong_keys;

pub use attempts::Attempts;
pub use bucket::TokenBucket;
pub use key_set::{KeySet, KnownKey};
pub use logins::{LoginToken, Logins};
pub use minted::{WantedKey, mint};
pub use wrong_keys::{WrongKeyNews, WrongKeys};
