//! What an author of an MCPHub provider plugin in Rust depends on.
//!
//! A plugin says what one OAuth provider does differently. Most is data: implement [`Provider`] and return what deviates;
//! whatever is left out means what the RFCs and the MCP specification say. What data cannot say goes into a hook, one small
//! trait each, which is listed in [`export!`]. A plugin sees no secret and has no network: it names *slots*, the hub fills
//! them and makes the requests.
//!
//! A whole plugin (`crate-type = ["cdylib", "rlib"]`, built with `cargo build --target wasm32-wasip2`):
//!
//! ```
//! use mcphub_plugin::*;
//!
//! struct Acme;
//!
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
//!     fn rules() -> Vec<Rule> {
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
//! mcphub_plugin::export!(Acme);
//! # fn main() {}
//! ```
//!
//! With hooks: `mcphub_plugin::export!(Acme: OnScopesFor, Flow);`. The same functions are called natively in unit tests and
//! as a component by the hub.

mod build;
mod defaults;
mod provider;
mod template;

pub mod bindings;
pub mod hooks;

pub use bindings::profile::exports::mcphub::provider::authorization::{Authorization, Pkce};
pub use bindings::profile::exports::mcphub::provider::callback::Callback;
pub use bindings::profile::exports::mcphub::provider::errors::{Operation, Row};
pub use bindings::profile::exports::mcphub::provider::identity::Identity;
pub use bindings::profile::exports::mcphub::provider::inputs::Input;
pub use bindings::profile::exports::mcphub::provider::matching::{Comparison, Condition, Field, Rule};
pub use bindings::profile::exports::mcphub::provider::metadata::{
    Discovery, Endpoint, EndpointKind, EndpointMode, Metadata,
};
pub use bindings::profile::exports::mcphub::provider::provisioning::{Guide, Output, OutputKind, Step, Switch};
pub use bindings::profile::exports::mcphub::provider::refresh::{Credential, Refresh, Rotation};
pub use bindings::profile::exports::mcphub::provider::registration::{
    ApplicationType, IdentitySource, Registration, SecretPolicy,
};
pub use bindings::profile::exports::mcphub::provider::requests::{Requests, TokenPlace};
pub use bindings::profile::exports::mcphub::provider::resource_indicator::{ResourceIndicator, ResourceMode};
pub use bindings::profile::exports::mcphub::provider::revocation::{Revocation, Rfc7009, WhichToken};
pub use bindings::profile::exports::mcphub::provider::scopes::{Bucket, Offline, Risk, Scope, Scopes, Tool};
pub use bindings::profile::exports::mcphub::provider::token_request::{RedirectUriPlace, TokenRequest};
pub use bindings::profile::exports::mcphub::provider::token_response::{DisguisedError, TokenResponse};
pub use bindings::profile::mcphub::provider::types::{
    Assertion, Atom, BasicCredentials, BasicEncoding, Capture, Claim, Client, ClientAuthentication, ClientKind,
    ConfigFault, Context, CustomAuthentication, Digest, DigestEncoding, ErrorClass, Expiry, ExpiryKind, Fault, Hash,
    HeldToken, Method, Pair, Param, Piece, Placement, Plan, PlanBody, Prefix, RawBody, RedirectConstraint,
    RequestShape, Slot, Template, TimeFormat, TokenRule,
};
pub use build::{
    any_of, condition, error_code, error_text, get, input, literal, output, pair, param, post, rule, scope,
    server_host, server_host_below, step, tool,
};
pub use provider::{Adapter, Provider};
pub use template::template;

/// Makes the component export a [`Provider`] and exactly the hooks listed.
///
/// `export!(MyProvider)` or `export!(MyProvider: OnScopesFor, Flow)`; the names are those of [`hooks`]. Natively it does
/// no harm, so that the same crate is tested with `cargo test`.
#[macro_export]
macro_rules! export {
    ($provider:ident) => { $crate::export!($provider:); };
    ($provider:ident: $($hook:ident),* $(,)?) => {
        #[doc(hidden)]
        type McphubProfile = $crate::Adapter<$provider>;
        #[cfg(target_arch = "wasm32")]
        $crate::bindings::profile::export_profile!(McphubProfile with_types_in $crate::bindings::profile);
        $(
            #[cfg(target_arch = "wasm32")]
            $crate::export_hook!($provider, $hook);
            // The trait must be there natively too, or the test build would not notice.
            const _: fn() = || {
                fn implements<T: $crate::hooks::$hook>() {}
                implements::<$provider>();
            };
        )*
        const _: fn() = || {
            fn implements<T: $crate::Provider>() {}
            implements::<$provider>();
        };
    };
}

/// One hook of [`export!`].
#[doc(hidden)]
#[macro_export]
macro_rules! export_hook {
    ($provider:ident, OnMatch) => { $crate::bindings::on_match::export_on_match!($provider with_types_in $crate::bindings::on_match); };
    ($provider:ident, OnProtectedResource) => { $crate::bindings::on_protected_resource::export_on_protected_resource!($provider with_types_in $crate::bindings::on_protected_resource); };
    ($provider:ident, OnServerMetadata) => { $crate::bindings::on_server_metadata::export_on_server_metadata!($provider with_types_in $crate::bindings::on_server_metadata); };
    ($provider:ident, OnRegistration) => { $crate::bindings::on_registration::export_on_registration!($provider with_types_in $crate::bindings::on_registration); };
    ($provider:ident, OnAuthorize) => { $crate::bindings::on_authorize::export_on_authorize!($provider with_types_in $crate::bindings::on_authorize); };
    ($provider:ident, OnCallback) => { $crate::bindings::on_callback::export_on_callback!($provider with_types_in $crate::bindings::on_callback); };
    ($provider:ident, OnScopesFor) => { $crate::bindings::on_scopes_for::export_on_scopes_for!($provider with_types_in $crate::bindings::on_scopes_for); };
    ($provider:ident, OnGranted) => { $crate::bindings::on_granted::export_on_granted!($provider with_types_in $crate::bindings::on_granted); };
    ($provider:ident, OnError) => { $crate::bindings::on_error::export_on_error!($provider with_types_in $crate::bindings::on_error); };
    ($provider:ident, OnProvisioning) => { $crate::bindings::on_provisioning::export_on_provisioning!($provider with_types_in $crate::bindings::on_provisioning); };
    ($provider:ident, Flow) => { $crate::bindings::flow::export_flow!($provider with_types_in $crate::bindings::flow); };
}
