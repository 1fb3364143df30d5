//! What the hub has learned about authorization servers by trying. It is stored with the grants, shown to people, and
//! cleared by a logout.

use mcphub_oauth::client::Client;
use mcphub_oauth::client_auth::{self, Occasion};
use mcphub_oauth::site::same_host;

use crate::connect::core::at_issuer::AtIssuer;
use crate::connect::core::entry::Entry;
use crate::connect::core::error::ConnectError;
use crate::connect::core::parts::Core;
use crate::connect::core::target::Discovered;
use crate::settings::ResourceSetting;
use crate::store::Learned;

/// The resource indicator that this issuer accepts (RFC 8707). `None` if the person wants none, or if the issuer
/// refused this indicator.
pub(crate) async fn resource(at: AtIssuer<'_>) -> Result<Option<String>, ConnectError> {
    let AtIssuer { core, entry, discovered } = at;
    if entry.server.oauth.resource == ResourceSetting::Omit {
        return Ok(None);
    }
    let known = core.parts.store.learned(discovered.metadata.issuer.as_str()).await?;
    Ok((!known.refused_resources.contains(&discovered.resource)).then(|| discovered.resource.clone()))
}

/// Remembers that an issuer refuses a resource indicator. Returns `false` if a second try without it is useless or not
/// allowed.
///
/// Without the indicator, a token may be valid at every server of the issuer, and the operator of this server could use
/// it there. So the indicator is left out only if issuer and server are on the same host. In all other cases the plugin
/// or the person must say so.
pub(crate) async fn without_resource(at: AtIssuer<'_>, resource: &str) -> Result<bool, ConnectError> {
    let AtIssuer { core, entry, discovered } = at;
    let issuer = &discovered.metadata.issuer;
    let is_one_host = issuer.url().zip(entry.url()).is_some_and(|(issuer, server)| same_host(&issuer, server));
    let mut known = core.parts.store.learned(issuer.as_str()).await?;
    if !is_one_host || !known.refused_resources.insert(resource.to_owned()) {
        return Ok(false);
    }
    core.parts.store.put_learned(issuer.as_str(), &known).await?;
    Ok(true)
}

/// The client with the authentication method that its issuer is known to accept, unless the person chose one.
pub(crate) async fn authenticating(core: &Core, entry: &Entry, client: Client) -> Result<Client, ConnectError> {
    if is_settled(entry, &client) {
        return Ok(client);
    }
    let known = core.parts.store.learned(&client.issuer).await?;
    Ok(Client { method: known.auth_method.unwrap_or(client.method), ..client })
}

/// Remembers the method that an issuer accepted after it had refused another one.
pub(crate) async fn auth_method(core: &Core, client: &Client) -> Result<(), ConnectError> {
    let known = core.parts.store.learned(&client.issuer).await?;
    core.parts.store.put_learned(&client.issuer, &Learned { auth_method: Some(client.method), ..known }).await?;
    Ok(())
}

/// The client with another way to send its secret, if the issuer lists one. Some issuers hand out a secret with the
/// method `none`, and then demand the secret. `None` if the person or the plugin decides on the method.
pub(crate) fn other_way(entry: &Entry, client: &Client, discovered: &Discovered) -> Option<Client> {
    if is_settled(entry, client) || discovered.provider.profile().token_request.shape.authentication.is_some() {
        return None;
    }
    let method = client_auth::choose(Occasion::Refused(client.method), &discovered.metadata)?;
    Some(Client { method, ..client.clone() })
}

fn is_settled(entry: &Entry, client: &Client) -> bool {
    client.secret.is_none() || entry.server.oauth.token_endpoint_auth_method.is_some()
}

/// What the hub has learned about an issuer, in words.
pub(crate) fn summary(known: &Learned) -> Vec<String> {
    let resource = known
        .refused_resources
        .iter()
        .map(|resource| format!("it refuses the resource indicator {resource}; none is sent"));
    let method = known.auth_method.map(|method| format!("the client authenticates with {}", method.name()));
    resource.chain(method).collect()
}
