//! Protected resource metadata (RFC 9728), as the MCP specification uses it.

use http::{Response, StatusCode};
use serde_json::{Map, Value};
use url::Url;

use crate::challenge::Challenge;
use crate::issuer::Issuer;
use crate::json;

/// Metadata whose `resource` was checked against the MCP server it was asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct ProtectedResource {
    /// The resource indicator, spelled as published: this is what `resource` carries (RFC 8707).
    pub resource: String,
    /// Authorization servers, in the order published.
    pub authorization_servers: Vec<Issuer>,
    /// `scopes_supported`; an empty list is none.
    pub scopes: Option<Vec<String>>,
    /// The whole document, with members that the hub does not read.
    pub document: Map<String, Value>,
}

/// Why an answer is no usable metadata.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProtectedResourceError {
    /// RFC 9728 §3.2: a success is 200.
    #[error("answered {0}")]
    Status(StatusCode),
    /// RFC 9728 §3.2: a JSON object.
    #[error("did not answer with a JSON object")]
    NotAnObject,
    /// RFC 9728 §2: `resource` is required.
    #[error("the metadata names no resource")]
    NoResource,
    /// RFC 9728 §3.3: the metadata must be that of the server asked. Both without a query: it may hold a key.
    #[error("the metadata is for {named}, which is not {server}")]
    OtherResource {
        /// What the metadata names.
        named: String,
        /// The address of the MCP server that was asked.
        server: String,
    },
}

/// Where the metadata is: named by the challenge, else the path form, else the root (MCP, Authorization Server
/// Discovery). Once the challenge names a place, no other is asked.
#[must_use]
pub fn request(server: &Url, challenge: Option<&Challenge>) -> Vec<Url> {
    let named = challenge.and_then(|challenge| {
        challenge
            .resource_metadata
            .as_deref()
            .or_else(|| challenge.resource.as_deref().filter(|text| text.contains("/.well-known/")))
    });
    if let Some(url) = named.and_then(|text| server.join(text).ok()) {
        return vec![url];
    }
    let mut urls = Vec::new();
    if server.path().len() > 1 {
        urls.push(well_known(server, server.path().trim_end_matches('/')));
    }
    urls.push(well_known(server, ""));
    urls.dedup();
    urls
}

fn well_known(server: &Url, path: &str) -> Url {
    let mut url = server.clone();
    url.set_fragment(None);
    if path.is_empty() {
        url.set_query(None);
    }
    url.set_path(&format!("/.well-known/oauth-protected-resource{path}"));
    url
}

/// Checks an answer to [`request`].
pub fn accept(server: &Url, response: &Response<Vec<u8>>) -> Result<ProtectedResource, ProtectedResourceError> {
    if response.status() != StatusCode::OK {
        return Err(ProtectedResourceError::Status(response.status()));
    }
    let document = json::object(response).ok_or(ProtectedResourceError::NotAnObject)?;
    from_document(server, document)
}

/// Checks a document, wherever it is from.
pub fn from_document(server: &Url, document: Map<String, Value>) -> Result<ProtectedResource, ProtectedResourceError> {
    let resource = json::texts(&document, "resource").and_then(|mut all| (all.len() == 1).then(|| all.remove(0)));
    let resource = resource.ok_or(ProtectedResourceError::NoResource)?;
    if !holds(&resource, server) {
        return Err(ProtectedResourceError::OtherResource {
            named: crate::issuer::shortened(resource.split(['?', '#']).next().unwrap_or_default()),
            server: format!("{}{}", server.origin().ascii_serialization(), server.path()),
        });
    }
    let servers =
        json::texts(&document, "authorization_servers").or_else(|| json::texts(&document, "authorization_server"));
    let authorization_servers =
        servers.unwrap_or_default().iter().filter_map(|text| Issuer::parse(text).ok()).collect();
    let scopes = json::texts(&document, "scopes_supported").filter(|scopes| !scopes.is_empty());
    Ok(ProtectedResource { resource, authorization_servers, scopes, document })
}

/// Whether a resource identifier is that of the server or of a place above it on the same origin.
fn holds(resource: &str, server: &Url) -> bool {
    let Ok(resource) = Url::parse(resource) else {
        return false;
    };
    let (above, below) = (resource.path().trim_end_matches('/'), server.path().trim_end_matches('/'));
    let inside = below.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    resource.origin() == server.origin() && inside
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server() -> Url {
        Url::parse("https://rs.example/mcp?project=1").expect("url")
    }

    fn answer(body: &str) -> Response<Vec<u8>> {
        Response::new(body.as_bytes().to_vec())
    }

    #[test]
    fn without_a_challenge_the_path_form_is_asked_before_the_root() {
        let urls = request(&server(), None);

        let urls: Vec<_> = urls.iter().map(Url::as_str).collect();
        assert_eq!(
            urls,
            [
                "https://rs.example/.well-known/oauth-protected-resource/mcp?project=1",
                "https://rs.example/.well-known/oauth-protected-resource"
            ]
        );
    }

    #[test]
    fn a_place_named_by_the_challenge_is_the_only_one_asked_even_if_relative() {
        let challenge = Challenge { resource_metadata: Some("/custom/prm".into()), ..Challenge::default() };

        let urls = request(&server(), Some(&challenge));

        assert_eq!(urls.iter().map(Url::as_str).collect::<Vec<_>>(), ["https://rs.example/custom/prm"]);
    }

    #[test]
    fn the_resource_is_kept_as_it_is_spelled() {
        let metadata = accept(
            &server(),
            &answer(r#"{"resource":"https://rs.example","authorization_servers":["https://as.example/"]}"#),
        );

        let metadata = metadata.expect("metadata");
        assert_eq!(metadata.resource, "https://rs.example");
        assert_eq!(metadata.authorization_servers.first().map(Issuer::as_str), Some("https://as.example/"));
    }

    #[test]
    fn a_list_of_one_resource_and_a_singular_authorization_server_are_read() {
        let metadata = accept(
            &server(),
            &answer(r#"{"resource":["https://rs.example/mcp"],"authorization_server":"https://as.example"}"#),
        );

        assert_eq!(metadata.expect("metadata").authorization_servers.len(), 1);
    }

    #[test]
    fn metadata_of_another_resource_is_refused() {
        for named in
            ["https://evil.example/mcp", "https://rs.example/mcpx", "https://rs.example/mcp/deeper", "nonsense"]
        {
            let error = accept(&server(), &answer(&format!(r#"{{"resource":"{named}"}}"#))).expect_err(named);

            assert!(matches!(error, ProtectedResourceError::OtherResource { .. }), "{named}");
        }
    }

    #[test]
    fn a_key_in_the_address_of_the_server_is_not_shown() {
        let server = Url::parse("https://me:s3cret@rs.example/mcp?key=s3cret").expect("url");

        let error = accept(&server, &answer(r#"{"resource":"http://rs.example/mcp?key=s3cret"}"#));

        let error = error.expect_err("another scheme").to_string();
        assert_eq!(error, "the metadata is for http://rs.example/mcp, which is not https://rs.example/mcp");
    }

    #[test]
    fn an_error_status_html_and_a_missing_resource_are_refused() {
        let missing = Response::builder().status(404).body(Vec::new()).expect("response");

        assert_eq!(accept(&server(), &missing), Err(ProtectedResourceError::Status(StatusCode::NOT_FOUND)));
        assert_eq!(accept(&server(), &answer("<html>")), Err(ProtectedResourceError::NotAnObject));
        assert_eq!(accept(&server(), &answer("{}")), Err(ProtectedResourceError::NoResource));
    }

    #[test]
    fn an_empty_list_of_scopes_is_none() {
        let metadata = accept(&server(), &answer(r#"{"resource":"https://rs.example/mcp","scopes_supported":[]}"#));

        assert_eq!(metadata.expect("metadata").scopes, None);
    }
}
