//! What the hub has learned about authorization servers by trying: kept beside the grants, shown, and cleared by a logout.

use mcphub_oauth::client::Client;
use mcphub_oauth::client_auth::{self, Occasion};
use mcphub_oauth::site::same_host;

use super::discovery::Discovered;
use super::entry::Entry;
use super::error::ConnectError;
use super::hub::Hub;
use crate::settings::ResourceSetting;
use crate::store::Lesson;

/// The resource indicator as this issuer takes it (RFC 8707): none where the person wants none, or where the issuer refused
/// this very one.
pub(super) async fn resource(
    hub: &Hub,
    entry: &Entry,
    discovered: &Discovered,
) -> Result<Option<String>, ConnectError> {
    if entry.server.oauth.resource == ResourceSetting::Omit {
        return Ok(None);
    }
    let lesson = hub.parts.store.lesson(discovered.metadata.issuer.as_str()).await?;
    Ok((!lesson.refused_resources.contains(&discovered.resource)).then(|| discovered.resource.clone()))
}

/// Remembers that an issuer refuses a resource indicator. False: trying again without it is of no use, or not allowed.
///
/// Without the indicator a token may be good for every server of the issuer, and whoever runs this one could use it there.
/// So it is left out only where issuer and server are one host; elsewhere the plugin or the person must say so.
pub(super) async fn without_resource(
    hub: &Hub,
    entry: &Entry,
    discovered: &Discovered,
    resource: &str,
) -> Result<bool, ConnectError> {
    let issuer = &discovered.metadata.issuer;
    let is_one_host = issuer.url().zip(entry.url()).is_some_and(|(issuer, server)| same_host(&issuer, server));
    let mut lesson = hub.parts.store.lesson(issuer.as_str()).await?;
    if !is_one_host || !lesson.refused_resources.insert(resource.to_owned()) {
        return Ok(false);
    }
    hub.parts.store.put_lesson(issuer.as_str(), &lesson).await?;
    Ok(true)
}

/// The client with the authentication method that its issuer was found to take, unless the person says which.
pub(super) async fn authenticating(hub: &Hub, entry: &Entry, client: Client) -> Result<Client, ConnectError> {
    if is_settled(entry, &client) {
        return Ok(client);
    }
    let lesson = hub.parts.store.lesson(&client.issuer).await?;
    Ok(Client { method: lesson.auth_method.unwrap_or(client.method), ..client })
}

/// Remembers the method that an issuer took after it had refused another one.
pub(super) async fn auth_method(hub: &Hub, client: &Client) -> Result<(), ConnectError> {
    let lesson = hub.parts.store.lesson(&client.issuer).await?;
    hub.parts.store.put_lesson(&client.issuer, &Lesson { auth_method: Some(client.method), ..lesson }).await?;
    Ok(())
}

/// The client with the other way to send its secret, where its own was refused and the issuer lists the other one. Some
/// issuers hand out a secret with the method `none`, and then demand it. Where the plugin says how, there is none.
pub(super) fn other_way(entry: &Entry, client: &Client, discovered: &Discovered) -> Option<Client> {
    if is_settled(entry, client) || discovered.party.profile().token_request.shape.authentication.is_some() {
        return None;
    }
    let method = client_auth::choose(Occasion::Refused(client.method), &discovered.metadata)?;
    Some(Client { method, ..client.clone() })
}

fn is_settled(entry: &Entry, client: &Client) -> bool {
    client.secret.is_none() || entry.server.oauth.token_endpoint_auth_method.is_some()
}

/// What is known of an issuer, in words.
pub(super) fn told(lesson: &Lesson) -> Vec<String> {
    let resource = lesson
        .refused_resources
        .iter()
        .map(|resource| format!("it refuses the resource indicator {resource}; none is sent"));
    let method = lesson.auth_method.map(|method| format!("the client authenticates with {}", method.name()));
    resource.chain(method).collect()
}
