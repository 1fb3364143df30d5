//! Authorization server metadata (RFC 8414, `OpenID` Connect Discovery 1.0), with a profile's fill-ins.

use std::time::Duration;

use http::header::CACHE_CONTROL;
use http::{Response, StatusCode};
use serde_json::{Map, Value};
use url::Url;

use crate::issuer::{Issuer, shortened};
use crate::json;
use crate::profile::{EndpointKind, EndpointMode, Metadata};
use crate::template::{FillError, Slots, fill};

/// Metadata whose issuer was checked against the one asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct ServerMetadata {
    /// The issuer that was asked: what clients and grants are bound to, and what is asked again.
    pub issuer: Issuer,
    /// The issuer as the document spells it: what a callback's `iss` is compared with. Different where a profile knows
    /// another spelling.
    pub spelling: Issuer,
    /// Where a person logs in; none where only grants without a browser are offered (RFC 8414 §2).
    pub authorization_endpoint: Option<Url>,
    /// Where codes and refresh tokens are exchanged.
    pub token_endpoint: Url,
    /// Where refresh tokens go, if elsewhere.
    pub refresh_endpoint: Option<Url>,
    /// RFC 7591.
    pub registration_endpoint: Option<Url>,
    /// RFC 7009.
    pub revocation_endpoint: Option<Url>,
    /// The whole document, a profile's patch applied.
    pub document: Map<String, Value>,
}

/// Why an answer is no usable metadata.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum MetadataError {
    /// RFC 8414 §3.2.
    #[error("answered {0}")]
    Status(StatusCode),
    /// RFC 8414 §3.2.
    #[error("did not answer with a JSON object")]
    NotAnObject,
    /// RFC 8414 §3.3: the issuer is the one asked.
    #[error("asked {asked}, and {answered} answered")]
    IssuerMismatch {
        /// Asked for.
        asked: Issuer,
        /// What the document says.
        answered: String,
    },
    /// RFC 8414 §2.
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
        /// What is missing.
        source: FillError,
    },
}

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

impl ServerMetadata {
    /// Endpoints that a person wrote down: nothing is looked up, nothing else is known. A client that acts without a person
    /// needs no authorization endpoint.
    #[must_use]
    pub fn explicit(issuer: Issuer, authorization_endpoint: impl Into<Option<Url>>, token_endpoint: Url) -> Self {
        Self {
            spelling: issuer.clone(),
            issuer,
            authorization_endpoint: authorization_endpoint.into(),
            token_endpoint,
            refresh_endpoint: None,
            registration_endpoint: None,
            revocation_endpoint: None,
            document: Map::new(),
        }
    }

    /// A list of strings of the document.
    #[must_use]
    pub fn list(&self, name: &str) -> Option<Vec<String>> {
        json::texts(&self.document, name)
    }

    /// A switch of the document; absent is off.
    #[must_use]
    pub fn says(&self, name: &str) -> bool {
        self.document.get(name).and_then(Value::as_bool).unwrap_or(false)
    }

    /// RFC 7636 with S256 is listed.
    #[must_use]
    pub fn lists_s256(&self) -> bool {
        self.list("code_challenge_methods_supported")
            .is_some_and(|methods| methods.iter().any(|method| method == "S256"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::testing::slots;

    fn issuer(text: &str) -> Issuer {
        Issuer::parse(text).expect("issuer")
    }

    fn answer(status: u16, body: &str) -> Response<Vec<u8>> {
        Response::builder().status(status).body(body.as_bytes().to_vec()).expect("response")
    }

    #[test]
    fn an_answer_is_used_as_long_as_it_says_within_bounds() {
        let told = |control: &str| {
            let response = Response::builder().header("cache-control", control).body(Vec::new()).expect("response");
            lifetime(&response).as_secs()
        };

        assert_eq!(told("public, max-age=600"), 600);
        assert_eq!((told("max-age=0"), told("max-age=99999999"), told("no-store")), (60, 86_400, 3600));
    }

    #[test]
    fn an_issuer_with_a_path_has_three_forms_in_order() {
        let urls = request(&issuer("https://as.example/tenant1"));

        let urls: Vec<_> = urls.iter().map(Url::as_str).collect();
        assert_eq!(
            urls,
            [
                "https://as.example/.well-known/oauth-authorization-server/tenant1",
                "https://as.example/.well-known/openid-configuration/tenant1",
                "https://as.example/tenant1/.well-known/openid-configuration"
            ]
        );
    }

    #[test]
    fn an_issuer_without_a_path_has_two_forms() {
        assert_eq!(request(&issuer("https://as.example/")).len(), 2);
    }

    #[test]
    fn metadata_of_another_issuer_is_refused() {
        let response = answer(200, r#"{"issuer":"https://evil.example"}"#);

        let error = accept(&issuer("https://as.example"), &Metadata::default(), &response).expect_err("another issuer");

        assert_eq!(error.to_string(), "asked https://as.example, and https://evil.example answered");
    }

    #[test]
    fn a_profile_may_know_another_spelling_of_the_issuer() {
        let profile = Metadata { issuer_aliases: vec!["https://sts.example/v1".into()], ..Metadata::default() };
        let response = answer(200, r#"{"issuer":"https://sts.example/v1"}"#);

        let document = accept(&issuer("https://as.example"), &profile, &response).expect("accepted");

        let endpoints = serde_json::json!({"authorization_endpoint":"https://as.example/a","token_endpoint":"https://as.example/t"});
        let document = document.into_iter().chain(endpoints.as_object().cloned().expect("an object")).collect();
        let metadata = complete(&issuer("https://as.example"), &profile, Some(document), &slots()).expect("metadata");
        assert_eq!(metadata.issuer, issuer("https://as.example"));
        assert_eq!(metadata.spelling, issuer("https://sts.example/v1"));
    }

    #[test]
    fn a_lone_slash_makes_no_other_issuer() {
        let document = serde_json::json!({"issuer":"https://as.example","authorization_endpoint":"https://as.example/a","token_endpoint":"https://as.example/t"});

        let metadata =
            complete(&issuer("https://as.example/"), &Metadata::default(), document.as_object().cloned(), &slots());

        assert_eq!(metadata.expect("metadata").issuer.as_str(), "https://as.example");
    }

    #[test]
    fn a_null_registration_endpoint_is_none() {
        let document = serde_json::json!({"issuer":"https://as.example","authorization_endpoint":"https://as.example/a","token_endpoint":"https://as.example/t","registration_endpoint":null});

        let metadata =
            complete(&issuer("https://as.example"), &Metadata::default(), document.as_object().cloned(), &slots());

        assert_eq!(metadata.expect("metadata").registration_endpoint, None);
    }

    #[test]
    fn an_optional_endpoint_that_is_no_url_is_as_if_it_were_absent() {
        for odd in ["", "  ", "/revoke", "revoke", "javascript:alert(1)", "https://", "mailto:a@as.example"] {
            let document = serde_json::json!({
                "issuer": "https://as.example", "authorization_endpoint": "https://as.example/a",
                "token_endpoint": "https://as.example/t", "registration_endpoint": odd, "revocation_endpoint": odd,
                "refresh_endpoint": odd, "device_authorization_endpoint": odd, "introspection_endpoint": odd,
            });
            let document = document.as_object().cloned().expect("object");

            let metadata =
                complete(&issuer("https://as.example"), &Metadata::default(), Some(document.clone()), &slots());

            let metadata = metadata.expect("metadata");
            assert_eq!((metadata.registration_endpoint, metadata.revocation_endpoint), (None, None), "{odd}");
            assert_eq!(metadata.refresh_endpoint, None, "{odd}");
            assert_eq!(unusable_endpoints(&document).len(), 5, "{odd}");
        }
    }

    #[test]
    fn an_endpoint_of_another_type_is_as_if_it_were_absent() {
        let document = serde_json::json!({"authorization_endpoint": "https://as.example/a", "token_endpoint": "https://as.example/t",
            "registration_endpoint": false, "revocation_endpoint": ["https://as.example/r"], "jwks_uri": null});
        let document = document.as_object().cloned().expect("object");

        assert_eq!(unusable_endpoints(&document), ["registration_endpoint", "revocation_endpoint"]);
        assert!(complete(&issuer("https://as.example"), &Metadata::default(), Some(document), &slots()).is_ok());
    }

    #[test]
    fn a_missing_token_endpoint_and_an_odd_scheme_are_refused() {
        let no_token = serde_json::json!({"authorization_endpoint":"https://as.example/a"});
        let odd =
            serde_json::json!({"authorization_endpoint":"javascript:alert(1)","token_endpoint":"https://as.example/t"});
        let asked = issuer("https://as.example");

        let missing = complete(&asked, &Metadata::default(), no_token.as_object().cloned(), &slots());
        let scheme = complete(&asked, &Metadata::default(), odd.as_object().cloned(), &slots());

        assert_eq!(missing, Err(MetadataError::NoEndpoint("token_endpoint")));
        assert_eq!(scheme, Err(MetadataError::BadEndpoint { name: "authorization_endpoint" }));
    }
}
