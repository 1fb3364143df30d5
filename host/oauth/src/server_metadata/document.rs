//! Where the metadata document of an issuer is, how long it is good, and whether it is that issuer's (RFC 8414 §3).

use std::time::Duration;

use http::header::CACHE_CONTROL;
use http::{Response, StatusCode};
use serde_json::{Map, Value};
use url::Url;

use crate::issuer::{Issuer, shortened};
use crate::json;
use crate::profile::Metadata;
use crate::template::FillError;

/// Why an answer is no usable metadata.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum MetadataError {
    /// RFC 8414 §3.2: a document comes with status 200.
    #[error("answered {0}")]
    Status(StatusCode),
    /// RFC 8414 §3.2: a document is a JSON object.
    #[error("did not answer with a JSON object")]
    NotAnObject,
    /// RFC 8414 §3.3: the issuer is the one asked.
    #[error("asked {asked}, and {answered} answered")]
    IssuerMismatch {
        /// The issuer that was asked for.
        asked: Issuer,
        /// What the document says.
        answered: String,
    },
    /// RFC 8414 §2: this endpoint is required.
    #[error("the metadata has no {0}")]
    NoEndpoint(&'static str),
    /// An endpoint is no URL.
    #[error("{name} is not an http(s) URL")]
    BadEndpoint {
        /// Member of the document.
        name: &'static str,
    },
    /// A profile's endpoint lacks a value.
    #[error("the plugin's {name}: {source}")]
    Template {
        /// Member of the document.
        name: &'static str,
        /// The value that is missing.
        source: FillError,
    },
}

/// How long metadata is used where its answer does not say.
pub const LIFETIME: Duration = Duration::from_hours(1);
/// The bounds of what an answer may say.
const SHORTEST: Duration = Duration::from_mins(1);
const LONGEST: Duration = Duration::from_hours(24);

/// How long an answer may be used (RFC 9111 §5.2.2.1 `max-age`), within bounds.
#[must_use]
pub fn lifetime(response: &Response<Vec<u8>>) -> Duration {
    let control = response.headers().get(CACHE_CONTROL).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let max_age = control.split(',').find_map(|part| part.trim().strip_prefix("max-age=")?.parse().ok());
    max_age.map_or(LIFETIME, |seconds| Duration::from_secs(seconds).clamp(SHORTEST, LONGEST))
}

/// Where the metadata of an issuer is, in the MCP specification's order.
#[must_use]
pub fn request(issuer: &Issuer) -> Vec<Url> {
    let Some(base) = issuer.url() else {
        return Vec::new();
    };
    let path = base.path().trim_end_matches('/').to_owned();
    let mut forms = vec![
        format!("/.well-known/oauth-authorization-server{path}"),
        format!("/.well-known/openid-configuration{path}"),
    ];
    if !path.is_empty() {
        forms.push(format!("{path}/.well-known/openid-configuration"));
    }
    forms.into_iter().map(|form| at(&base, &form)).collect()
}

fn at(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_path(path);
    url
}

/// Checks an answer to [`request`]: a document of the issuer asked for.
pub fn accept(
    asked: &Issuer,
    profile: &Metadata,
    response: &Response<Vec<u8>>,
) -> Result<Map<String, Value>, MetadataError> {
    if response.status() != StatusCode::OK {
        return Err(MetadataError::Status(response.status()));
    }
    let document = json::object(response).ok_or(MetadataError::NotAnObject)?;
    let answered = json::text(&document, "issuer").unwrap_or_default();
    if !asked.is_answered_by(&answered) && !profile.issuer_aliases.contains(&answered) {
        return Err(MetadataError::IssuerMismatch { asked: asked.clone(), answered: shortened(&answered) });
    }
    Ok(document)
}
