//! From a refused request to the authorization server: RFC 9728, RFC 8414, `OpenID` discovery, and the plugin's hooks.

use mcphub_oauth::challenge::Challenge;
use mcphub_oauth::hook::PatchedResource;
use mcphub_oauth::issuer::Issuer;
use mcphub_oauth::profile;
use mcphub_oauth::protected_resource::ProtectedResource;
use mcphub_oauth::server_address::ServerAddress;
use mcphub_oauth::server_metadata::{self, ServerMetadata};
use mcphub_oauth::template::fill;
use serde_json::Value;
use url::Url;

use crate::connect::core::address::{policy, url_of};
use crate::connect::core::entry::Entry;
use crate::connect::core::error::{ConnectError, DiscoveryError};
use crate::connect::core::event::Stage;
use crate::connect::core::parts::Core;
use crate::connect::core::provider::{Provider, is_generic};
use crate::connect::core::target::{Discovered, Source};
use crate::connect::discovery::{issuer_binding, provider_choice};
use crate::egress::{AddressPolicy, without_query};
use crate::settings::ResourceSetting;

/// How many authorization servers are tried if the metadata lists several.
const MAX_SERVERS: usize = 5;

/// Finds the authorization server of a server that refused a request. There is no challenge if the server was never
/// asked.
#[tracing::instrument(name = "discovery.discover", skip_all, fields(server.name = entry.name()))]
pub(crate) async fn discover(
    core: &Core,
    entry: &Entry,
    challenge: Option<&Challenge>,
) -> Result<Discovered, ConnectError> {
    let url = url_of(entry)?;
    let search = Search { core, entry, url, policy: policy(&core.parts.egress, entry) };
    let provider = provider_choice::choose(core, entry, url, None, None).await?;
    match search.discover(provider.clone(), challenge).await {
        // The endpoints follow from values that the person has not given yet.
        Err(_) if !provider.needed.is_empty() => Ok(Discovered { source: Source::Pending, ..search.assumed(provider) }),
        outcome => outcome,
    }
}

/// The metadata of the issuer that a stored grant is bound to. Refreshing and revoking need it, and must not depend on
/// which authorization server the MCP server names today.
#[tracing::instrument(name = "discovery.of_issuer", skip_all, fields(server.name = entry.name()))]
pub(crate) async fn of_issuer(core: &Core, entry: &Entry, issuer: &str) -> Result<Discovered, ConnectError> {
    let url = url_of(entry)?;
    let search = Search { core, entry, url, policy: policy(&core.parts.egress, entry) };
    let provider = provider_choice::choose(core, entry, url, Some(issuer), None).await?;
    if let Some(token) = &entry.server.oauth.token_endpoint {
        return search.explicit(provider, token).await;
    }
    let issuer = Issuer::parse(issuer)
        .map_err(|error| ConnectError::from(DiscoveryError::Issuer { from: "the grant's issuer", cause: error }))?;
    let attempt = SearchAttempt { issuer: &issuer, found: None, hint: &PatchedResource::default() };
    match search.at_issuer(provider.clone(), attempt).await {
        Err(ConnectError::Discovery(DiscoveryError::NoMetadata { .. }))
            if issuer == Issuer::origin_of(url) && is_generic(provider.profile()) =>
        {
            Ok(search.assumed(provider))
        }
        outcome => outcome,
    }
}

/// One search for the authorization server of one server.
pub(crate) struct Search<'a> {
    pub(crate) core: &'a Core,
    pub(crate) entry: &'a Entry,
    pub(crate) url: &'a Url,
    pub(crate) policy: AddressPolicy,
}

struct SearchAttempt<'a> {
    issuer: &'a Issuer,
    found: Option<&'a ProtectedResource>,
    hint: &'a PatchedResource,
}

impl Search<'_> {
    /// Uses what the person wrote, or else what the server, its authorization server and the plugin say.
    async fn discover(&self, provider: Provider, challenge: Option<&Challenge>) -> Result<Discovered, ConnectError> {
        if let Some(token) = &self.entry.server.oauth.token_endpoint {
            return self.explicit(provider, token).await;
        }
        let starts_at_issuer = self.configured_issuer()?.is_some()
            || provider.profile().metadata.discovery != profile::Discovery::Standard;
        let found = if starts_at_issuer { None } else { self.protected_resource(challenge).await? };
        let (found, hint) = self.patched(&provider, challenge, found).await?;
        let issuers = self.issuers(&provider, found.as_ref(), challenge, &hint)?;
        let mut last = None;
        for issuer in issuers.iter().take(MAX_SERVERS) {
            let attempt = SearchAttempt { issuer, found: found.as_ref(), hint: &hint };
            match self.at_issuer(provider.clone(), attempt).await {
                Ok(discovered) => {
                    if issuers.len() > 1 {
                        let action = self
                            .entry
                            .journal
                            .begin(Stage::Discovery, format!("{} authorization servers", issuers.len()));
                        action.done(format!("{issuer} is used; oauth.dynamicRegistration.issuer chooses another one"));
                    }
                    return Ok(discovered);
                }
                Err(error) => last = Some(error),
            }
        }
        match last {
            // The defaults count only if nothing names an authorization server.
            Some(ConnectError::Discovery(DiscoveryError::NoMetadata { .. }))
                if found.is_none() && issuers == [Issuer::origin_of(self.url)] && is_generic(provider.profile()) =>
            {
                Ok(self.assumed(provider))
            }
            Some(error) => Err(error),
            None => Err(DiscoveryError::NoMetadata { issuer: self.url.origin().ascii_serialization() }.into()),
        }
    }

    fn configured_issuer(&self) -> Result<Option<Issuer>, ConnectError> {
        let registration = self.entry.server.oauth.dynamic_registration.as_ref();
        let text = registration.and_then(|registration| registration.issuer.as_deref());
        let parse = |text| {
            Issuer::parse(text).map_err(|error| {
                ConnectError::from(DiscoveryError::Issuer { from: "oauth.dynamicRegistration.issuer", cause: error })
            })
        };
        text.map(parse).transpose()
    }

    /// The issuers to try, in order: from the person, the plugin, the resource's metadata, the challenge, the server's
    /// origin.
    fn issuers(
        &self,
        provider: &Provider,
        found: Option<&ProtectedResource>,
        challenge: Option<&Challenge>,
        hint: &PatchedResource,
    ) -> Result<Vec<Issuer>, ConnectError> {
        if let Some(issuer) = self.configured_issuer()? {
            return Ok(vec![issuer]);
        }
        if let Some(written) = issuer_binding::written(self.entry)? {
            let named = found.map(|found| found.authorization_servers.as_slice()).unwrap_or_default();
            return match named.iter().find(|issuer| written.is_answered_by(issuer.as_str())) {
                Some(_) => Ok(vec![written]),
                None if named.is_empty() => Ok(vec![written]),
                None => Err(issuer_binding::other(self.entry, named.first().unwrap_or(&written), &written)),
            };
        }
        if let Some(text) = &hint.authorization_server {
            return Ok(vec![Issuer::parse(text).map_err(|error| {
                ConnectError::from(DiscoveryError::Issuer { from: "the plugin's choice", cause: error })
            })?]);
        }
        if let Some(found) = found.filter(|found| !found.authorization_servers.is_empty()) {
            return Ok(found.authorization_servers.clone());
        }
        if let Some(template) = &provider.profile().metadata.issuer {
            let text = fill(template, &provider.slots(self.core.now(), &self.core.parts.random))?;
            return Ok(vec![Issuer::parse(&text).map_err(|error| {
                ConnectError::from(DiscoveryError::Issuer { from: "the plugin's issuer", cause: error })
            })?]);
        }
        let named = challenge.and_then(|challenge| challenge.authorization_server.as_deref());
        let named = named.and_then(|text| Issuer::parse(text).ok());
        Ok(named.into_iter().chain([Issuer::origin_of(self.url)]).collect())
    }

    async fn at_issuer(&self, provider: Provider, attempt: SearchAttempt<'_>) -> Result<Discovered, ConnectError> {
        let issuer = attempt.issuer;
        let document = attempt.found.map(|found| Value::Object(found.document.clone()).to_string());
        let provider = if is_generic(provider.profile()) && self.entry.server.oauth.provider.is_none() {
            provider_choice::choose(self.core, self.entry, self.url, Some(issuer.as_str()), document.as_deref()).await?
        } else {
            provider
        };
        let resource = self.resource(attempt.found, attempt.hint);
        let published = self.server_metadata(&provider, issuer).await?;
        let lifetime = published.lifetime;
        let document = self.patched_metadata(&provider, issuer, &resource, published).await?;
        let rules = &provider.profile().metadata;
        if document.is_none() && rules.endpoints.is_empty() {
            return Err(DiscoveryError::NoMetadata { issuer: issuer.to_string() }.into());
        }
        let slots = provider.slots(self.core.now(), &self.core.parts.random);
        let mut metadata = server_metadata::complete(issuer, rules, document, &slots)?;
        self.apply_settings(&mut metadata);
        Ok(Discovered {
            protected_resource: attempt.found.cloned(),
            metadata,
            resource,
            scopes_hint: attempt.hint.scopes.clone(),
            source: Source::Published,
            policy: self.policy,
            fresh_until: self.core.now() + lifetime,
            provider,
        })
    }

    /// The resource indicator: from the person, the plugin, the published metadata, or else the server's address.
    fn resource(&self, found: Option<&ProtectedResource>, hint: &PatchedResource) -> String {
        let published = found.map(|found| found.resource.clone());
        let own = || {
            // RFC 8707 §2: no query, because it may hold a secret.
            if self.url.path() == "/" {
                self.url.origin().ascii_serialization()
            } else {
                ServerAddress::of(self.url).as_str().to_owned()
            }
        };
        let configured = match &self.entry.server.oauth.resource {
            ResourceSetting::Indicator(resource) => Some(resource.clone()),
            ResourceSetting::Unsaid | ResourceSetting::Omit => None,
        };
        configured.or_else(|| hint.resource.clone()).or(published).unwrap_or_else(own)
    }

    fn apply_settings(&self, metadata: &mut ServerMetadata) {
        let oauth = &self.entry.server.oauth;
        let registration =
            oauth.dynamic_registration.as_ref().and_then(|registration| registration.registration_endpoint.clone());
        metadata.registration_endpoint = registration.or_else(|| metadata.registration_endpoint.take());
        metadata.revocation_endpoint =
            oauth.revocation_endpoint.clone().or_else(|| metadata.revocation_endpoint.take());
    }

    /// The default endpoints for a server without any metadata (MCP 2025-03-26, "Fallbacks for Servers without Metadata
    /// Discovery").
    fn assumed(&self, provider: Provider) -> Discovered {
        let at = |path: &str| {
            let mut url = self.url.clone();
            url.set_path(path);
            url.set_query(None);
            url.set_fragment(None);
            url
        };
        let login = at("/authorize");
        let action = self.entry.journal.begin(Stage::Discovery, "no metadata is published");
        action.done(format!("the endpoints that revision 2025-03-26 assumes: {login}"));
        let mut metadata = ServerMetadata::explicit(Issuer::origin_of(self.url), login, at("/token"));
        metadata.registration_endpoint = Some(at("/register"));
        self.apply_settings(&mut metadata);
        let resource = self.resource(None, &PatchedResource::default());
        Discovered {
            provider,
            protected_resource: None,
            metadata,
            resource,
            scopes_hint: Vec::new(),
            source: Source::Assumed,
            policy: self.policy,
            fresh_until: self.core.now() + server_metadata::LIFETIME,
        }
    }

    /// The person wrote the endpoints, so nothing is looked up.
    async fn explicit(&self, provider: Provider, token: &Url) -> Result<Discovered, ConnectError> {
        let authorize = self.entry.server.oauth.authorization_endpoint.clone();
        let written = issuer_binding::written(self.entry)?;
        let issuer = written.unwrap_or_else(|| Issuer::origin_of(authorize.as_ref().unwrap_or(token)));
        let provider = if is_generic(provider.profile()) && self.entry.server.oauth.provider.is_none() {
            provider_choice::choose(self.core, self.entry, self.url, Some(issuer.as_str()), None).await?
        } else {
            provider
        };
        let mut metadata = ServerMetadata::explicit(issuer, authorize, token.clone());
        self.apply_settings(&mut metadata);
        let action = self.entry.journal.begin(Stage::Discovery, "the endpoints in the settings");
        action.done(format!("tokens at {}", without_query(token)));
        let resource = self.resource(None, &PatchedResource::default());
        Ok(Discovered {
            provider,
            protected_resource: None,
            metadata,
            resource,
            scopes_hint: Vec::new(),
            source: Source::Written,
            policy: self.policy,
            fresh_until: self.core.now() + server_metadata::LIFETIME,
        })
    }
}
