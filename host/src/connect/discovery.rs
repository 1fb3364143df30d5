//! From a refused request to the authorization server: RFC 9728, RFC 8414, `OpenID` discovery, and the plugin's say.

use std::time::SystemTime;

use mcphub_oauth::allowed_hosts::{AllowedHosts, LoginOrigins};
use mcphub_oauth::challenge::Challenge;
use mcphub_oauth::hook::PatchedResource;
use mcphub_oauth::issuer::Issuer;
use mcphub_oauth::profile::{self, Profile};
use mcphub_oauth::protected_resource::ProtectedResource;
use mcphub_oauth::server_address::ServerAddress;
use mcphub_oauth::server_metadata::{self, ServerMetadata};
use mcphub_oauth::template::fill;
use serde_json::Value;
use url::Url;

use super::address::{reach, url_of};
use super::entry::Entry;
use super::error::ConnectError;
use super::event::Stage;
use super::hub::Hub;
use super::party::{Matter, Party};
use super::secrets_issuer;
use crate::egress::Reach;
use crate::egress::without_query;
use crate::settings::ResourceSetting;

/// Authorization servers that are tried when the metadata lists several.
const MAX_SERVERS: usize = 5;

/// Everything a login at one server needs to know.
#[derive(Clone)]
pub(super) struct Discovered {
    pub(super) party: Party,
    pub(super) protected_resource: Option<ProtectedResource>,
    pub(super) metadata: ServerMetadata,
    /// The resource indicator as it will be sent.
    pub(super) resource: String,
    /// Scopes that the plugin's hook hints at.
    pub(super) scopes_hint: Vec<String>,
    /// Where the endpoints are from.
    pub(super) source: Source,
    pub(super) reach: Reach,
    /// When the metadata is asked for again.
    pub(super) fresh_until: SystemTime,
}

/// Where endpoints are from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// Metadata, or the plugin.
    Published,
    /// The person.
    Written,
    /// Nobody yet: the plugin needs values that a person must give first.
    Pending,
    /// Nobody: the places that MCP revision 2025-03-26 gives where no metadata is published at all. They count only if a
    /// client can be registered there, or if the person has one.
    Assumed,
}

impl Discovered {
    /// The hosts that the plugin may reach during this login.
    pub(super) fn allowed_hosts(&self, entry: &Entry) -> AllowedHosts {
        let (named, inputs) = (self.party.profile().identity.hosts.clone(), self.party.inputs.clone());
        AllowedHosts { named, inputs, login: self.login_origins(entry) }
    }

    /// Origins of the servers that belong to the login itself.
    fn login_origins(&self, entry: &Entry) -> LoginOrigins {
        let metadata = &self.metadata;
        let endpoints = [
            metadata.authorization_endpoint.as_ref(),
            Some(&metadata.token_endpoint),
            metadata.refresh_endpoint.as_ref(),
        ];
        let more = [metadata.registration_endpoint.as_ref(), metadata.revocation_endpoint.as_ref()];
        let issuer = metadata.issuer.url();
        let urls = endpoints.into_iter().chain(more).flatten().chain(issuer.as_ref());
        LoginOrigins {
            issuer: urls.filter_map(LoginOrigins::origin).collect(),
            server: entry.url().and_then(LoginOrigins::origin),
        }
    }

    /// The matter of hooks from here on.
    pub(super) fn matter<'a>(&'a self, redirect_uri: &'a str) -> Matter<'a> {
        Matter {
            resource: &self.resource,
            issuer: Some(self.metadata.issuer.as_str()),
            protected_resource: self
                .protected_resource
                .as_ref()
                .map(|found| Value::Object(found.document.clone()).to_string()),
            server_metadata: Some(Value::Object(self.metadata.document.clone()).to_string()),
            redirect_uri,
            ..Matter::default()
        }
    }
}

/// Finds the authorization server of a server that refused a request (or of one that never was asked: no challenge).
pub(super) async fn discover(
    hub: &Hub,
    entry: &Entry,
    challenge: Option<&Challenge>,
) -> Result<Discovered, ConnectError> {
    let url = url_of(entry)?;
    let search = Search { hub, entry, url, reach: reach(hub, entry) };
    let party = Party::choose(hub, entry, url, None, None).await?;
    match search.discover(party.clone(), challenge).await {
        // Where the servers are follows from what the person gives.
        Err(_) if !party.needed.is_empty() => Ok(Discovered { source: Source::Pending, ..search.assumed(party) }),
        outcome => outcome,
    }
}

/// The metadata of the issuer that a stored grant is bound to: what refreshing and revoking needs, without asking the
/// server who its authorization server is today.
pub(super) async fn of_issuer(hub: &Hub, entry: &Entry, issuer: &str) -> Result<Discovered, ConnectError> {
    let url = url_of(entry)?;
    let search = Search { hub, entry, url, reach: reach(hub, entry) };
    let party = Party::choose(hub, entry, url, Some(issuer), None).await?;
    if let Some(token) = &entry.server.oauth.token_endpoint {
        return search.explicit(party, token).await;
    }
    let issuer = Issuer::parse(issuer).map_err(|error| ConnectError::Issuer("the grant's issuer", error))?;
    let attempt = Attempt { issuer: &issuer, found: None, hint: &PatchedResource::default() };
    match search.at_issuer(party.clone(), attempt).await {
        Err(ConnectError::NoMetadata { .. }) if issuer == Issuer::origin_of(url) && is_generic(party.profile()) => {
            Ok(search.assumed(party))
        }
        outcome => outcome,
    }
}

/// The token endpoint of an organisation's identity provider, and how far requests to it may reach.
pub(super) async fn identity_provider(
    hub: &Hub,
    entry: &Entry,
    issuer: &Issuer,
    written: Option<&Url>,
) -> Result<(Url, Reach), ConnectError> {
    let own: Vec<Url> = issuer.url().into_iter().chain(written.cloned()).collect();
    let reach = hub.parts.egress.reach_of(&own);
    if let Some(endpoint) = written {
        return Ok((endpoint.clone(), reach));
    }
    let search = Search { hub, entry, url: url_of(entry)?, reach };
    let party = Party::choose(hub, entry, search.url, Some(issuer.as_str()), None).await?;
    let (document, ..) = search.server_metadata(&party, issuer).await?;
    let endpoint = document.as_ref().and_then(|document| document.get("token_endpoint")).and_then(Value::as_str);
    let endpoint = endpoint.and_then(|text| Url::parse(text).ok());
    endpoint.map(|endpoint| (endpoint, reach)).ok_or_else(|| ConnectError::NoMetadata { issuer: issuer.to_string() })
}

/// One search for one server.
pub(super) struct Search<'a> {
    pub(super) hub: &'a Hub,
    pub(super) entry: &'a Entry,
    pub(super) url: &'a Url,
    pub(super) reach: Reach,
}

struct Attempt<'a> {
    issuer: &'a Issuer,
    found: Option<&'a ProtectedResource>,
    hint: &'a PatchedResource,
}

impl Search<'_> {
    /// What the person wrote, else what the server, its authorization server and the plugin say.
    async fn discover(&self, party: Party, challenge: Option<&Challenge>) -> Result<Discovered, ConnectError> {
        if let Some(token) = &self.entry.server.oauth.token_endpoint {
            return self.explicit(party, token).await;
        }
        let starts_at_issuer =
            self.configured_issuer()?.is_some() || party.profile().metadata.discovery != profile::Discovery::Standard;
        let found = if starts_at_issuer { None } else { self.protected_resource(challenge).await? };
        let (found, hint) = self.mended(&party, challenge, found).await?;
        let issuers = self.issuers(&party, found.as_ref(), challenge, &hint)?;
        let mut last = None;
        for issuer in issuers.iter().take(MAX_SERVERS) {
            let attempt = Attempt { issuer, found: found.as_ref(), hint: &hint };
            match self.at_issuer(party.clone(), attempt).await {
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
            // Only where nobody named an authorization server in any way.
            Some(ConnectError::NoMetadata { .. })
                if found.is_none() && issuers == [Issuer::origin_of(self.url)] && is_generic(party.profile()) =>
            {
                Ok(self.assumed(party))
            }
            Some(error) => Err(error),
            None => Err(ConnectError::NoMetadata { issuer: self.url.origin().ascii_serialization() }),
        }
    }

    fn configured_issuer(&self) -> Result<Option<Issuer>, ConnectError> {
        let registration = self.entry.server.oauth.dynamic_registration.as_ref();
        let text = registration.and_then(|registration| registration.issuer.as_deref());
        let parse =
            |text| Issuer::parse(text).map_err(|error| ConnectError::Issuer("oauth.dynamicRegistration.issuer", error));
        text.map(parse).transpose()
    }

    /// Where to look, in order: the person, the plugin, the resource's metadata, the challenge, the server's origin.
    fn issuers(
        &self,
        party: &Party,
        found: Option<&ProtectedResource>,
        challenge: Option<&Challenge>,
        hint: &PatchedResource,
    ) -> Result<Vec<Issuer>, ConnectError> {
        if let Some(issuer) = self.configured_issuer()? {
            return Ok(vec![issuer]);
        }
        if let Some(written) = secrets_issuer::written(self.entry)? {
            let named = found.map(|found| found.authorization_servers.as_slice()).unwrap_or_default();
            return match named.iter().find(|issuer| written.is_answered_by(issuer.as_str())) {
                Some(_) => Ok(vec![written]),
                None if named.is_empty() => Ok(vec![written]),
                None => Err(secrets_issuer::other(self.entry, named.first().unwrap_or(&written), &written)),
            };
        }
        if let Some(text) = &hint.authorization_server {
            return Ok(vec![Issuer::parse(text).map_err(|error| ConnectError::Issuer("the plugin's choice", error))?]);
        }
        if let Some(found) = found.filter(|found| !found.authorization_servers.is_empty()) {
            return Ok(found.authorization_servers.clone());
        }
        if let Some(template) = &party.profile().metadata.issuer {
            let text = fill(template, &party.slots(self.hub.parts.clock.now(), &self.hub.parts.random))?;
            return Ok(vec![Issuer::parse(&text).map_err(|error| ConnectError::Issuer("the plugin's issuer", error))?]);
        }
        let named = challenge.and_then(|challenge| challenge.authorization_server.as_deref());
        let named = named.and_then(|text| Issuer::parse(text).ok());
        Ok(named.into_iter().chain([Issuer::origin_of(self.url)]).collect())
    }

    async fn at_issuer(&self, party: Party, attempt: Attempt<'_>) -> Result<Discovered, ConnectError> {
        let issuer = attempt.issuer;
        let document = attempt.found.map(|found| Value::Object(found.document.clone()).to_string());
        let party = if is_generic(party.profile()) && self.entry.server.oauth.provider.is_none() {
            Party::choose(self.hub, self.entry, self.url, Some(issuer.as_str()), document.as_deref()).await?
        } else {
            party
        };
        let resource = self.resource(attempt.found, attempt.hint);
        let (document, from, lifetime) = self.server_metadata(&party, issuer).await?;
        let document = self.mended_metadata(&party, (issuer, &resource), document, from.as_ref()).await?;
        let rules = &party.profile().metadata;
        if document.is_none() && rules.endpoints.is_empty() {
            return Err(ConnectError::NoMetadata { issuer: issuer.to_string() });
        }
        let slots = party.slots(self.hub.parts.clock.now(), &self.hub.parts.random);
        let mut metadata = server_metadata::complete(issuer, rules, document, &slots)?;
        self.apply_settings(&mut metadata);
        Ok(Discovered {
            protected_resource: attempt.found.cloned(),
            metadata,
            resource,
            scopes_hint: attempt.hint.scopes.clone(),
            source: Source::Published,
            reach: self.reach,
            fresh_until: self.hub.parts.clock.now() + lifetime,
            party,
        })
    }

    /// The resource indicator: the person's, the plugin's, the published one, else the server's address.
    fn resource(&self, found: Option<&ProtectedResource>, hint: &PatchedResource) -> String {
        let published = found.map(|found| found.resource.clone());
        let own = || {
            // RFC 8707 §2: without a query, which may hold a secret.
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

    /// No metadata anywhere (MCP 2025-03-26, "Fallbacks for Servers without Metadata Discovery").
    fn assumed(&self, party: Party) -> Discovered {
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
            party,
            protected_resource: None,
            metadata,
            resource,
            scopes_hint: Vec::new(),
            source: Source::Assumed,
            reach: self.reach,
            fresh_until: self.hub.parts.clock.now() + server_metadata::LIFETIME,
        }
    }

    /// The person wrote the endpoints: nothing is looked up.
    async fn explicit(&self, party: Party, token: &Url) -> Result<Discovered, ConnectError> {
        let authorize = self.entry.server.oauth.authorization_endpoint.clone();
        let written = secrets_issuer::written(self.entry)?;
        let issuer = written.unwrap_or_else(|| Issuer::origin_of(authorize.as_ref().unwrap_or(token)));
        let party = if is_generic(party.profile()) && self.entry.server.oauth.provider.is_none() {
            Party::choose(self.hub, self.entry, self.url, Some(issuer.as_str()), None).await?
        } else {
            party
        };
        let mut metadata = ServerMetadata::explicit(issuer, authorize, token.clone());
        self.apply_settings(&mut metadata);
        let action = self.entry.journal.begin(Stage::Discovery, "the endpoints in the settings");
        action.done(format!("tokens at {}", without_query(token)));
        let resource = self.resource(None, &PatchedResource::default());
        Ok(Discovered {
            party,
            protected_resource: None,
            metadata,
            resource,
            scopes_hint: Vec::new(),
            source: Source::Written,
            reach: self.reach,
            fresh_until: self.hub.parts.clock.now() + server_metadata::LIFETIME,
        })
    }
}

/// Whether this is the plugin of whoever has none of their own.
pub(super) fn is_generic(profile: &Profile) -> bool {
    profile.matching.iter().all(|rule| rule.priority == 0)
}
