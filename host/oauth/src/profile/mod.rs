//! What a provider does differently, as checked data.
//!
//! A [`Profile`] is what the hub knows of one provider. Its default is the RFCs and the MCP specification; a plugin
//! states deviations, and the plugin host turns them into these types once, when the plugin is loaded. Field by field
//! the meaning is that of the contract in `wit/provider/`.

mod authorization;
mod callback;
mod errors;
mod identity;
mod inputs;
mod matching;
mod metadata;
mod pair;
mod plan;
mod provider;
mod refresh;
mod registration;
mod request_shape;
mod requests;
mod resource_indicator;
mod revocation;
mod scopes;
mod setup;
mod template;
mod token_request;
mod token_response;
mod token_rule;

pub use authorization::{Authorization, Pkce};
pub use callback::{Callback, Capture};
pub use errors::{ConfigFault, ErrorClass, ErrorRow, Fault, Operation};
pub use identity::{HostPattern, Identity};
pub use inputs::{Input, Inputs};
pub use matching::{Comparison, Condition, MatchField, Matched, Rule, Specificity, Target};
pub use metadata::{Discovery, Endpoint, EndpointKind, EndpointMode, Metadata};
pub use pair::Pair;
pub use plan::{Plan, PlanBody};
pub use provider::Profile;
pub use refresh::{Credential, Refresh, Rotation};
pub use registration::{ApplicationType, IdentitySource, RedirectConstraint, Registration, SecretPolicy};
pub use request_shape::{BasicEncoding, ClientAuthentication, CustomAuthentication, Method, Placement, RequestShape};
pub use requests::{Requests, TokenPlace};
pub use resource_indicator::{ResourceIndicator, ResourceMode};
pub use revocation::{Revocation, WhichToken};
pub use scopes::{Bucket, Offline, Risk, ScopeEntry, Scopes, ToolNeeds};
pub use setup::{Guide, GuideStep, Output, OutputKind, Switch};
pub use template::{Assertion, Atom, Digest, DigestEncoding, Hash, Param, Piece, Slot, Template, TimeFormat};
pub use token_request::{RedirectUriPlace, TokenRequest};
pub use token_response::{DisguisedError, TokenResponse};
pub use token_rule::{Expiry, ExpiryKind, TokenRule};
