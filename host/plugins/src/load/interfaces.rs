//! The interfaces that a component exports, each found by name.

use wasmtime::component::InstancePre;

use crate::bindings::exports::mcphub::provider::{
    authorization, callback, errors, flow, identity, inputs, matching, metadata, on_authorize, on_callback, on_error,
    on_granted, on_match, on_protected_resource, on_registration, on_scopes_for, on_server_metadata, on_setup, refresh,
    registration, requests, resource_indicator, revocation, scopes, setup, token_request, token_response,
};
use crate::check::text;
use crate::error::LoadError;
use crate::load::OFFERED;
use crate::sandbox::Sandbox;

/// See the module. None: not exported, so what the RFCs say holds.
pub(crate) struct Interfaces {
    pub(crate) identity: identity::GuestIndices,
    pub(crate) matching: matching::GuestIndices,
    pub(crate) inputs: Option<inputs::GuestIndices>,
    pub(crate) metadata: Option<metadata::GuestIndices>,
    pub(crate) registration: Option<registration::GuestIndices>,
    pub(crate) authorization: Option<authorization::GuestIndices>,
    pub(crate) callback: Option<callback::GuestIndices>,
    pub(crate) resource_indicator: Option<resource_indicator::GuestIndices>,
    pub(crate) scopes: Option<scopes::GuestIndices>,
    pub(crate) token_request: Option<token_request::GuestIndices>,
    pub(crate) token_response: Option<token_response::GuestIndices>,
    pub(crate) refresh: Option<refresh::GuestIndices>,
    pub(crate) revocation: Option<revocation::GuestIndices>,
    pub(crate) requests: Option<requests::GuestIndices>,
    pub(crate) setup: Option<setup::GuestIndices>,
    pub(crate) errors: Option<errors::GuestIndices>,
    pub(crate) on_match: Option<on_match::GuestIndices>,
    pub(crate) on_protected_resource: Option<on_protected_resource::GuestIndices>,
    pub(crate) on_server_metadata: Option<on_server_metadata::GuestIndices>,
    pub(crate) on_registration: Option<on_registration::GuestIndices>,
    pub(crate) on_authorize: Option<on_authorize::GuestIndices>,
    pub(crate) on_callback: Option<on_callback::GuestIndices>,
    pub(crate) on_scopes_for: Option<on_scopes_for::GuestIndices>,
    pub(crate) on_granted: Option<on_granted::GuestIndices>,
    pub(crate) on_error: Option<on_error::GuestIndices>,
    pub(crate) on_setup: Option<on_setup::GuestIndices>,
    pub(crate) flow: Option<flow::GuestIndices>,
}

impl Interfaces {
    /// Finds them by name. Fails where a required one is missing.
    pub(crate) fn find(component: &InstancePre<Sandbox>) -> Result<Self, LoadError> {
        let c = component;
        Ok(Self {
            identity: required(c, "identity", identity::GuestIndices::new)?,
            matching: required(c, "matching", matching::GuestIndices::new)?,
            inputs: optional(c, "inputs", inputs::GuestIndices::new)?,
            metadata: optional(c, "metadata", metadata::GuestIndices::new)?,
            registration: optional(c, "registration", registration::GuestIndices::new)?,
            authorization: optional(c, "authorization", authorization::GuestIndices::new)?,
            callback: optional(c, "callback", callback::GuestIndices::new)?,
            resource_indicator: optional(c, "resource-indicator", resource_indicator::GuestIndices::new)?,
            scopes: optional(c, "scopes", scopes::GuestIndices::new)?,
            token_request: optional(c, "token-request", token_request::GuestIndices::new)?,
            token_response: optional(c, "token-response", token_response::GuestIndices::new)?,
            refresh: optional(c, "refresh", refresh::GuestIndices::new)?,
            revocation: optional(c, "revocation", revocation::GuestIndices::new)?,
            requests: optional(c, "requests", requests::GuestIndices::new)?,
            setup: optional(c, "setup", setup::GuestIndices::new)?,
            errors: optional(c, "errors", errors::GuestIndices::new)?,
            on_match: optional(c, "on-match", on_match::GuestIndices::new)?,
            on_protected_resource: optional(c, "on-protected-resource", on_protected_resource::GuestIndices::new)?,
            on_server_metadata: optional(c, "on-server-metadata", on_server_metadata::GuestIndices::new)?,
            on_registration: optional(c, "on-registration", on_registration::GuestIndices::new)?,
            on_authorize: optional(c, "on-authorize", on_authorize::GuestIndices::new)?,
            on_callback: optional(c, "on-callback", on_callback::GuestIndices::new)?,
            on_scopes_for: optional(c, "on-scopes-for", on_scopes_for::GuestIndices::new)?,
            on_granted: optional(c, "on-granted", on_granted::GuestIndices::new)?,
            on_error: optional(c, "on-error", on_error::GuestIndices::new)?,
            on_setup: optional(c, "on-setup", on_setup::GuestIndices::new)?,
            flow: optional(c, "flow", flow::GuestIndices::new)?,
        })
    }
}

/// Finds the functions of one interface.
type Find<G> = fn(&InstancePre<Sandbox>) -> wasmtime::Result<G>;

fn required<G>(component: &InstancePre<Sandbox>, interface: &'static str, find: Find<G>) -> Result<G, LoadError> {
    find(component).map_err(|error| {
        let reason = text::printable(&error.root_cause().to_string());
        LoadError::Shape { interface, offered: OFFERED, reason }
    })
}

fn optional<G>(
    component: &InstancePre<Sandbox>,
    interface: &'static str,
    find: Find<G>,
) -> Result<Option<G>, LoadError> {
    // A version of the same line is found too: 0.1.1 for 0.1.0.
    let name = format!("mcphub:provider/{interface}@{OFFERED}.0");
    match component.component().get_export_index(None, &name) {
        Some(_) => required(component, interface, find).map(Some),
        None => Ok(None),
    }
}
