//! Grants without a person: from the client's own credentials (RFC 6749 §4.4), from an assertion (RFC 7523), or from an
//! organisation's identity provider (RFC 8693).

use std::sync::Arc;

use mcphub_oauth::auth_method::AuthMethod;
use mcphub_oauth::client::Client;
use mcphub_oauth::grant::Grant;
use mcphub_oauth::hook::ClientKind;
use mcphub_oauth::issuer::Issuer;
use mcphub_oauth::profile::Operation;
use mcphub_oauth::secret::IdToken;
use mcphub_oauth::template::Slots;
use mcphub_oauth::unattended::{self, Presented, UnattendedExchange, WantedGrant};

use super::token_answer::summary;
use super::token_request::{self, TokenAnswer, TokenCall};
use super::{dpop, fresh};
use crate::connect::client::{identity, redirect_uris};
use crate::connect::core::address::address_of;
use crate::connect::core::at_issuer::AtIssuer;
use crate::connect::core::entry::Entry;
use crate::connect::core::error::{ConnectError, DiscoveryError, GrantError, ServerError};
use crate::connect::core::event::Stage;
use crate::connect::core::parts::{Change, Core};
use crate::connect::core::target::Discovered;
use crate::connect::discovery::identity_provider::identity_provider;
use crate::connect::discovery::issuer_binding::{self, Attendance};
use crate::connect::discovery::learned;
use crate::connect::discovery::search::discover;
use crate::connect::prepare::scopes::wanted_scopes;
use crate::egress::without_query;
use crate::settings::{Enterprise, GrantKind, read_key_material};
use crate::store::Stored;

/// A grant other than the one with the version `seen`: a newer one from another call, or a new one.
#[tracing::instrument(name = "grant.obtain_unattended", skip_all, fields(server.name = entry.name()))]
pub(crate) async fn obtain(core: &Core, entry: &Entry, seen: Option<u64>) -> Result<Stored<Grant>, ConnectError> {
    let _lease = core.lease(entry).await?;
    let stored = core.grant(entry).await?;
    if let Some(newer) = stored.as_ref().filter(|stored| Some(stored.version) != seen) {
        return Ok(newer.clone());
    }
    let discovered = discovered(core, entry).await?;
    let grant = obtained(AtIssuer { core, entry, discovered: &discovered }).await?;
    let version = core.parts.store.put_grant(&entry.key, &grant, stored.map(|stored| stored.version)).await?;
    if seen.is_none() {
        core.tell(Change::Granted(entry.name().to_owned()));
    }
    Ok(Stored { value: grant, version })
}

async fn discovered(core: &Core, entry: &Entry) -> Result<Arc<Discovered>, ConnectError> {
    let (plugin_epoch, memory) = (core.plugin_epoch(), entry.memory());
    let discovered = match memory.discovered {
        Some(discovered) => discovered,
        None => Arc::new(discover(core, entry, memory.demand.challenge.as_ref()).await?),
    };
    core.remember(entry, plugin_epoch, |memory| memory.discovered = Some(discovered.clone()));
    Ok(discovered)
}

async fn obtained(at: AtIssuer<'_>) -> Result<Grant, ConnectError> {
    let AtIssuer { core, entry, discovered } = at;
    let client = client(at)?;
    issuer_binding::bind(at, Attendance::Unattended).await?;
    let wanted = wanted_scopes(at, &client).await?;
    let settings = core.parts.settings.path();
    let assertion = match &entry.server.oauth.grant {
        GrantKind::AuthorizationCode | GrantKind::ClientCredentials => None,
        GrantKind::JwtBearer(assertion) => {
            Some(IdToken::new(read_key_material(settings, "oauth.assertion", assertion).await?))
        }
        GrantKind::Enterprise(enterprise) => Some(asserted(at, enterprise, &wanted).await?),
    };
    let presented = assertion.as_ref().map_or(Presented::Client, Presented::Assertion);
    let resource = learned::resource(at).await?;
    let request = {
        let slots = Slots { client: Some(&client), resource: resource.as_deref(), ..at.slots() };
        unattended::request(
            presented,
            &client,
            &discovered.metadata,
            at.profile(),
            WantedGrant { scopes: &wanted, slots: &slots },
        )?
    };
    let key = dpop::key(dpop::is_wanted(at))?;
    let ask = TokenCall {
        stage: Stage::Exchange,
        operation: Operation::Exchange,
        endpoint: &discovered.metadata.token_endpoint,
        request,
        key: key.as_ref(),
        unanswered: "The hub tries again by itself.",
    };
    let TokenAnswer { tokens, action, .. } = token_request::ask(at, ask).await?;
    let dpop = key.filter(|_| tokens.bound);
    let address = address_of(entry)?;
    let request = fresh::Request { address, discovered, client: &client, resource, scopes: wanted };
    let grant = Grant { dpop, ..fresh::grant(request, tokens) };
    action.done(summary(&grant));
    Ok(grant)
}

/// The client in the settings. A grant from an assertion may need none.
fn client(at: AtIssuer<'_>) -> Result<Client, ConnectError> {
    let oauth = &at.entry.server.oauth;
    if !oauth.unset.is_empty() {
        return Err(ServerError::Unset { settings: oauth.unset.clone() }.into());
    }
    let redirect_uri = redirect_uris::preferred(at.core, at.entry, at.profile());
    match (identity::configured(at.entry, at.discovered, &redirect_uri), &oauth.grant) {
        (Some(client), _) => Ok(client),
        (None, GrantKind::JwtBearer(_)) => Ok(anonymous(at.discovered.metadata.issuer.as_str())),
        (None, _) => Err(ServerError::NoClientId.into()),
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

/// The assertion that the organisation's identity provider gives for the person's ID token (RFC 8693).
async fn asserted(at: AtIssuer<'_>, enterprise: &Enterprise, wanted: &[String]) -> Result<IdToken, ConnectError> {
    let AtIssuer { core, entry, discovered } = at;
    let settings = core.parts.settings.path();
    let issuer = Issuer::parse(&enterprise.issuer)
        .map_err(|cause| DiscoveryError::Issuer { from: "oauth.enterprise.issuer", cause })?;
    let (endpoint, policy) = identity_provider(core, entry, &issuer, enterprise.token_endpoint.as_ref()).await?;
    let id_token = IdToken::new(read_key_material(settings, "oauth.enterprise.idToken", &enterprise.id_token).await?);
    let client = at_identity_provider(enterprise);
    let scope = wanted.join(" ");
    let asked = UnattendedExchange {
        endpoint: &endpoint,
        client: &client,
        id_token: &id_token,
        audience: discovered.metadata.spelling.as_str(),
        resource: &discovered.resource,
        scope: &scope,
    };
    let request = unattended::exchange_request(asked, &at.slots())?;
    let action = entry.journal.begin(Stage::Exchange, format!("POST {} for an assertion", without_query(&endpoint)));
    let outcome: Result<IdToken, ConnectError> = match core.parts.egress.send_to_owner(request, policy).await {
        Ok(response) => {
            unattended::exchange_accept(&response).map_err(|error| GrantError::IdentityProvider(error).into())
        }
        Err(error) => Err(error.into()),
    };
    match outcome {
        Ok(assertion) => {
            action.done("an assertion");
            Ok(assertion)
        }
        Err(error) => {
            action.failed_with(&error);
            Err(error)
        }
    }
}

fn at_identity_provider(enterprise: &Enterprise) -> Client {
    let method = if enterprise.client_secret.is_some() { AuthMethod::Basic } else { AuthMethod::None };
    let client = anonymous(&enterprise.issuer);
    Client { id: Some(enterprise.client_id.clone()), secret: enterprise.client_secret.clone(), method, ..client }
}
