//! Requests to the provider's endpoints in the shape that its profile wants.

use http::Request;
use url::Url;

use crate::build_error::BuildError;
use crate::client::Client;
use crate::client_auth::authenticate;
use crate::encoding::Parts;
use crate::mask::{Mask, sounds_secret};
use crate::profile::{ClientAuthentication, RequestShape};
use crate::template::{Slots, fill};

/// A request with these standard parameters, shaped: client authentication, renames, omissions, additions, placement.
pub(crate) fn request(
    endpoint: &Url,
    mut parts: Parts,
    shape: &RequestShape,
    client: &Client,
    slots: &Slots<'_>,
) -> Result<Request<Vec<u8>>, BuildError> {
    authenticate(&mut parts, shape.authentication.as_ref(), client, slots)?;
    parts.params.retain(|(name, _)| !shape.omit.contains(name));
    parts.query.retain(|(name, _)| !shape.omit.contains(name));
    for (name, _) in parts.params.iter_mut().chain(&mut parts.query) {
        if let Some((_, own)) = shape.renames.iter().find(|(standard, _)| standard == name) {
            name.clone_from(own);
        }
    }
    for param in &shape.extra {
        parts.params.push((param.name.clone(), fill(&param.value, slots)?));
    }
    for header in &shape.headers {
        parts.header(&header.name, &fill(&header.value, slots)?)?;
    }
    let mask = mask_of(&parts, shape, slots).with(client_secrets(client));
    Ok(mask.on(parts.build(endpoint, shape.method.into(), shape.placement)?))
}

/// Everything secret in a request: what slots hold, what the plugin's templates make of it, and what stands under names
/// that sound secret.
fn mask_of(parts: &Parts, shape: &RequestShape, slots: &Slots<'_>) -> Mask {
    let custom = match &shape.authentication {
        Some(ClientAuthentication::Custom(custom)) => custom.headers.iter().chain(&custom.params).collect(),
        _ => Vec::new(),
    };
    let params = shape.extra.iter().chain(&shape.headers).chain(custom);
    Mask::of_slots(slots, params.map(|param| &param.value)).with(secret_params(parts))
}

fn secret_params(parts: &Parts) -> Vec<String> {
    let named = parts.params.iter().chain(&parts.query).filter(|(name, _)| sounds_secret(name));
    named.map(|(_, value)| value.clone()).collect()
}

/// A client that stands in no slot, as that of an identity provider.
fn client_secrets(client: &Client) -> Vec<String> {
    client.secret.iter().map(|secret| secret.secret().clone()).collect()
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use http::header::AUTHORIZATION;

    use super::*;
    use crate::auth_method::AuthMethod;
    use crate::profile::{BasicEncoding, Param, Placement, Template};
    use crate::template::FillError;
    use crate::testing::slots;
    use crate::testing::{body, client};

    fn built(shape: &RequestShape, client: &Client) -> Request<Vec<u8>> {
        let parts = Parts {
            params: vec![("grant_type".into(), "authorization_code".into()), ("code".into(), "c d".into())],
            ..Parts::default()
        };
        request(&Url::parse("https://as.example/token").expect("url"), parts, shape, client, &slots()).expect("request")
    }

    fn authorization(request: &Request<Vec<u8>>) -> String {
        let value = request.headers().get(AUTHORIZATION).expect("header").to_str().expect("text");
        String::from_utf8(STANDARD.decode(value.strip_prefix("Basic ").expect("basic")).expect("base64")).expect("text")
    }

    #[test]
    fn basic_encodes_id_and_secret_as_the_rfc_says_unless_raw_is_wanted() {
        let client = client(AuthMethod::Basic, Some("s3cret+/="));
        let raw = RequestShape {
            authentication: Some(ClientAuthentication::Basic(BasicEncoding::Raw)),
            ..RequestShape::default()
        };

        assert_eq!(authorization(&built(&RequestShape::default(), &client)), "id%3A1:s3cret%2B%2F%3D");
        assert_eq!(authorization(&built(&raw, &client)), "id:1:s3cret+/=");
    }

    #[test]
    fn a_public_client_sends_its_id_even_where_the_plugin_wants_a_secret() {
        let shape = RequestShape {
            authentication: Some(ClientAuthentication::Method(AuthMethod::Post)),
            ..RequestShape::default()
        };

        let request = built(&shape, &client(AuthMethod::None, None));

        assert_eq!(body(&request), "grant_type=authorization_code&code=c+d&client_id=id%3A1");
    }

    #[test]
    fn renames_omissions_additions_and_json_are_the_plugins() {
        let shape = RequestShape {
            placement: Placement::Json,
            renames: vec![("client_id".into(), "app_id".into())],
            omit: vec!["grant_type".into()],
            extra: vec![Param { name: "v".into(), value: Template::literal("2") }],
            ..RequestShape::default()
        };

        let request = built(&shape, &client(AuthMethod::Post, Some("s")));

        assert_eq!(body(&request), r#"{"code":"c d","app_id":"id:1","client_secret":"s","v":"2"}"#);
    }

    #[test]
    fn parameters_may_go_into_the_query() {
        let shape = RequestShape {
            placement: Placement::Query,
            method: crate::profile::Method::Get,
            ..RequestShape::default()
        };

        let request = built(&shape, &client(AuthMethod::None, None));

        assert_eq!(request.uri().query(), Some("grant_type=authorization_code&code=c+d&client_id=id%3A1"));
        assert!(request.body().is_empty());
    }

    #[test]
    fn a_private_key_that_is_not_there_is_said() {
        let parts = Parts::default();
        let error = request(
            &Url::parse("https://as.example/token").expect("url"),
            parts,
            &RequestShape::default(),
            &client(AuthMethod::PrivateKeyJwt, None),
            &slots(),
        );

        assert_eq!(error.expect_err("no key"), FillError::NoPrivateKey.into());
    }
}
