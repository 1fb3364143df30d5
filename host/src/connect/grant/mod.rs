//! Grants: made without a person, kept, refreshed, shared and revoked; and the requests to the token endpoint that all of this takes.
//!
//! It uses `prepare` and the rooms below. A refreshed grant is durable before it is used, one refresh at a time works on a grant, and a
//! grant is dropped only if its provider said that it ended.
//!
//! # Another moment for a refresh
//!
//! `mcphub_oauth::lifetime` is the rule: when a grant is due, from its profile and its times alone. `access::request` asks it before a
//! request, `access::ahead` some seconds earlier for grants in use. What a plugin can say about it is in `mcphub_oauth::profile::Refresh`.

pub(crate) mod bound_to;
pub(crate) mod dpop;
pub(crate) mod fresh;
pub(crate) mod keep;
pub(crate) mod plugin_steps;
pub(crate) mod refresh;
pub(crate) mod revocation;
#[cfg(test)]
pub(crate) mod samples;
pub(crate) mod sharing;
#[cfg(test)]
mod tests;
pub(crate) mod token_answer;
pub(crate) mod token_request;
pub(crate) mod unattended;
