//! Builds requests to a provider's endpoints in the shape its profile wants.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Method, Request};
use serde_json::{Map, Value};
use url::Url;

use crate::assertion;
use crate::build_error::BuildError;
use crate::client::{AuthMethod, Client};
use crate::mask::{Mask, sounds_secret};
use crate::profile::{BasicEncoding, ClientAuthentication, CustomAuthentication, Pair, Placement, RequestShape};
use crate::template::{FillError, Slots, fill};

/// A request under construction.
#[derive(Default)]
pub(crate) struct Parts {
    pub(crate) params: Vec<Pair>,
    pub(crate) query: Vec<Pair>,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
}

impl Parts {
    pub(crate) fn header(&mut self, name: &str, value: &str) -> Result<(), BuildError> {
        let bad = || BuildError::Header(name.to_owned());
        let header = HeaderName::try_from(name).map_err(|_| bad())?;
        let mut value = HeaderValue::try_from(value).map_err(|_| bad())?;
        value.set_sensitive(true);
        self.headers.push((header, value));
        Ok(())
    }

    fn basic(&mut self, client: &Client, encoding: BasicEncoding) -> Result<(), BuildError> {
        let secret = client.secret.as_ref().map(|secret| secret.secret().as_str()).unwrap_or_default();
        let (id, secret) = match encoding {
            BasicEncoding::UrlEncoded => (form_encoded(&client.id), form_encoded(secret)),
            BasicEncoding::Raw => (client.id.clone(), secret.to_owned()),
        };
        self.header(AUTHORIZATION.as_str(), &format!("Basic {}", STANDARD.encode(format!("{id}:{secret}"))))
    }

    /// Nothing for a client that has none: an assertion may speak for itself (RFC 7523 §3.1).
    fn id(&mut self, client: &Client) {
        if client.id.is_empty() {
            return;
        }
        self.params.push(("client_id".into(), client.id.clone()));
    }

    fn secret(&mut self, client: &Client) {
        if let Some(secret) = &client.secret {
            self.params.push(("client_secret".into(), secret.secret().clone()));
        }
    }

    /// `private_key_jwt` (RFC 7523 §2.2).
    fn assertion(&mut self, client: &Client, slots: &Slots<'_>) -> Result<(), BuildError> {
        let key = slots.key.ok_or(FillError::NoPrivateKey)?;
        let signed = assertion::of_client(key, &client.id, &client.issuer, slots.made()).map_err(FillError::from)?;
        self.id(client);
        self.params.push(("client_assertion_type".into(), assertion::TYPE.into()));
        self.params.push(("client_assertion".into(), signed));
        Ok(())
    }

    fn custom(&mut self, custom: &CustomAuthentication, slots: &Slots<'_>) -> Result<(), BuildError> {
        for header in &custom.headers {
            self.header(&header.name, &fill(&header.value, slots)?)?;
        }
        for param in &custom.params {
            self.params.push((param.name.clone(), fill(&param.value, slots)?));
        }
        Ok(())
    }
}

/// RFC 6749 §2.3.1 and Appendix B.
fn form_encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// Adds client authentication: the profile's, else the client's own method. A way that needs a secret becomes
/// `client_id` alone for a public client.
pub(crate) fn authenticate(
    parts: &mut Parts,
    wanted: Option<&ClientAuthentication>,
    client: &Client,
    slots: &Slots<'_>,
) -> Result<(), BuildError> {
    let own = match client.method {
        AuthMethod::None => ClientAuthentication::None,
        AuthMethod::Basic => ClientAuthentication::Basic(BasicEncoding::UrlEncoded),
        AuthMethod::Post => ClientAuthentication::Post,
        AuthMethod::PrivateKeyJwt => ClientAuthentication::PrivateKeyJwt,
    };
    let way = match wanted.unwrap_or(&own) {
        ClientAuthentication::Post
        | ClientAuthentication::Basic(_)
        | ClientAuthentication::BasicWithId(_)
        | ClientAuthentication::BasicAndPost(_)
            if client.secret.is_none() =>
        {
            &ClientAuthentication::None
        }
        way => way,
    };
    match way {
        ClientAuthentication::Nothing => {}
        ClientAuthentication::None => parts.id(client),
        ClientAuthentication::Post => {
            parts.id(client);
            parts.secret(client);
        }
        ClientAuthentication::Basic(encoding) => parts.basic(client, *encoding)?,
        ClientAuthentication::BasicWithId(encoding) => {
            parts.basic(client, *encoding)?;
            parts.id(client);
        }
        ClientAuthentication::BasicAndPost(encoding) => {
            parts.basic(client, *encoding)?;
            parts.id(client);
            parts.secret(client);
        }
        ClientAuthentication::PrivateKeyJwt => parts.assertion(client, slots)?,
        ClientAuthentication::Custom(custom) => parts.custom(custom, slots)?,
    }
    Ok(())
}

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

impl Parts {
    /// The finished request. JSON is asked for, whatever comes.
    pub(crate) fn build(
        self,
        endpoint: &Url,
        method: Method,
        placement: Placement,
    ) -> Result<Request<Vec<u8>>, BuildError> {
        let Self { params, mut query, headers } = self;
        let (content_type, body) = match placement {
            _ if params.is_empty() => (None, Vec::new()),
            Placement::Form => (Some("application/x-www-form-urlencoded"), encode(&params).into_bytes()),
            Placement::Json => (Some("application/json"), json_object(params)),
            Placement::Query => {
                query.extend(params);
                (None, Vec::new())
            }
        };
        let url = with_query(endpoint, &query);
        let mut request = Request::builder().method(method).uri(url.as_str()).header(ACCEPT, "application/json");
        if let Some(content_type) = content_type {
            request = request.header(CONTENT_TYPE, content_type);
        }
        let mut request = request.body(body).map_err(|_| BuildError::Url)?;
        for (name, value) in headers {
            request.headers_mut().insert(name, value);
        }
        Ok(request)
    }
}

fn encode(pairs: &[Pair]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

pub(crate) fn json_object(params: Vec<Pair>) -> Vec<u8> {
    let object: Map<String, Value> = params.into_iter().map(|(name, value)| (name, Value::String(value))).collect();
    Value::Object(object).to_string().into_bytes()
}

pub(crate) fn with_query(url: &Url, query: &[Pair]) -> Url {
    let mut url = url.clone();
    if !query.is_empty() {
        url.query_pairs_mut().extend_pairs(query);
    }
    url
}

#[cfg(test)]
pub(crate) mod testing {
    //! A client for tests of other modules.

    use super::*;
    use crate::hook::ClientKind;
    use crate::profile::{Identity, Profile};
    use crate::secret::ClientSecret;

    pub(crate) fn client(method: AuthMethod, secret: Option<&str>) -> Client {
        Client {
            issuer: "https://as.example".into(),
            id: "id:1".into(),
            secret: secret.map(|secret| ClientSecret::new(secret.into())),
            secret_expires_at: None,
            method,
            kind: ClientKind::Registered,
            redirect_uri: "http://localhost:3000/oauth/callback".into(),
            registration: None,
            registration_access_token: None,
        }
    }

    /// What the RFCs say.
    pub(crate) fn profile() -> Profile {
        let identity = Identity {
            id: "x".into(),
            version: "1.0.0".into(),
            title: String::new(),
            description: String::new(),
            homepage: None,
            hosts: Vec::new(),
        };
        Profile::new(identity, Vec::new())
    }

    pub(crate) fn body(request: &Request<Vec<u8>>) -> String {
        String::from_utf8(request.body().clone()).expect("text")
    }
}

#[cfg(test)]
mod tests {
    use super::testing::{body, client};
    use super::*;
    use crate::profile::{Param, Template};
    use crate::template::testing::slots;

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
        let shape = RequestShape { authentication: Some(ClientAuthentication::Post), ..RequestShape::default() };

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
