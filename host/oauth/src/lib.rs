//! The rules of OAuth as MCP uses it.
//!
//! No I/O, no clock, no randomness, no async runtime: each step is a pair of functions, `request` and `accept`, in the
//! order of the RFCs, and time and randomness are arguments. A checked value has a type of its own and one door:
//!
//! | step | module | RFC | what comes out |
//! |---|---|---|---|
//! | challenge | [`challenge`] | 6750 §3, 9728 §5.1 | [`challenge::Challenge`] |
//! | the resource | [`protected_resource`] | 9728 | [`protected_resource::ProtectedResource`] |
//! | the authorization server | [`server_metadata`] | 8414, `OpenID` discovery | [`server_metadata::ServerMetadata`] |
//! | the client | [`registration`] | 7591 | [`client::Client`] |
//! | how it authenticates | [`client_auth`] | 6749 §2.3, 7523 | [`auth_method::AuthMethod`] |
//! | the login page | [`authorization`], [`pkce`], [`resource`], [`scopes`] | 6749 §4.1.1, 7636, 8707 | [`authorization::PendingAuthorization`] |
//! | the way back | [`callback`] | 6749 §4.1.2, 9207 | [`callback::AcceptedCallback`] |
//! | tokens | [`token`] | 6749 §4.1.3, §5, §6 | [`token::Tokens`] |
//! | how long a grant lasts | [`lifetime`] | 6749 §6 | [`lifetime::RefreshDue`] |
//! | use | [`bearer`] | 6750 §2.1 | [`bearer::Bearer`] |
//! | without a person | [`unattended`] | 6749 §4.4, 7523, 8693 | [`token::Tokens`] |
//! | a login on another device | [`device`] | 8628 | [`token::Tokens`] |
//! | tokens bound to a key | [`dpop`], [`signing`] | 9449 | [`dpop::Prover`] |
//! | the end | [`revocation`] | 7009 | |
//!
//! What one provider does differently is a [`profile::Profile`]; what its plugin is asked during a login is in [`hook`];
//! requests that a plugin describes are built in [`plan`], and go only to [`allowed_hosts`]; what errors mean is in [`error`]; what nobody else may see of
//! requests and answers, and how a text is shown without the secrets that its author was sent, is in [`mask`].
//!
//! Absent on purpose: PKCE with `plain`, comparison of issuers after normalising them.

pub mod allowed_hosts;
mod assertion;
pub mod auth_method;
pub mod authorization;
pub mod bearer;
pub mod body;
pub mod browser;
mod build_error;
pub mod callback;
pub mod challenge;
pub mod client;
pub mod client_auth;
mod der;
pub mod device;
pub mod dpop;
mod encoding;
mod endpoint_request;
pub mod error;
pub mod grant;
pub mod hook;
pub mod issuer;
mod json;
pub mod lifetime;
pub mod management;
pub mod mask;
pub mod pkce;
pub mod plan;
pub mod profile;
pub mod protected_resource;
pub mod registration;
pub mod resource;
pub mod revocation;
pub mod scopes;
pub mod secret;
pub mod server_address;
pub mod server_metadata;
pub mod signing;
pub mod site;
mod slots;
pub mod template;
#[cfg(test)]
mod testing;
pub mod token;
pub mod unattended;

pub use build_error::BuildError;
