//! The address of a server, and which addresses its login may reach.

use mcphub_oauth::server_address::ServerAddress;
use url::Url;

use crate::connect::core::entry::Entry;
use crate::connect::core::error::{ConnectError, ServerError};
use crate::egress::{AddressPolicy, Egress};

/// The URL of a server. A command has none, and that is an error.
pub(crate) fn url_of(entry: &Entry) -> Result<&Url, ConnectError> {
    entry.url().ok_or_else(|| ServerError::IsCommand { server: entry.name().to_owned() }.into())
}

/// The address that a grant for this server is bound to.
pub(crate) fn address_of(entry: &Entry) -> Result<ServerAddress, ConnectError> {
    url_of(entry).map(ServerAddress::of)
}

/// Which addresses a server's login may reach. An address on an internal network is allowed only if the person wrote it
/// for this server. Values that a plugin asks for (`oauth.inputs`) do not count, because the plugin words the question
/// and may offer the answers.
pub(crate) fn policy(egress: &Egress, entry: &Entry) -> AddressPolicy {
    let oauth = &entry.server.oauth;
    let registration = oauth.dynamic_registration.as_ref();
    let issuers = [oauth.issuer.as_deref(), registration.and_then(|registration| registration.issuer.as_deref())];
    let issuers = issuers.into_iter().flatten().filter_map(|issuer| Url::parse(issuer).ok());
    let endpoints = [
        oauth.authorization_endpoint.as_ref(),
        oauth.token_endpoint.as_ref(),
        oauth.revocation_endpoint.as_ref(),
        registration.and_then(|registration| registration.registration_endpoint.as_ref()),
        entry.url(),
    ];
    let written: Vec<Url> = endpoints.into_iter().flatten().cloned().chain(issuers).collect();
    egress.policy_for(&written)
}
