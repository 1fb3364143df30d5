//! Grants without a person: by the client's own credentials, by an assertion, or by an organisation's identity provider.

use std::sync::Arc;

use mcphub_oauth::auth_method::AuthMethod;
use mcphub_oauth::client::Client;
use mcphub_oauth::grant::{Grant, GrantOrigin};
use mcphub_oauth::hook::ClientKind;
use mcphub_oauth::issuer::Issuer;
use mcphub_oauth::profile::Operation;
use mcphub_oauth::secret::IdToken;
use mcphub_oauth::server_address::ServerAddress;
use mcphub_oauth::template::Slots;
use mcphub_oauth::token::{self, Tokens};
use mcphub_oauth::unattended::{self, Exchange, Presented};
use url::Url;

use super::address::address_of;
use super::begin::wanted_scopes;
use super::discovery::{Discovered, discover, identity_provider};
use super::entry::Entry;
use super::error::ConnectError;
use super::event::Stage;
use super::exchange::{provider_error, told};
use super::hub::{Change, Hub};
use super::identity;
use super::secrets_issuer::{self, Attendance};
use super::{lessons, material, possession};
use crate::egress::without_query;
use crate::settings::{Enterprise, GrantKind};
use crate::store::Stored;

/// A grant other than the one that was `seen`: somebody else's newer one, or a fresh one.
pub(super) async fn obtain(hub: &Hub, entry: &Entry, seen: Option<u64>) -> Result<Stored<Grant>, ConnectError> {
    let _lease = hub.lease(entry).await?;
    let stored = hub.grant(entry).await?;
    if let Some(newer) = stored.as_ref().filter(|stored| Some(stored.version) != seen) {
        return Ok(newer.clone());
    }
    let discovered = discovered(hub, entry).await?;
    let grant = fresh(hub, entry, &discovered).await?;
    let version = hub.parts.store.put_grant(&entry.key, &grant, stored.map(|stored| stored.version)).await?;
    if seen.is_none() {
        hub.tell(Change::Granted(entry.name().to_owned()));
    }
    Ok(Stored { value: grant, version })
}

async fn discovered(hub: &Hub, entry: &Entry) -> Result<Arc<Discovered>, ConnectError> {
    let (plugged, known) = (hub.plugged(), entry.state());
    let discovered = match known.discovered {
        Some(discovered) => discovered,
        None => Arc::new(discover(hub, entry, known.challenge.as_ref()).await?),
    };
    hub.keep(entry, plugged, |state| state.discovered = Some(discovered.clone()));
    Ok(discovered)
}

async fn fresh(hub: &Hub, entry: &Entry, discovered: &Discovered) -> Result<Grant, ConnectError> {
    let client = client(hub, entry, discovered)?;
    secrets_issuer::bind(hub, entry, discovered, Attendance::Unattended).await?;
    let wanted = wanted_scopes(hub, entry, discovered, &client).await?;
    let assertion = match &entry.server.oauth.grant {
        GrantKind::AuthorizationCode | GrantKind::ClientCredentials => None,
        GrantKind::JwtBearer(assertion) => Some(IdToken::new(material::read(hub, "oauth.assertion", assertion).await?)),
        GrantKind::Enterprise(enterprise) => Some(asserted(hub, entry, discovered, (enterprise, &wanted)).await?),
    };
    let presented = assertion.as_ref().map_or(Presented::Client, Presented::Assertion);
    let resource = lessons::resource(hub, entry, discovered).await?;
    let request = {
        let slots = Slots {
            client: Some(&client),
            resource: resource.as_deref(),
            ..discovered.party.slots(hub.parts.clock.now(), &hub.parts.random)
        };
        unattended::request(presented, &client, &discovered.metadata, discovered.party.profile(), (&wanted, &slots))?
    };
    let key = possession::key(entry, discovered)?;
    let endpoint = without_query(&discovered.metadata.token_endpoint);
    let action = entry.journal.begin(Stage::Exchange, format!("POST {endpoint}"));
    let response = match possession::send(hub, discovered, request, key.as_ref()).await {
        Ok(response) => response,
        Err(error) => {
            action.failed(error.to_string(), Some("The hub tries again by itself.".into()));
            return Err(error);
        }
    };
    match token::accept(&response, discovered.party.profile(), hub.parts.clock.now()) {
        Ok(tokens) => {
            let dpop = key.filter(|_| tokens.bound);
            let grant = Grant { dpop, ..grant((address_of(entry)?, discovered), &client, (tokens, wanted, resource)) };
            action.done(told(&grant));
            Ok(grant)
        }
        Err(error) => {
            let error = provider_error(hub, entry, discovered, error, (Operation::Exchange, &response)).await;
            action.failed(error.to_string(), error.remedy().map(std::borrow::Cow::into_owned));
            Err(error)
        }
    }
}

/// The client in the settings; an assertion may be enough without one.
fn client(hub: &Hub, entry: &Entry, discovered: &Discovered) -> Result<Client, ConnectError> {
    let oauth = &entry.server.oauth;
    if !oauth.unset.is_empty() {
        let unset = oauth.unset.join(" and ");
        return Err(ConnectError::Form(format!(
            "{unset} must be set in the environment, or written into the settings"
        )));
    }
    let redirect_uri = hub.redirect_uri(entry, discovered.party.profile());
    match (identity::configured(entry, discovered, &redirect_uri), &oauth.grant) {
        (Some(client), _) => Ok(client),
        (None, GrantKind::JwtBearer(_)) => Ok(anonymous(discovered.metadata.issuer.as_str())),
        (None, _) => Err(ConnectError::Form("oauth.clientId is missing; write the client's id there".to_owned())),
    }
}

fn anonymous(issuer: &str) -> Client {
    Client {
        issuer: issuer.to_owned(),
        id: None,
        secret: None,
        secret_expires_at: None,
        method: AuthMethod::None,
        kind: ClientKind::Configured,
        redirect_uri: String::new(),
        registration: None,
        registration_access_token: None,
    }
}

/// A grant of tokens that no sign-in in a browser gave.
pub(super) fn grant(
    (address, discovered): (ServerAddress, &Discovered),
    client: &Client,
    (tokens, wanted, resource): (Tokens, Vec<String>, Option<String>),
) -> Grant {
    Grant {
        address,
        origin: GrantOrigin::Issuer(discovered.metadata.issuer.to_string()),
        client_id: client.id.clone(),
        resource,
        logged_in_at: tokens.by_slot.values().map(|token| token.obtained_at).max(),
        tokens: tokens.by_slot,
        primary: "main".to_owned(),
        dpop: None,
        requested_scopes: wanted,
        granted_scopes: tokens.scopes,
        captured: tokens.captured,
        account_label: None,
        account_id: None,
    }
}

/// The assertion that the organisation's identity provider gives for the person's ID token (RFC 8693).
async fn asserted(
    hub: &Hub,
    entry: &Entry,
    discovered: &Discovered,
    (enterprise, wanted): (&Enterprise, &[String]),
) -> Result<IdToken, ConnectError> {
    let issuer =
        Issuer::parse(&enterprise.issuer).map_err(|error| ConnectError::Issuer("oauth.enterprise.issuer", error))?;
    let (endpoint, reach) = identity_provider(hub, entry, &issuer, enterprise.token_endpoint.as_ref()).await?;
    let id_token = IdToken::new(material::read(hub, "oauth.enterprise.idToken", &enterprise.id_token).await?);
    let client = at_identity_provider(enterprise);
    let scope = wanted.join(" ");
    let asked = Exchange {
        endpoint: &endpoint,
        client: &client,
        id_token: &id_token,
        audience: discovered.metadata.spelling.as_str(),
        resource: &discovered.resource,
        scope: &scope,
    };
    let request = {
        let slots = discovered.party.slots(hub.parts.clock.now(), &hub.parts.random);
        unattended::exchange_request(asked, &slots)?
    };
    let action = entry.journal.begin(Stage::Exchange, told_exchange(&endpoint));
    let outcome = match hub.parts.egress.send_to_owner(request, reach).await {
        Ok(response) => unattended::exchange_accept(&response).map_err(ConnectError::IdentityProvider),
        Err(error) => Err(error.into()),
    };
    match outcome {
        Ok(assertion) => {
            action.done("an assertion");
            Ok(assertion)
        }
        Err(error) => {
            action.failed(error.to_string(), error.remedy().map(std::borrow::Cow::into_owned));
            Err(error)
        }
    }
}

fn told_exchange(endpoint: &Url) -> String {
    format!("POST {} for an assertion", without_query(endpoint))
}

fn at_identity_provider(enterprise: &Enterprise) -> Client {
    let method = if enterprise.client_secret.is_some() { AuthMethod::Basic } else { AuthMethod::None };
    let client = anonymous(&enterprise.issuer);
    Client { id: Some(enterprise.client_id.clone()), secret: enterprise.client_secret.clone(), method, ..client }
}
