//! An authority in the same process that deviates as one provider does, and in no other way: what the provider would
//! refuse, it refuses, and what it does not know, too. It knows nothing of profiles; it reads the quirks by itself.

mod account;
mod addresses;
mod answers;
mod endpoints;
mod page;
mod quirks;
mod request;
mod state;
mod terms;
mod token;

pub use state::Deviant;
pub use terms::{ACCOUNT, CLIENT_ID, CLIENT_SECRET, LIFETIME, REDIRECT_URI, SERVER, given};
