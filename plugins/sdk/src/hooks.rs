//! The hooks: one trait each, with the records it speaks in.

pub use crate::bindings::flow::exports::mcphub::provider::flow::{
    Action, Answer, Claims, Guest as Flow, Operation as FlowOperation, Outcome, Question, Step as FlowStep,
};
pub use crate::bindings::on_authorize::exports::mcphub::provider::on_authorize::{
    Guest as OnAuthorize, Redirection, Request as AuthorizeRequest,
};
pub use crate::bindings::on_callback::exports::mcphub::provider::on_callback::{
    Callback as ReadCallback, Guest as OnCallback,
};
pub use crate::bindings::on_error::exports::mcphub::provider::on_error::Guest as OnError;
pub use crate::bindings::on_error::mcphub::provider::errors::Operation as ErrorOperation;
pub use crate::bindings::on_granted::exports::mcphub::provider::on_granted::{Granted, Guest as OnGranted};
pub use crate::bindings::on_match::exports::mcphub::provider::on_match::{Guest as OnMatch, Match};
pub use crate::bindings::on_protected_resource::exports::mcphub::provider::on_protected_resource::{
    Challenge, Guest as OnProtectedResource, ProtectedResource,
};
pub use crate::bindings::on_registration::exports::mcphub::provider::on_registration::{
    Abilities, AnswerVerdict, Attempt, Guest as OnRegistration,
};
pub use crate::bindings::on_scopes_for::exports::mcphub::provider::on_scopes_for::{Guest as OnScopesFor, Need};
pub use crate::bindings::on_server_metadata::exports::mcphub::provider::on_server_metadata::{
    Guest as OnServerMetadata, ServerMetadata,
};
pub use crate::bindings::on_setup::exports::mcphub::provider::on_setup::Guest as OnSetup;
