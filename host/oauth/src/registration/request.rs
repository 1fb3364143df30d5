//! What a registration asks for (RFC 7591 §2, §3.1).

use http::Request;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use serde_json::{Map, Value, json};
use url::Url;

use crate::auth_method::AuthMethod;
use crate::client::is_loopback;
use crate::client_auth::{self, Occasion};
use crate::device;
use crate::json;
use crate::mask::Mask;
use crate::profile::{ApplicationType, Registration};
use crate::secret::ClientSecret;
use crate::server_metadata::ServerMetadata;

/// The name the hub registers under.
pub const CLIENT_NAME: &str = "MCPHub";

/// What the body is made from.
#[derive(Debug, Clone, Copy)]
pub struct Wishes<'a> {
    /// Redirect URIs; the first is the one used.
    pub redirect_uris: &'a [String],
    /// The scopes that will be asked for, joined.
    pub scope: &'a str,
    /// What the person wrote for `dynamicRegistration.metadata`.
    pub metadata: &'a Map<String, Value>,
}

/// The body to register with: the hub's own, then the plugin's patch, then what the person wrote.
#[must_use]
pub fn draft(metadata: &ServerMetadata, profile: &Registration, wishes: Wishes<'_>) -> Map<String, Value> {
    let mut body = Map::new();
    let first = wishes.redirect_uris.first().map(String::as_str).unwrap_or_default();
    body.insert("client_name".into(), json!(CLIENT_NAME));
    body.insert("redirect_uris".into(), json!(wishes.redirect_uris));
    let method = client_auth::choose(Occasion::Registering, metadata).unwrap_or(AuthMethod::Basic);
    let device = device::endpoint(metadata).map(|_| device::GRANT_TYPE);
    let grants: Vec<&str> = ["authorization_code", "refresh_token"].into_iter().chain(device).collect();
    body.insert("grant_types".into(), json!(grants));
    body.insert("response_types".into(), json!(["code"]));
    body.insert("token_endpoint_auth_method".into(), json!(method.name()));
    body.insert("application_type".into(), json!(application_type(profile.application_type, first)));
    if profile.scope_in_body && !wishes.scope.is_empty() {
        body.insert("scope".into(), json!(wishes.scope));
    }
    if let Some(patch) = &profile.body_patch {
        json::merge(&mut body, patch);
    }
    json::merge(&mut body, wishes.metadata);
    body.insert("redirect_uris".into(), json!(wishes.redirect_uris));
    body
}

fn application_type(wish: ApplicationType, redirect_uri: &str) -> &'static str {
    match wish {
        ApplicationType::Web => "web",
        ApplicationType::Native => "native",
        ApplicationType::ByRedirect => {
            if Url::parse(redirect_uri).is_ok_and(|url| is_loopback(&url)) {
                "native"
            } else {
                "web"
            }
        }
    }
}

/// A body to try once more with, after the issuer refused the metadata (RFC 7591 §3.2.2 `invalid_client_metadata`): without
/// the members that the refusal names, else with what a client cannot do without. What the person wrote stays, unless it is
/// named. None: nothing could be left out.
#[must_use]
pub fn reduced(sent: &Map<String, Value>, refusal: &str, written: &Map<String, Value>) -> Option<Map<String, Value>> {
    const GRANTS: &str = "grant_types";
    let refusal = refusal.to_ascii_lowercase();
    let extra_grants = || {
        let grants = json::texts(sent, GRANTS).unwrap_or_default();
        grants.into_iter().filter(|grant| grant != "authorization_code")
    };
    let names_grants = refusal.contains("grant") || extra_grants().any(|grant| refusal.contains(&grant));
    let is_named = |member: &str| if member == GRANTS { names_grants } else { refusal.contains(member) };
    let names_any = names_grants || sent.keys().any(|member| !is_needed(member) && is_named(member));
    let mut body = sent.clone();
    body.retain(|member, _| {
        is_needed(member) || if names_any { !is_named(member) } else { written.contains_key(member) }
    });
    let leaves_grants = if names_any { names_grants } else { !written.contains_key(GRANTS) };
    if leaves_grants && extra_grants().next().is_some() {
        body.insert(GRANTS.into(), json!(["authorization_code"]));
    }
    (body != *sent).then_some(body)
}

/// What stays in every body, though the values of `grant_types` may become fewer.
fn is_needed(member: &str) -> bool {
    matches!(
        member,
        "client_name" | "redirect_uris" | "grant_types" | "response_types" | "token_endpoint_auth_method" | "scope"
    )
}

/// The registration request (RFC 7591 §3.1), with the initial access token (§3, §1.2) where one is given.
pub fn request(
    endpoint: &Url,
    body: &Map<String, Value>,
    token: Option<&ClientSecret>,
) -> Result<Request<Vec<u8>>, http::Error> {
    let mut request =
        Request::post(endpoint.as_str()).header(CONTENT_TYPE, "application/json").header(ACCEPT, "application/json");
    if let Some(token) = token {
        let mut value = http::HeaderValue::try_from(format!("Bearer {}", token.secret()))?;
        value.set_sensitive(true);
        request = request.header(AUTHORIZATION, value);
    }
    let request = request.body(Value::Object(body.clone()).to_string().into_bytes())?;
    Ok(Mask::of(token.map(|token| token.secret().clone())).on(request))
}
