//! Grants and clients as JSON: the one place where their secrets are written out.

use std::collections::BTreeMap;
use std::time::SystemTime;

use humantime::{format_rfc3339_millis, parse_rfc3339_weak};
use mcphub_oauth::auth_method::AuthMethod;
use mcphub_oauth::client::Client;
use mcphub_oauth::dpop::DpopKey;
use mcphub_oauth::grant::{Binding, Grant, GrantKey, GrantOrigin, Token};
use mcphub_oauth::hook::ClientKind;
use mcphub_oauth::secret::{AccessToken, ClientSecret, RefreshToken};
use mcphub_oauth::server_address::ServerAddress;
use serde_json::{Map, Value, json};

use crate::store::model::{Acknowledged, ApprovedScope, Learned, Pin, Stored, Trusted};
use crate::store::sharing::Share;

/// Whether an entry belongs to this key.
pub(super) fn is_of(entry: &Value, key: &GrantKey) -> bool {
    let is = |name: &str, value: &str| entry.get(name).and_then(Value::as_str) == Some(value);
    is("owner", &key.owner) && is("server", &key.server) && is("account", &key.account)
}

/// The key that an entry belongs to. `None`: it names none.
pub(super) fn grant_key(entry: &Value) -> Option<GrantKey> {
    Some(GrantKey { owner: text(entry, "owner")?, server: text(entry, "server")?, account: text(entry, "account")? })
}

/// The members that say which key an entry belongs to.
pub(super) fn key_of(key: &GrantKey) -> Map<String, Value> {
    let members = [("owner", &key.owner), ("server", &key.server), ("account", &key.account)];
    members.into_iter().map(|(name, value)| (name.to_owned(), Value::from(value.as_str()))).collect()
}

/// The entry of a grant, with its secrets in the clear.
pub(crate) fn grant_to_json(key: &GrantKey, grant: &Grant, version: u64) -> Value {
    let tokens: Map<String, Value> =
        grant.tokens.iter().map(|(slot, token)| (slot.clone(), token_to_json(token))).collect();
    json!({
        "owner": key.owner, "server": key.server, "account": key.account, "version": version,
        "address": grant.address.as_str(), "issuer": grant.issuer().unwrap_or_default(),
        "clientId": grant.client_id.as_deref().unwrap_or_default(), "resource": grant.resource,
        "loggedInAt": grant.logged_in_at.map(time), "tokens": tokens, "primary": grant.primary, "dpopKey": grant.dpop.as_ref().map(DpopKey::secret),
        "requestedScopes": grant.requested_scopes, "grantedScopes": grant.granted_scopes,
        "captured": pairs_to_json(&grant.captured),
        "accountLabel": grant.account_label, "accountId": grant.account_id,
    })
}

/// A token as JSON.
pub(crate) fn token_to_json(token: &Token) -> Value {
    json!({
        "accessToken": token.access.secret(),
        "refreshToken": token.refresh.as_ref().map(RefreshToken::secret),
        "expiresAt": token.expires_at.map(time),
        "obtainedAt": time(token.obtained_at),
    })
}

/// The grant of an entry, with its key. `None`: the entry makes no sense.
pub(crate) fn grant_from_json(entry: &Value) -> Option<(GrantKey, Stored<Grant>)> {
    let key = grant_key(entry)?;
    let tokens = entry.get("tokens")?.as_object()?;
    let tokens: BTreeMap<_, _> =
        tokens.iter().map(|(slot, token)| Some((slot.clone(), token_from_json(token)?))).collect::<Option<_>>()?;
    let grant = Grant {
        address: ServerAddress::parse(&text(entry, "address")?)?,
        origin: origin(text(entry, "issuer")?),
        client_id: Some(text(entry, "clientId")?).filter(|id| !id.is_empty()),
        resource: text(entry, "resource"),
        dpop: text(entry, "dpopKey").and_then(|key| DpopKey::kept(&key)),
        primary: text(entry, "primary").filter(|slot| tokens.contains_key(slot))?,
        tokens,
        logged_in_at: text(entry, "loggedInAt").and_then(|text| parse_rfc3339_weak(&text).ok()),
        requested_scopes: texts(entry, "requestedScopes").unwrap_or_default(),
        granted_scopes: texts(entry, "grantedScopes"),
        captured: pairs_from_json(entry.get("captured")),
        account_label: text(entry, "accountLabel"),
        account_id: text(entry, "accountId"),
    };
    Some((key, Stored { value: grant, version: entry.get("version")?.as_u64()? }))
}

/// The token of a slot. `None` also for an empty access token: that is how people delete one by hand.
pub(crate) fn token_from_json(token: &Value) -> Option<Token> {
    let at = |name: &str| text(token, name).map(|text| parse_rfc3339_weak(&text).ok());
    Some(Token {
        access: AccessToken::new(text(token, "accessToken").filter(|token| !token.is_empty())?),
        refresh: text(token, "refreshToken").filter(|token| !token.is_empty()).map(RefreshToken::new),
        // A time that cannot be read must not make a token that ends into one that does not.
        expires_at: at("expiresAt").map(|time| time.ok_or(())).transpose().ok()?,
        obtained_at: at("obtainedAt").flatten().unwrap_or(SystemTime::UNIX_EPOCH),
    })
}

/// The entry of a registered client, with its secrets in the clear.
pub(super) fn client_to_json(server: &str, client: &Client) -> Value {
    json!({
        "server": server, "issuer": client.issuer, "clientId": client.id.as_deref().unwrap_or_default(),
        "clientSecret": client.secret.as_ref().map(ClientSecret::secret),
        "secretExpiresAt": client.secret_expires_at.map(time),
        "tokenEndpointAuthMethod": client.method.name(),
        "redirectUri": client.redirect_uri,
        "registrationAccessToken": client.registration_access_token.as_ref().map(ClientSecret::secret),
        "registration": client.registration.as_ref().and_then(|text| serde_json::from_str::<Value>(text).ok()),
    })
}

/// The client of an entry, with its server. `None`: the entry makes no sense.
pub(super) fn client_from_json(entry: &Value) -> Option<(String, Client)> {
    let client = Client {
        issuer: text(entry, "issuer")?,
        id: Some(text(entry, "clientId")?),
        secret: text(entry, "clientSecret").map(ClientSecret::new),
        secret_expires_at: text(entry, "secretExpiresAt").and_then(|text| parse_rfc3339_weak(&text).ok()),
        method: AuthMethod::parse(&text(entry, "tokenEndpointAuthMethod")?)?,
        kind: ClientKind::Registered,
        redirect_uri: text(entry, "redirectUri")?,
        registration_access_token: text(entry, "registrationAccessToken").map(ClientSecret::new),
        registration: entry.get("registration").filter(|value| value.is_object()).map(Value::to_string),
    };
    Some((text(entry, "server")?, client))
}

/// The entry of a share.
pub(super) fn share_to_json(share: &Share) -> Value {
    let mut entry = key_of(&share.key);
    entry.insert("with".to_owned(), Value::Object(key_of(&share.with)));
    entry.insert("address".to_owned(), json!(share.binding.address.as_str()));
    entry.insert("issuer".to_owned(), json!(share.binding.origin.issuer().unwrap_or_default()));
    entry.insert("clientId".to_owned(), json!(share.binding.client_id.as_deref().unwrap_or_default()));
    entry.insert("resource".to_owned(), json!(share.binding.resource));
    Value::Object(entry)
}

/// The share of an entry. `None`: the entry makes no sense, and the server will share again.
pub(super) fn share_from_json(entry: &Value) -> Option<Share> {
    let binding = Binding {
        address: ServerAddress::parse(&text(entry, "address")?)?,
        origin: origin(text(entry, "issuer")?),
        client_id: Some(text(entry, "clientId")?).filter(|id| !id.is_empty()),
        resource: text(entry, "resource"),
    };
    Some(Share { key: grant_key(entry)?, with: grant_key(entry.get("with")?)?, binding })
}

/// The entry of what was learned about an issuer.
pub(super) fn learned_to_json(issuer: &str, learned: &Learned) -> Value {
    json!({
        "issuer": issuer,
        "refusedResources": learned.refused_resources,
        "tokenEndpointAuthMethod": learned.auth_method.map(AuthMethod::name),
    })
}

/// What an entry says about an issuer. `None`: the entry makes no sense, and the hub will learn again.
pub(super) fn learned_from_json(entry: &Value) -> Option<(String, Learned)> {
    let learned = Learned {
        refused_resources: texts(entry, "refusedResources").unwrap_or_default().into_iter().collect(),
        auth_method: text(entry, "tokenEndpointAuthMethod").and_then(|name| AuthMethod::parse(&name)),
    };
    Some((text(entry, "issuer")?, learned))
}

/// The entry of a plugin that may serve.
pub(super) fn trusted_to_json(trusted: &Trusted) -> Value {
    let (scope, approved) = (&trusted.scope, trusted.is_approved);
    json!({
        "id": trusted.id, "sha256": trusted.sha256, "hosts": trusted.hosts, "approved": approved,
        "servers": scope.servers, "rules": scope.rules, "exports": scope.exports,
    })
}

/// The plugin of an entry. `None`: the entry makes no sense, and a person is asked again.
pub(super) fn trusted_from_json(entry: &Value) -> Option<Trusted> {
    let is_approved = entry.get("approved").and_then(Value::as_bool).unwrap_or(false);
    let list = |name| texts(entry, name).unwrap_or_default();
    let scope = ApprovedScope { servers: list("servers"), rules: list("rules"), exports: list("exports") };
    let (id, sha256) = (text(entry, "id")?, text(entry, "sha256")?);
    Some(Trusted { id, sha256, hosts: texts(entry, "hosts")?, is_approved, scope })
}

pub(super) fn pin_to_json(pin: &Pin) -> Value {
    json!({ "server": pin.server, "secret": pin.secret, "issuer": pin.issuer })
}

pub(super) fn pin_from_json(entry: &Value) -> Option<Pin> {
    Some(Pin { server: text(entry, "server")?, secret: text(entry, "secret")?, issuer: text(entry, "issuer")? })
}

pub(super) fn acknowledged_to_json(agreed: &Acknowledged) -> Value {
    json!({ "address": agreed.address.as_str(), "login": agreed.login, "token": agreed.token })
}

pub(super) fn acknowledged_from_json(entry: &Value) -> Option<Acknowledged> {
    let address = ServerAddress::parse(&text(entry, "address")?)?;
    Some(Acknowledged { address, login: text(entry, "login")?, token: text(entry, "token")? })
}

/// An empty issuer in the file means that a person brought the grant.
fn origin(issuer: String) -> GrantOrigin {
    if issuer.is_empty() { GrantOrigin::Preset } else { GrantOrigin::Issuer(issuer) }
}

fn text(entry: &Value, name: &str) -> Option<String> {
    entry.get(name)?.as_str().map(str::to_owned)
}

fn texts(entry: &Value, name: &str) -> Option<Vec<String>> {
    Some(entry.get(name)?.as_array()?.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect())
}

/// Writes pairs as a JSON array of two-element arrays.
pub(crate) fn pairs_to_json(pairs: &[(String, String)]) -> Value {
    Value::Array(pairs.iter().map(|(key, value)| json!([key, value])).collect())
}

/// Pairs from JSON; what is none is left out.
pub(crate) fn pairs_from_json(value: Option<&Value>) -> Vec<(String, String)> {
    let items = value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    items
        .iter()
        .filter_map(|item| Some((item.get(0)?.as_str()?.to_owned(), item.get(1)?.as_str()?.to_owned())))
        .collect()
}

fn time(at: SystemTime) -> String {
    format_rfc3339_millis(at).to_string()
}
