//! The requests of discovery, and what a plugin's hooks change in the answers.

use std::time::Duration;

use http::{Request, Response};
use mcphub_oauth::challenge::Challenge;
use mcphub_oauth::hook::{ChallengeView, PatchedResource};
use mcphub_oauth::issuer::Issuer;
use mcphub_oauth::profile;
use mcphub_oauth::protected_resource::{self, ProtectedResource, ProtectedResourceError};
use mcphub_oauth::server_metadata::{self, MetadataError};
use serde_json::{Map, Value};
use url::Url;

use crate::connect::core::error::ConnectError;
use crate::connect::core::event::Stage;
use crate::connect::core::provider::{HookInput, Provider};
use crate::connect::discovery::search::Search;
use crate::egress::{EgressError, Redirect, redirect, without_query};

/// What an authorization server publishes about itself.
pub(crate) struct Published {
    /// The document. `None` means that nothing is published, or that the plugin says not to ask.
    pub(crate) document: Option<Map<String, Value>>,
    /// The address where it was found.
    pub(crate) from: Option<Url>,
    /// How long it may be used.
    pub(crate) lifetime: Duration,
}

impl Search<'_> {
    /// Fetches a document and records an event. `read` judges the answer.
    async fn look_up<T, E: std::fmt::Display>(
        &self,
        at: &Url,
        read: impl FnOnce(&Response<Vec<u8>>) -> Result<T, E>,
    ) -> Result<Result<T, E>, EgressError> {
        let action = self.entry.journal.begin(Stage::Discovery, format!("GET {}", without_query(at)));
        let request = Request::get(at.as_str())
            .header("accept", "application/json")
            .header("mcp-protocol-version", "2025-11-25")
            .body(Vec::new());
        let request = request.map_err(|_| EgressError::Request(at.origin().ascii_serialization()))?;
        match self.core.parts.egress.send(request, self.policy).await {
            Ok(response) => {
                let read = read(&response);
                match &read {
                    Ok(_) => action.done("metadata"),
                    Err(error) => action.done(match redirect(at, response.status(), response.headers()) {
                        Some(Redirect::Elsewhere(to)) => format!("it redirects to {to}, which is not followed"),
                        Some(Redirect::Slash(_)) | None => error.to_string(),
                    }),
                }
                Ok(read)
            }
            Err(error) => {
                action.failed(error.to_string(), None);
                Err(error)
            }
        }
    }

    pub(crate) async fn protected_resource(
        &self,
        challenge: Option<&Challenge>,
    ) -> Result<Option<ProtectedResource>, ConnectError> {
        let mut unreachable = None;
        for at in protected_resource::request(self.url, challenge) {
            match self.look_up(&at, |response| protected_resource::accept(self.url, response)).await {
                Ok(Ok(found)) => return Ok(Some(found)),
                Ok(Err(error @ ProtectedResourceError::OtherResource { .. })) => return Err(error.into()),
                Ok(Err(
                    ProtectedResourceError::Status(_)
                    | ProtectedResourceError::NotAnObject
                    | ProtectedResourceError::NoResource,
                )) => {
                    // The site answers, so an earlier connection failure is not what is wrong.
                    unreachable = None;
                }
                Err(error) => unreachable = Some(error),
            }
        }
        unreachable.map_or(Ok(None), |error| Err(error.into()))
    }

    pub(crate) async fn server_metadata(
        &self,
        provider: &Provider,
        issuer: &Issuer,
    ) -> Result<Published, ConnectError> {
        let nothing = Published { document: None, from: None, lifetime: server_metadata::LIFETIME };
        let rules = &provider.profile().metadata;
        if rules.discovery == profile::Discovery::None {
            return Ok(nothing);
        }
        let (mut mismatch, mut unreachable) = (None, None);
        for at in server_metadata::request(issuer) {
            let read = |response: &Response<Vec<u8>>| {
                server_metadata::accept(issuer, rules, response)
                    .map(|document| (document, server_metadata::lifetime(response)))
            };
            match self.look_up(&at, read).await {
                Ok(Ok((document, lifetime))) => {
                    return Ok(Published { document: Some(document), from: Some(at), lifetime });
                }
                Ok(Err(error @ MetadataError::IssuerMismatch { .. })) => mismatch = mismatch.or(Some(error)),
                Ok(Err(_)) => {}
                Err(error) => unreachable = Some(error),
            }
        }
        match (mismatch, unreachable) {
            (Some(error), _) => Err(error.into()),
            (None, Some(error)) if rules.endpoints.is_empty() => Err(error.into()),
            (None, _) => Ok(nothing),
        }
    }

    /// Applies the plugin's hook to the challenge and the resource metadata.
    pub(crate) async fn patched(
        &self,
        provider: &Provider,
        challenge: Option<&Challenge>,
        found: Option<ProtectedResource>,
    ) -> Result<(Option<ProtectedResource>, PatchedResource), ConnectError> {
        let challenge = challenge.cloned().unwrap_or_default();
        let view = ChallengeView {
            status: 401,
            scheme: challenge.scheme,
            error: challenge.error,
            scope: challenge.scope,
            resource_metadata: challenge.resource_metadata,
        };
        let document = found.as_ref().map(|found| Value::Object(found.document.clone()).to_string());
        let hook_input =
            HookInput { resource: self.url.as_str(), protected_resource: document.clone(), ..HookInput::default() };
        let context = provider.context(self.url, &hook_input, self.core.now());
        let Some(patched) = provider.plugin.patch_protected_resource(&context, &view, document.as_deref()).await?
        else {
            return Ok((found, PatchedResource::default()));
        };
        let replaced = match patched.document.as_deref().map(serde_json::from_str::<Map<String, Value>>) {
            Some(Ok(document)) => Some(protected_resource::from_document(self.url, document)?),
            Some(Err(_)) => return Err(ProtectedResourceError::NotAnObject.into()),
            None => found,
        };
        Ok((replaced, patched))
    }

    /// Applies the plugin's hook to the authorization server metadata. The issuer in it stays the published one.
    pub(crate) async fn patched_metadata(
        &self,
        provider: &Provider,
        issuer: &Issuer,
        resource: &str,
        published: Published,
    ) -> Result<Option<Map<String, Value>>, ConnectError> {
        let Published { document, from, .. } = published;
        let text = document.as_ref().map(|document| Value::Object(document.clone()).to_string());
        let hook_input = HookInput {
            resource,
            issuer: Some(issuer.as_str()),
            server_metadata: text.clone(),
            ..HookInput::default()
        };
        let context = provider.context(self.url, &hook_input, self.core.now());
        let patched =
            provider.plugin.patch_server_metadata(&context, text.as_deref(), from.as_ref().map(Url::as_str)).await?;
        let Some(patched) = patched else {
            return Ok(document);
        };
        let mut replaced: Map<String, Value> =
            serde_json::from_str(&patched.document).map_err(|_| MetadataError::NotAnObject)?;
        let own = document.as_ref().and_then(|document| document.get("issuer").cloned());
        replaced.insert("issuer".into(), own.unwrap_or_else(|| Value::String(issuer.to_string())));
        Ok(Some(replaced))
    }
}
