//! From the contract's words to the checked types of `mcphub_oauth::profile`, one file per part of a profile.
//!
//! Every function takes the place of the value in the answer, so that a refusal names interface and field.

pub(crate) mod authorization;
pub(crate) mod context;
pub(crate) mod errors;
pub(crate) mod identity;
pub(crate) mod input;
pub(crate) mod matching;
pub(crate) mod metadata;
pub(crate) mod plan;
pub(crate) mod provisioning;
pub(crate) mod refresh;
pub(crate) mod registration;
pub(crate) mod requests;
pub(crate) mod revocation;
pub(crate) mod scopes;
pub(crate) mod shape;
pub(crate) mod template;
pub(crate) mod token;
