//! What the hub has learned about authorization servers by trying: kept beside the grants, shown, and cleared by a logout.

use mcphub_oauth::client::{AuthMethod, Client};

use super::discovery::Discovered;
use super::entry::Entry;
use super::error::ConnectError;
use super::hub::Hub;
use crate::store::Lesson;

/// The resource indicator as this issuer takes it (RFC 8707): none where it refused one before.
pub(super) async fn resource(hub: &Hub, discovered: &Discovered) -> Result<Option<String>, ConnectError> {
    let lesson = hub.parts.store.lesson(discovered.metadata.issuer.as_str()).await?;
    Ok((!lesson.without_resource).then(|| discovered.resource.clone()))
}

/// Remembers that an issuer refuses the resource indicator. False: that was known, so trying again is of no use.
pub(super) async fn without_resource(hub: &Hub, issuer: &str) -> Result<bool, ConnectError> {
    let lesson = hub.parts.store.lesson(issuer).await?;
    if lesson.without_resource {
        return Ok(false);
    }
    hub.parts.store.put_lesson(issuer, &Lesson { without_resource: true, ..lesson }).await?;
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
    let others: &[AuthMethod] = match client.method {
        AuthMethod::Basic => &[AuthMethod::Post],
        AuthMethod::Post => &[AuthMethod::Basic],
        AuthMethod::None => &[AuthMethod::Post, AuthMethod::Basic],
        AuthMethod::PrivateKeyJwt => &[],
    };
    let listed = discovered.metadata.list("token_endpoint_auth_methods_supported");
    let takes = |method: &&AuthMethod| listed.as_ref().is_none_or(|all| all.iter().any(|name| name == method.name()));
    others.iter().find(takes).map(|method| Client { method: *method, ..client.clone() })
}

fn is_settled(entry: &Entry, client: &Client) -> bool {
    client.secret.is_none() || entry.server.oauth.token_endpoint_auth_method.is_some()
}

/// What is known of an issuer, in words.
pub(super) fn told(lesson: &Lesson) -> Vec<String> {
    let resource = lesson.without_resource.then(|| "it refuses the resource indicator; none is sent".to_owned());
    let method = lesson.auth_method.map(|method| format!("the client authenticates with {}", method.name()));
    resource.into_iter().chain(method).collect()
}
