//! What discovery says of a server, for a plugin's first draft.

use std::sync::{Arc, Mutex, PoisonError};

use http::{Request, Response};
use serde_json::{Map, Value};
use url::Url;

use super::ScaffoldError;
use crate::cases::Exchange;
use crate::egress::Witness;

/// Scopes that a first draft lists: the most, and the bytes of each.
const SCOPES: usize = 100;
const SCOPE_BYTES: usize = 200;

/// What was found at a server.
#[derive(Debug)]
pub struct FoundLogin {
    /// The address of the server.
    pub server: Url,
    /// The challenge of its 401.
    pub challenge: Option<String>,
    /// The look-ups that were answered.
    pub lookups: Vec<Exchange>,
    /// Scopes that the resource lists, or else the authorization server.
    pub scopes: Vec<String>,
    /// Whether a client can get itself an identity.
    pub registers: bool,
    /// Whether the metadata lists S256.
    pub lists_s256: bool,
    /// The authorization server's metadata.
    pub metadata: Map<String, Value>,
}

/// Collects what is asked and answered.
#[derive(Clone, Default)]
pub struct Listener(Arc<Mutex<Heard>>);

#[derive(Default)]
struct Heard {
    challenge: Option<String>,
    lookups: Vec<(Exchange, Map<String, Value>)>,
}

impl Listener {
    /// What the diagnosis must report every event to.
    #[must_use]
    pub fn witness(&self) -> Arc<Witness> {
        let heard = self.0.clone();
        Arc::new(move |request, response| {
            heard.lock().unwrap_or_else(PoisonError::into_inner).hear(request, response);
        })
    }

    /// What was found at the server.
    pub fn found(&self, server: &Url) -> Result<FoundLogin, ScaffoldError> {
        let host = server.host_str().unwrap_or_default();
        if !is_plain(host) {
            return Err(ScaffoldError::Host(host.to_owned()));
        }
        let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let heard = std::mem::take(&mut *heard);
        let metadata = heard.lookups.iter().map(|(_, document)| document);
        let metadata = metadata.into_iter().find(|document| address(document, "token_endpoint").is_some()).cloned();
        let metadata = metadata.ok_or_else(|| ScaffoldError::NothingFound(server.to_string()))?;
        let resource = heard.lookups.iter().find(|(_, document)| document.contains_key("authorization_servers"));
        let scopes = resource.and_then(|(_, document)| list(document, "scopes_supported"));
        let scopes = scopes.or_else(|| list(&metadata, "scopes_supported")).unwrap_or_default();
        let by_document = metadata.get("client_id_metadata_document_supported") == Some(&Value::Bool(true));
        let methods = list(&metadata, "code_challenge_methods_supported").unwrap_or_default();
        Ok(FoundLogin {
            server: server.clone(),
            challenge: heard.challenge,
            registers: by_document || address(&metadata, "registration_endpoint").is_some(),
            lists_s256: methods.iter().any(|method| method == "S256"),
            lookups: heard.lookups.into_iter().map(|(exchange, _)| exchange).collect(),
            scopes: sound(scopes),
            metadata,
        })
    }
}

impl Heard {
    fn hear(&mut self, request: &Request<Vec<u8>>, response: &Response<Vec<u8>>) {
        let challenge = response.headers().get(http::header::WWW_AUTHENTICATE).and_then(|value| value.to_str().ok());
        self.challenge = self.challenge.take().or_else(|| challenge.map(str::to_owned));
        if !response.status().is_success() || !request.uri().path().contains("/.well-known/") {
            return;
        }
        if let Ok(document) = serde_json::from_slice::<Map<String, Value>>(response.body()) {
            self.lookups.push((Exchange::look_up(request, &document), document));
        }
    }
}

impl FoundLogin {
    pub(super) fn host(&self) -> String {
        self.server.host_str().unwrap_or_default().to_owned()
    }
}

/// An address in a document.
pub(super) fn address(document: &Map<String, Value>, name: &str) -> Option<Url> {
    Url::parse(document.get(name)?.as_str()?).ok()
}

/// Whether a host can stand in source text: URLs take quotes and braces in names, too.
fn is_plain(host: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._[]:".contains(&byte);
    !host.is_empty() && host.bytes().all(plain)
}

/// Scopes as RFC 6749 §3.3 writes them, each once: what a server lists goes into source text.
fn sound(listed: Vec<String>) -> Vec<String> {
    let is_scope = |scope: &String| {
        let allowed = |byte: u8| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
        (1..=SCOPE_BYTES).contains(&scope.len()) && scope.bytes().all(allowed)
    };
    let mut sound = Vec::new();
    for scope in listed.into_iter().filter(is_scope) {
        if sound.len() < SCOPES && !sound.contains(&scope) {
            sound.push(scope);
        }
    }
    sound
}

fn list(document: &Map<String, Value>, name: &str) -> Option<Vec<String>> {
    let items = document.get(name)?.as_array()?.iter().filter_map(Value::as_str);
    Some(items.map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::json;

    use super::*;
    use crate::cases::Case;
    use crate::scaffold::{Language, ProjectDraft, files};

    /// What is found where a server's origin has this as its metadata.
    fn found(origin: &str, metadata: &Value) -> Result<FoundLogin, ScaffoldError> {
        let listener = Listener::default();
        let request = Request::get("https://localhost/.well-known/oauth-authorization-server");
        let request = request.body(Vec::new()).expect("a request");
        let response = Response::new(metadata.to_string().into_bytes());
        let witness = listener.witness();
        witness(&request, &response);
        listener.found(&Url::parse(&format!("{origin}/mcp")).expect("a URL"))
    }

    #[test]
    fn what_a_server_says_of_itself_does_not_become_code() {
        let hostile = "\"*/ evil \"\"\" ` ${evil} \\ \n # evil \u{7} \u{202e}');";
        let metadata = json!({
            "issuer": hostile, "token_endpoint": "https://as.example/token", "authorization_endpoint": hostile,
            "registration_endpoint": hostile, "scopes_supported": [hostile, "read", hostile, "read"],
        });
        for language in [Language::Rust, Language::JavaScript, Language::Python] {
            let found = Some(found("https://localhost", &metadata).expect("found"));
            let mut files = files(&ProjectDraft { id: "acme".to_owned(), language, like: None, found }).expect("files");
            let case = files.remove(Path::new("cases/login.toml")).expect("a case");
            let source = &files[Path::new(language.source())];

            assert!(files.values().all(|text| !text.contains("evil")), "{language:?}");
            assert!(source.contains("[\"read\"]") && !source.contains("[\"localhost\"]"), "{source}");
            Case::parse(&case).expect("it reads as a case");
        }
    }

    #[test]
    fn a_login_page_is_compared_without_its_query() {
        let metadata = json!({
            "token_endpoint": "https://as.example/token", "authorization_endpoint": "https://as.example/login?p=1",
        });
        let found = Some(found("https://mcp.example.com", &metadata).expect("found"));
        let files =
            files(&ProjectDraft { id: "acme".to_owned(), language: Language::Rust, like: None, found }).expect("files");

        let case = &files[Path::new("cases/login.toml")];
        assert!(case.contains("authorize = \"https://as.example/login\"\n"), "{case}");
    }

    #[test]
    fn without_a_token_endpoint_there_is_nothing_to_start_from() {
        for metadata in [json!({}), json!({"token_endpoint": 1}), json!({"token_endpoint": "nowhere"})] {
            let refused = found("https://mcp.example.com", &metadata).expect_err("refused").to_string();

            assert!(refused.ends_with("leave --from-doctor out and write the endpoints by hand"), "{refused}");
        }
    }

    #[test]
    fn a_host_that_could_end_a_text_is_refused() {
        let metadata = json!({"token_endpoint": "https://as.example/token"});
        let refused = found("https://a\"b.example.com", &metadata).expect_err("refused").to_string();

        assert!(
            refused.ends_with("not a host that a plugin can match; look at the URL behind --from-doctor"),
            "{refused}"
        );
    }

    #[test]
    fn of_what_a_server_lists_only_scopes_are_taken() {
        let hostile =
            ["read", "read", "", "a b", "a\"b", "a\\b", "a\nb", "a\u{7}", "a\u{301}", "\u{202e}a", "*/", "${x}", "'"];
        let hostile = hostile.into_iter().map(str::to_owned).chain(["x".repeat(201)]);

        assert_eq!(sound(hostile.collect()), ["read", "*/", "${x}", "'"]);
    }

    #[test]
    fn a_first_draft_does_not_list_thousands() {
        let listed = (0..5_000).map(|number| format!("scope{number}")).collect();

        assert_eq!(sound(listed).len(), SCOPES);
    }
}
