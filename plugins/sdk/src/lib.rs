//! What an author of an MCPHub provider plugin in Rust depends on.
//!
//! A plugin says what one OAuth provider does differently. Most is data: implement [`Provider`] and return what deviates;
//! whatever is left out means what the RFCs and the MCP specification say. What data cannot say goes into a hook, one small
//! trait each. [`provider`] on each impl makes the component export it, and nothing else; where it is forgotten, the
//! compiler says so. A plugin sees no secret and has no network: it names *slots*, the hub fills them and makes the
//! requests.
//!
//! A whole plugin (`crate-type = ["cdylib", "rlib"]`, built with `cargo build --target wasm32-wasip2`):
//!
//! ```
//! use mcphub_plugin::prelude::*;
//!
//! struct Acme;
//!
//! #[provider]
//! impl Provider for Acme {
//!     fn identity() -> Identity {
//!         Identity {
//!             id: "acme".into(),
//!             version: env!("CARGO_PKG_VERSION").into(),
//!             title: "Acme".into(),
//!             description: "Acme's MCP server".into(),
//!             homepage: None,
//!             hosts: vec!["*.acme.example".into()],
//!         }
//!     }
//!
//!     fn matching() -> Vec<Rule> {
//!         vec![rule("acme", [server_host("mcp.acme.example")])]
//!     }
//!
//!     fn scopes() -> Scopes {
//!         Scopes { separator: ",".into(), answer_separators: ",".into(), ..Scopes::default() }
//!     }
//!
//!     fn refresh() -> Refresh {
//!         Refresh { rotation: Rotation::FamilyRevoking, ..Refresh::default() }
//!     }
//! }
//!
//! # fn main() {}
//! ```
//!
//! A hook is another impl with the same mark: `#[provider] impl OnScopesFor for Acme { … }`. The same functions are called
//! natively in unit tests and as a component by the hub.

mod build;
mod defaults;
mod provider;
mod template;

pub mod bindings;
pub mod hooks;
pub mod marks;

/// Everything, for a plugin that writes `use mcphub_plugin::prelude::*;`.
pub mod prelude {
    pub use crate::hooks::*;
    pub use crate::*;
}

pub use bindings::authorization::exports::mcphub::provider::authorization::{Authorization, Pkce};
pub use bindings::callback::exports::mcphub::provider::callback::Callback;
pub use bindings::errors::exports::mcphub::provider::errors::{Operation, Row};
pub use bindings::identity::exports::mcphub::provider::identity::Identity;
pub use bindings::inputs::exports::mcphub::provider::inputs::Input;
pub use bindings::matching::exports::mcphub::provider::matching::{Comparison, Condition, Field, Rule};
pub use bindings::metadata::exports::mcphub::provider::metadata::{
    Discovery, Endpoint, EndpointKind, EndpointMode, Metadata,
};
pub use bindings::refresh::exports::mcphub::provider::refresh::{Credential, Refresh, Rotation};
pub use bindings::registration::exports::mcphub::provider::registration::{
    ApplicationType, IdentitySource, Registration, SecretPolicy,
};
pub use bindings::requests::exports::mcphub::provider::requests::{Requests, TokenPlace};
pub use bindings::resource_indicator::exports::mcphub::provider::resource_indicator::{
    ResourceIndicator, ResourceMode,
};
pub use bindings::revocation::exports::mcphub::provider::revocation::{Revocation, Rfc7009, WhichToken};
pub use bindings::scopes::exports::mcphub::provider::scopes::{Bucket, Offline, Risk, Scope, Scopes, Tool};
pub use bindings::setup::exports::mcphub::provider::setup::{Guide, Output, OutputKind, Step, Switch};
pub use bindings::token_request::exports::mcphub::provider::token_request::{RedirectUriPlace, TokenRequest};
pub use bindings::token_response::exports::mcphub::provider::token_response::{DisguisedError, TokenResponse};
pub use bindings::types::mcphub::provider::types::{
    Assertion, Atom, BasicCredentials, BasicEncoding, Capture, Claim, Client, ClientAuthentication, ClientKind,
    ConfigFault, Context, CustomAuthentication, Digest, DigestEncoding, ErrorClass, Expiry, ExpiryKind, Fault, Hash,
    HeldToken, Method, Pair, Param, Piece, Placement, Plan, PlanBody, Prefix, RawBody, RedirectConstraint,
    RequestShape, Slot, Template, TimeFormat, TokenRule,
};
pub use build::{
    any_of, condition, envelope, error_code, error_text, fill, get, guide, identity, input, issuer, issuer_host_below,
    literal, output, pair, param, post, redirect_step, rule, scope, server_host, server_host_below, step, tokens_below,
    tool,
};
pub use mcphub_plugin_macros::provider;
pub use provider::{Adapter, Provider};
pub use template::template;
