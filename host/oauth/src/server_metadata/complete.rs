//! From a document and a profile's fill-ins to metadata.

use serde_json::{Map, Value};
use url::Url;

use super::checked::ServerMetadata;
use super::document::MetadataError;
use crate::issuer::Issuer;
use crate::json;
use crate::profile::{EndpointKind, EndpointMode, Metadata};
use crate::template::{Slots, fill};

/// Endpoints that a login does not need (RFC 8414 §2, RFC 8628 §4, RFC 9126 §5, OpenID Connect Discovery 1.0 §3).
const OPTIONAL_ENDPOINTS: [&str; 9] = [
    "registration_endpoint",
    "revocation_endpoint",
    "refresh_endpoint",
    "introspection_endpoint",
    "device_authorization_endpoint",
    "pushed_authorization_request_endpoint",
    "userinfo_endpoint",
    "end_session_endpoint",
    "jwks_uri",
];

/// Turns a document (or none, when nothing was found) and a profile's fill-ins into metadata.
pub fn complete(
    asked: &Issuer,
    profile: &Metadata,
    document: Option<Map<String, Value>>,
    slots: &Slots<'_>,
) -> Result<ServerMetadata, MetadataError> {
    let mut document = document.unwrap_or_default();
    let spelling = json::text(&document, "issuer").and_then(|text| Issuer::parse(&text).ok());
    let spelling = spelling.unwrap_or_else(|| asked.clone());
    // A lone slash is no other issuer: all who ask for it get the same.
    let issuer = if asked.is_answered_by(spelling.as_str()) { spelling.clone() } else { asked.clone() };
    if let Some(patch) = &profile.patch {
        json::merge(&mut document, patch);
    }
    apply_endpoints(&mut document, profile, slots)?;
    let required = |name: &'static str| endpoint(&document, name)?.ok_or(MetadataError::NoEndpoint(name));
    Ok(ServerMetadata {
        issuer,
        spelling,
        authorization_endpoint: endpoint(&document, "authorization_endpoint")?,
        token_endpoint: required("token_endpoint")?,
        refresh_endpoint: optional(&document, "refresh_endpoint"),
        registration_endpoint: optional(&document, "registration_endpoint"),
        revocation_endpoint: optional(&document, "revocation_endpoint"),
        document,
    })
}

fn apply_endpoints(
    document: &mut Map<String, Value>,
    profile: &Metadata,
    slots: &Slots<'_>,
) -> Result<(), MetadataError> {
    for endpoint in &profile.endpoints {
        let name = member(endpoint.kind);
        let present = document.get(name).is_some_and(Value::is_string);
        if present && endpoint.mode == EndpointMode::Fill {
            continue;
        }
        let url = fill(&endpoint.url, slots).map_err(|source| MetadataError::Template { name, source })?;
        document.insert(name.to_owned(), Value::String(url));
    }
    Ok(())
}

const fn member(kind: EndpointKind) -> &'static str {
    match kind {
        EndpointKind::Authorization => "authorization_endpoint",
        EndpointKind::Token => "token_endpoint",
        EndpointKind::Refresh => "refresh_endpoint",
        EndpointKind::Registration => "registration_endpoint",
        EndpointKind::Revocation => "revocation_endpoint",
        EndpointKind::DeviceAuthorization => "device_authorization_endpoint",
    }
}

fn endpoint(document: &Map<String, Value>, name: &'static str) -> Result<Option<Url>, MetadataError> {
    // `registration_endpoint: null` is how some servers say that they have none.
    let Some(text) = json::text(document, name).filter(|text| !text.trim().is_empty()) else {
        return Ok(None);
    };
    let url = Url::parse(text.trim()).ok();
    let url = url.filter(|url| matches!(url.scheme(), "https" | "http") && url.host_str().is_some());
    url.map(Some).ok_or(MetadataError::BadEndpoint { name })
}

/// An endpoint without which a login is possible: one that is no URL is as if it were absent. [`unusable_endpoints`] names it.
fn optional(document: &Map<String, Value>, name: &'static str) -> Option<Url> {
    endpoint(document, name).ok().flatten()
}

/// Optional endpoints of a document that are there and no usable URL: empty, relative, or of another scheme.
#[must_use]
pub fn unusable_endpoints(document: &Map<String, Value>) -> Vec<&'static str> {
    let is_unusable = |name: &&'static str| {
        document.get(*name).is_some_and(|value| !value.is_null()) && optional(document, name).is_none()
    };
    OPTIONAL_ENDPOINTS.into_iter().filter(is_unusable).collect()
}
