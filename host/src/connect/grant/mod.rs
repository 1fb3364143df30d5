//! Grants: obtained without a person, kept, refreshed, shared and revoked, and the requests to the token endpoint for
//! all of this.
//!
//! This room uses `prepare` and the rooms that `prepare` uses. A refreshed grant is durable before it is used, only
//! one refresh at a time works on a grant, and a grant is dropped only if its provider said that it has ended.
//!
//! # Changing the time of a refresh
//!
//! `mcphub_oauth::lifetime` is the rule: it says when a grant is due, from its profile and its times alone.
//! `access::request` asks it before a request, and `access::ahead` some seconds earlier for grants in use. What a
//! plugin can say about it is in `mcphub_oauth::profile::Refresh`.

pub(crate) mod bound_to;
pub(crate) mod dpop;
pub(crate) mod fresh;
pub(crate) mod keep;
pub(crate) mod plugin_steps;
pub(crate) mod refresh;
pub(crate) mod revocation;
pub(crate) mod samples;
pub(crate) mod sharing;
#[cfg(test)]
mod tests;
pub(crate) mod token_answer;
pub(crate) mod token_request;
pub(crate) mod unattended;
