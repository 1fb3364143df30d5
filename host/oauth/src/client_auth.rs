//! How a client authenticates at an endpoint (RFC 6749 §2.3): which method is chosen, and what it puts into a request.
//!
//! # A new method
//!
//! The registered names are one enum, [`AuthMethod`]. Every match over it is exhaustive, so the compiler leads to each place:
//! 1. `auth_method.rs`: the variant, its registered name, and its place in the order.
//! 2. Here: what [`authenticate`] puts into the request, and what [`choose`] tries after a refusal. Where it is to be chosen
//!    without being asked for, its place in the lists of [`choose`].
//! 3. `registration/answer.rs`: whether it needs the secret of the registration answer.
//!
//! That is all for clients that are registered or configured with it. A plugin can name it as soon as the contract can:
//! `wit/README.md` lists the files of such a change; the case goes to `client-authentication` in `types.wit`, and
//! `host/plugins/src/convert/request_shape.rs` turns it into [`ClientAuthentication::Method`].

use http::header::AUTHORIZATION;

use crate::assertion;
use crate::auth_method::AuthMethod;
use crate::build_error::BuildError;
use crate::client::Client;
use crate::encoding::Parts;
use crate::profile::{BasicEncoding, ClientAuthentication, CustomAuthentication};
use crate::server_metadata::ServerMetadata;
use crate::template::{FillError, Slots, fill};

/// When a method is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    /// A client is being registered (RFC 7591) and says how it will authenticate.
    Registering,
    /// A person configured a client without saying how it authenticates.
    Configured {
        /// It has a secret.
        has_secret: bool,
        /// It has a private key.
        has_key: bool,
    },
    /// The issuer refused this method of a client that has a secret.
    Refused(AuthMethod),
}

/// The method to use, by what the issuer's metadata lists (`token_endpoint_auth_methods_supported`, RFC 8414 §2: where it
/// lists nothing, that is `client_secret_basic`). None: there is no other method to try after a refusal.
#[must_use]
pub fn choose(occasion: Occasion, metadata: &ServerMetadata) -> Option<AuthMethod> {
    let listed = metadata.list("token_endpoint_auth_methods_supported");
    let lists = |method: &&AuthMethod| listed.as_ref().is_some_and(|all| all.iter().any(|name| name == method.name()));
    let first = |methods: &[AuthMethod]| methods.iter().find(lists).copied();
    match occasion {
        // A public client where that is offered: it has no secret to lose or to renew.
        Occasion::Registering => {
            Some(first(&[AuthMethod::None, AuthMethod::Basic, AuthMethod::Post]).unwrap_or(AuthMethod::Basic))
        }
        Occasion::Configured { has_secret: true, .. } => {
            Some(first(&[AuthMethod::Basic, AuthMethod::Post]).unwrap_or(AuthMethod::Basic))
        }
        Occasion::Configured { has_secret: false, has_key: true } => Some(AuthMethod::PrivateKeyJwt),
        Occasion::Configured { has_secret: false, has_key: false } => Some(AuthMethod::None),
        Occasion::Refused(refused) => {
            // Some issuers hand out a secret with the method `none`, and then demand it.
            let others: &[AuthMethod] = match refused {
                AuthMethod::Basic => &[AuthMethod::Post],
                AuthMethod::Post => &[AuthMethod::Basic],
                AuthMethod::None => &[AuthMethod::Post, AuthMethod::Basic],
                AuthMethod::PrivateKeyJwt => &[],
            };
            if listed.is_none() { others.first().copied() } else { first(others) }
        }
    }
}

/// Adds client authentication: the way that the profile wants, else the client's own method. A way that needs a secret
/// becomes `client_id` alone for a public client.
pub(crate) fn authenticate(
    parts: &mut Parts,
    wanted: Option<&ClientAuthentication>,
    client: &Client,
    slots: &Slots<'_>,
) -> Result<(), BuildError> {
    match wanted {
        None => registered(parts, client.method, client, slots),
        Some(ClientAuthentication::Nothing) => Ok(()),
        Some(ClientAuthentication::Method(method)) => registered(parts, *method, client, slots),
        Some(
            ClientAuthentication::Basic(_)
            | ClientAuthentication::BasicWithId(_)
            | ClientAuthentication::BasicAndPost(_),
        ) if client.secret.is_none() => registered(parts, AuthMethod::None, client, slots),
        Some(ClientAuthentication::Basic(encoding)) => basic(parts, client, *encoding),
        Some(ClientAuthentication::BasicWithId(encoding)) => {
            id(parts, client);
            basic(parts, client, *encoding)
        }
        Some(ClientAuthentication::BasicAndPost(encoding)) => {
            id(parts, client);
            secret(parts, client);
            basic(parts, client, *encoding)
        }
        Some(ClientAuthentication::Custom(way)) => custom(parts, way, slots),
    }
}

/// One of the registered methods (RFC 7591 §2).
fn registered(parts: &mut Parts, method: AuthMethod, client: &Client, slots: &Slots<'_>) -> Result<(), BuildError> {
    match method {
        AuthMethod::Basic if client.secret.is_some() => basic(parts, client, BasicEncoding::UrlEncoded),
        AuthMethod::Post => {
            id(parts, client);
            secret(parts, client);
            Ok(())
        }
        AuthMethod::None | AuthMethod::Basic => {
            id(parts, client);
            Ok(())
        }
        AuthMethod::PrivateKeyJwt => private_key_jwt(parts, client, slots),
    }
}

/// HTTP Basic (RFC 6749 §2.3.1).
fn basic(parts: &mut Parts, client: &Client, encoding: BasicEncoding) -> Result<(), BuildError> {
    let credentials = client.basic_credentials(encoding).unwrap_or_default();
    parts.header(AUTHORIZATION.as_str(), &format!("Basic {credentials}"))
}

/// Nothing for a client that has no id: an assertion may speak for itself (RFC 7523 §3.1).
fn id(parts: &mut Parts, client: &Client) {
    parts.params.extend(client.id.clone().map(|id| ("client_id".into(), id)));
}

fn secret(parts: &mut Parts, client: &Client) {
    if let Some(secret) = &client.secret {
        parts.params.push(("client_secret".into(), secret.secret().clone()));
    }
}

/// `private_key_jwt` (RFC 7523 §2.2).
fn private_key_jwt(parts: &mut Parts, client: &Client, slots: &Slots<'_>) -> Result<(), BuildError> {
    let key = slots.key.ok_or(FillError::NoPrivateKey)?;
    let own = client.id.as_deref().ok_or(FillError::Absent("client id"))?;
    let signed = assertion::of_client(key, own, &client.issuer, slots.made()).map_err(FillError::from)?;
    id(parts, client);
    parts.params.push(("client_assertion_type".into(), assertion::TYPE.into()));
    parts.params.push(("client_assertion".into(), signed));
    Ok(())
}

/// A way of the provider's own.
fn custom(parts: &mut Parts, way: &CustomAuthentication, slots: &Slots<'_>) -> Result<(), BuildError> {
    for header in &way.headers {
        parts.header(&header.name, &fill(&header.value, slots)?)?;
    }
    for param in &way.params {
        parts.params.push((param.name.clone(), fill(&param.value, slots)?));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use url::Url;

    use super::*;
    use crate::issuer::Issuer;

    fn listing(methods: Option<&[&str]>) -> ServerMetadata {
        let url = Url::parse("https://as.example/x").expect("url");
        let mut metadata =
            ServerMetadata::explicit(Issuer::parse("https://as.example").expect("issuer"), url.clone(), url);
        if let Some(methods) = methods {
            metadata.document.insert("token_endpoint_auth_methods_supported".into(), json!(methods));
        }
        metadata
    }

    fn chosen(occasion: Occasion, methods: Option<&[&str]>) -> Option<AuthMethod> {
        choose(occasion, &listing(methods))
    }

    #[test]
    fn a_public_client_is_registered_where_that_is_offered_and_basic_where_nothing_is_said() {
        let registering = |methods| chosen(Occasion::Registering, methods);

        assert_eq!(registering(Some(&["client_secret_basic", "none"])), Some(AuthMethod::None));
        assert_eq!(registering(Some(&["client_secret_post"])), Some(AuthMethod::Post));
        assert_eq!(registering(Some(&["tls_client_auth"])), Some(AuthMethod::Basic));
        assert_eq!(registering(None), Some(AuthMethod::Basic));
    }

    #[test]
    fn a_configured_client_uses_what_it_has() {
        let with = |has_secret, has_key| Occasion::Configured { has_secret, has_key };

        assert_eq!(chosen(with(true, true), Some(&["client_secret_post"])), Some(AuthMethod::Post));
        assert_eq!(chosen(with(true, false), None), Some(AuthMethod::Basic));
        assert_eq!(chosen(with(false, true), None), Some(AuthMethod::PrivateKeyJwt));
        assert_eq!(chosen(with(false, false), Some(&["client_secret_post"])), Some(AuthMethod::None));
    }

    #[test]
    fn after_a_refusal_the_other_way_to_send_the_secret_is_tried_unless_the_issuer_lists_it_not() {
        let after = |refused, methods| chosen(Occasion::Refused(refused), methods);

        assert_eq!(after(AuthMethod::Basic, None), Some(AuthMethod::Post));
        assert_eq!(after(AuthMethod::None, Some(&["client_secret_basic"])), Some(AuthMethod::Basic));
        assert_eq!(after(AuthMethod::Post, Some(&["client_secret_post"])), None);
        assert_eq!(after(AuthMethod::PrivateKeyJwt, None), None);
    }
}
