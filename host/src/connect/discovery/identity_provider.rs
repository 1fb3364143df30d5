//! The identity provider of an organisation, which gives assertions for grants without a person (RFC 8693).

use mcphub_oauth::issuer::Issuer;
use serde_json::Value;
use url::Url;

use super::provider_choice;
use super::search::Search;
use crate::connect::core::address::url_of;
use crate::connect::core::entry::Entry;
use crate::connect::core::error::{ConnectError, DiscoveryError};
use crate::connect::core::parts::Core;
use crate::egress::AddressPolicy;

/// The token endpoint of an organisation's identity provider, and how far requests to it may reach.
pub(crate) async fn identity_provider(
    core: &Core,
    entry: &Entry,
    issuer: &Issuer,
    written: Option<&Url>,
) -> Result<(Url, AddressPolicy), ConnectError> {
    let own: Vec<Url> = issuer.url().into_iter().chain(written.cloned()).collect();
    let policy = core.parts.egress.policy_for(&own);
    if let Some(endpoint) = written {
        return Ok((endpoint.clone(), policy));
    }
    let search = Search { core, entry, url: url_of(entry)?, policy };
    let provider = provider_choice::choose(core, entry, search.url, Some(issuer.as_str()), None).await?;
    let document = search.server_metadata(&provider, issuer).await?.document;
    let endpoint = document.as_ref().and_then(|document| document.get("token_endpoint")).and_then(Value::as_str);
    let endpoint = endpoint.and_then(|text| Url::parse(text).ok());
    endpoint
        .map(|endpoint| (endpoint, policy))
        .ok_or_else(|| DiscoveryError::NoMetadata { issuer: issuer.to_string() }.into())
}
