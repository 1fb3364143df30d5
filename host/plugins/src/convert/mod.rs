//! From the contract's words to the checked types of `mcphub_oauth::profile`: one file for each interface, named as it is,
//! and one for each type that several share (`context`, `plan`, `request_shape`, `template`, `token_rule`).
//!
//! Every function takes the place of the value in the answer, so that a refusal names interface and field. Nothing here
//! calls a plugin.

pub(crate) mod authorization;
pub(crate) mod callback;
pub(crate) mod context;
pub(crate) mod errors;
pub(crate) mod identity;
pub(crate) mod inputs;
pub(crate) mod matching;
pub(crate) mod metadata;
pub(crate) mod plan;
pub(crate) mod refresh;
pub(crate) mod registration;
pub(crate) mod request_shape;
pub(crate) mod requests;
pub(crate) mod resource_indicator;
pub(crate) mod revocation;
pub(crate) mod scopes;
pub(crate) mod setup;
pub(crate) mod template;
pub(crate) mod token_request;
pub(crate) mod token_response;
pub(crate) mod token_rule;
