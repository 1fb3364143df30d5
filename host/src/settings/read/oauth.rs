//! `oauth` of a server. No fault of this part shows a value, unless it is an address.

use mcphub_oauth::auth_method::AuthMethod;
use mcphub_oauth::secret::{AccessToken, ClientSecret, RefreshToken};
use mcphub_oauth::signing::Algorithm;
use serde_json::Value;

use super::part::Part;
use super::slips;
use crate::settings::key_material::Material;
use crate::settings::model::DEFAULT_ACCOUNT;
use crate::settings::oauth::{DynamicRegistration, Enterprise, GrantKind, OAuth, PkceSetting, ResourceSetting};

/// Longest name of an account.
const MAX_ACCOUNT: usize = 64;

/// Reads the `oauth` of a server.
pub(super) fn read(part: &Part<'_>) -> OAuth {
    slips::warn(part, slips::OAUTH);
    part.findings.take_unset();
    part.findings.take_overlooked();
    let oauth = OAuth {
        client_id: part.filled("clientId"),
        client_secret: part.filled("clientSecret").map(ClientSecret::new),
        redirect_uri: part.url("redirectUri"),
        scopes: scopes(part),
        access_token: part.filled("accessToken").map(AccessToken::new),
        refresh_token: part.filled("refreshToken").map(RefreshToken::new),
        // The text as written: an issuer is compared byte by byte.
        issuer: part.url("issuer").and_then(|_| part.filled("issuer")),
        resource: resource(part),
        authorization_endpoint: part.url("authorizationEndpoint"),
        token_endpoint: part.url("tokenEndpoint"),
        revocation_endpoint: part.url("revocationEndpoint"),
        provider: part.filled("provider"),
        inputs: part.pairs("inputs").into_iter().filter(|(_, value)| !value.is_empty()).collect(),
        pkce: pkce(part),
        token_endpoint_auth_method: auth_method(part),
        dynamic_registration: part
            .object("dynamicRegistration", "write { \"enabled\": true }, or leave it out")
            .as_ref()
            .map(dynamic_registration),
        accounts: accounts(part),
        grant: grant(part),
        private_key: part.filled("privateKey").map(Material::of),
        signing_algorithm: signing_algorithm(part),
        dpop: part.flag("dpop"),
        unset: part.findings.take_unset(),
    };
    if oauth.authorization_endpoint.is_some() && part.raw("tokenEndpoint").is_none() {
        let remedy = "write both endpoints, or neither: the hub then looks them up";
        part.wrong("tokenEndpoint", None, "is missing beside authorizationEndpoint", remedy);
    }
    part.warn_of_overlooked();
    oauth
}

/// Names that fit into an address behind an `@`.
fn accounts(part: &Part<'_>) -> Vec<String> {
    let names = part.list("accounts", "write [\"work\", \"home\"]").unwrap_or_default();
    for name in names.iter().filter(|name| !is_account(name)) {
        let remedy = "use letters, digits, '-', '_' and '.'; \"default\" is there without being listed";
        part.wrong("accounts", Some(name), "is not the name of an account", remedy);
    }
    let mut known = std::collections::BTreeSet::new();
    names.into_iter().filter(|name| is_account(name) && known.insert(name.clone())).collect()
}

/// Whether a text can be the name of an account other than the default one.
pub(in crate::settings) fn is_account(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    !name.is_empty() && name.len() <= MAX_ACCOUNT && name.chars().all(fits) && name != DEFAULT_ACCOUNT
}

fn grant(part: &Part<'_>) -> GrantKind {
    if let Some(enterprise) = part.object("enterprise", "write { \"issuer\": \"https://…\", … }, or leave it out") {
        return enterprise_of(&enterprise)
            .map_or(GrantKind::AuthorizationCode, |found| GrantKind::Enterprise(found.into()));
    }
    match part.filled("grantType").as_deref() {
        None | Some("authorization_code") => GrantKind::AuthorizationCode,
        Some("client_credentials") => GrantKind::ClientCredentials,
        Some("jwt-bearer" | "urn:ietf:params:oauth:grant-type:jwt-bearer") => {
            let remedy = "write the assertion, or the name of the file that holds it";
            needed(part, "assertion", remedy)
                .map_or(GrantKind::AuthorizationCode, |text| GrantKind::JwtBearer(Material::of(text)))
        }
        Some(other) => {
            let remedy = "write \"authorization_code\", \"client_credentials\" or \"jwt-bearer\", or leave it out";
            part.wrong("grantType", Some(other), "is not a grant type that the hub knows", remedy);
            GrantKind::AuthorizationCode
        }
    }
}

fn enterprise_of(part: &Part<'_>) -> Option<Enterprise> {
    slips::warn(part, slips::ENTERPRISE);
    let issuer = needed(part, "issuer", "write the identity provider's issuer");
    let client_id = needed(part, "clientId", "write the hub's client id at the identity provider");
    let id_token = needed(part, "idToken", "write the ID token, or the name of the file that holds it");
    Some(Enterprise {
        // The text as written: an issuer is compared byte by byte.
        issuer: issuer.filter(|_| part.url("issuer").is_some())?,
        token_endpoint: part.url("tokenEndpoint"),
        client_id: client_id?,
        client_secret: part.filled("clientSecret").map(ClientSecret::new),
        id_token: Material::of(id_token?),
    })
}

/// A text that must be there. A placeholder without a value is reported elsewhere.
fn needed(part: &Part<'_>, key: &str, remedy: &str) -> Option<String> {
    let text = part.text(key);
    if text.is_none() && part.raw(key).is_none() {
        part.wrong(key, None, "is missing", remedy);
    }
    text.filter(|text| !text.is_empty())
}

fn signing_algorithm(part: &Part<'_>) -> Option<Algorithm> {
    let text = part.filled("signingAlgorithm")?;
    let algorithm = Algorithm::parse(&text);
    if algorithm.is_none() {
        let remedy = "write \"RS256\", \"ES256\" or \"EdDSA\", or leave it out";
        part.wrong("signingAlgorithm", Some(&text), "is not an algorithm that the hub signs with", remedy);
    }
    algorithm
}

fn dynamic_registration(part: &Part<'_>) -> DynamicRegistration {
    slips::warn(part, slips::DYNAMIC_REGISTRATION);
    let metadata = part.object("metadata", "write { \"client_name\": \"…\" }, or leave it out");
    DynamicRegistration {
        enabled: part.flag("enabled").unwrap_or(true),
        // The text as written: an issuer is compared byte by byte.
        issuer: part.url("issuer").and_then(|_| part.filled("issuer")),
        registration_endpoint: part.url("registrationEndpoint"),
        initial_access_token: part.filled("initialAccessToken").map(ClientSecret::new),
        metadata: metadata.map(|metadata| metadata.expanded()).unwrap_or_default(),
    }
}

/// A list, or one text with spaces or commas in between.
fn scopes(part: &Part<'_>) -> Option<Vec<String>> {
    let split = |text: &str| text.split([' ', ',', '\t', '\n']).map(str::to_owned).collect();
    let scopes: Vec<String> = match part.raw("scopes")?.as_str() {
        Some(text) => split(&part.findings.expand(text)),
        None => part.list("scopes", "write [\"read\", \"write\"]")?,
    };
    Some(scopes.into_iter().filter(|scope| !scope.is_empty()).collect())
}

/// A text, or `false`.
fn resource(part: &Part<'_>) -> ResourceSetting {
    if part.raw("resource").and_then(Value::as_bool) == Some(false) {
        return ResourceSetting::Omit;
    }
    part.filled("resource").map_or(ResourceSetting::Unsaid, ResourceSetting::Indicator)
}

fn pkce(part: &Part<'_>) -> PkceSetting {
    match part.filled("pkce").as_deref() {
        None | Some("required") => PkceSetting::Required,
        Some("assume") => PkceSetting::Assume,
        Some("omit") => PkceSetting::Omit,
        Some(other) => {
            part.wrong(
                "pkce",
                Some(other),
                "is not a setting for PKCE",
                "write \"assume\" or \"omit\", or leave it out",
            );
            PkceSetting::Required
        }
    }
}

fn auth_method(part: &Part<'_>) -> Option<AuthMethod> {
    let text = part.filled("tokenEndpointAuthMethod")?;
    let method = AuthMethod::parse(&text);
    if method.is_none() {
        let known: Vec<_> = AuthMethod::all().map(|method| format!("\"{}\"", method.name())).collect();
        let remedy = format!("write one of {}, or leave it out", known.join(", "));
        part.wrong("tokenEndpointAuthMethod", Some(&text), "is not a method that the hub knows", &remedy);
    }
    method
}
