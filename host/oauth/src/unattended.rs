//! Grants without a person: `client_credentials` (RFC 6749 §4.4), assertions (RFC 7523 §2.1), and the exchange of an ID
//! token for such an assertion (RFC 8693; enterprise-managed authorization).

use http::{Request, Response};
use url::Url;

use crate::body::read_body;
use crate::build_error::BuildError;
use crate::client::Client;
use crate::encoding::Parts;
use crate::endpoint_request;
use crate::profile::{Pair, Profile, RequestShape};
use crate::resource::{self, ResourceStep};
use crate::scopes;
use crate::secret::IdToken;
use crate::server_metadata::ServerMetadata;
use crate::template::Slots;
use crate::token::TokenError;

/// The `grant_type` of an assertion (RFC 7523 §2.1).
const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// The `grant_type` of a token exchange (RFC 8693 §2.1).
const TOKEN_EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
/// The type of an ID token in an exchange (RFC 8693 §3).
const ID_TOKEN: &str = "urn:ietf:params:oauth:token-type:id_token";
/// Identity assertion authorization grant (draft-ietf-oauth-identity-assertion-authz-grant §4.3).
const ID_JAG: &str = "urn:ietf:params:oauth:token-type:id-jag";

/// What a grant is asked for with.
#[derive(Clone, Copy)]
pub enum Presented<'a> {
    /// The client's own credentials.
    Client,
    /// A signed assertion about the person or the client.
    Assertion(&'a IdToken),
}

/// What a grant is asked for.
#[derive(Clone, Copy)]
pub struct WantedGrant<'a> {
    /// The scopes.
    pub scopes: &'a [String],
    /// What templates are filled from.
    pub slots: &'a Slots<'a>,
}

/// The request for a grant. `slots` carries the client, the resource and the scopes.
pub fn request(
    presented: Presented<'_>,
    client: &Client,
    metadata: &ServerMetadata,
    profile: &Profile,
    wanted: WantedGrant<'_>,
) -> Result<Request<Vec<u8>>, BuildError> {
    let WantedGrant { scopes: wanted, slots } = wanted;
    let mut parts = Parts::default();
    match presented {
        Presented::Client => parts.params.push(("grant_type".into(), "client_credentials".into())),
        Presented::Assertion(assertion) => {
            parts.params.push(("grant_type".into(), JWT_BEARER.into()));
            parts.params.push(("assertion".into(), assertion.secret().to_owned()));
        }
    }
    parts.params.extend(scopes::write(&profile.scopes, wanted).into_iter().filter(|(_, value)| !value.is_empty()));
    parts.params.extend(resource::param(&profile.resource_indicator, ResourceStep::Token, slots)?);
    endpoint_request::request(&metadata.token_endpoint, parts, &profile.token_request.shape, client, slots)
}

/// What an identity provider is asked for.
#[derive(Clone, Copy)]
pub struct UnattendedExchange<'a> {
    /// The token endpoint of the identity provider.
    pub endpoint: &'a Url,
    /// The hub's identity there.
    pub client: &'a Client,
    /// Who the person is.
    pub id_token: &'a IdToken,
    /// The issuer that the assertion is for.
    pub audience: &'a str,
    /// The MCP server that it is for.
    pub resource: &'a str,
    /// The scopes, joined by spaces.
    pub scope: &'a str,
}

/// Asks an identity provider for an assertion (RFC 8693 §2.1).
pub fn exchange_request(asked: UnattendedExchange<'_>, slots: &Slots<'_>) -> Result<Request<Vec<u8>>, BuildError> {
    let pairs = [
        ("grant_type", TOKEN_EXCHANGE),
        ("requested_token_type", ID_JAG),
        ("audience", asked.audience),
        ("resource", asked.resource),
        ("scope", asked.scope),
        ("subject_token", asked.id_token.secret()),
        ("subject_token_type", ID_TOKEN),
    ];
    let params: Vec<Pair> = pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let parts =
        Parts { params: params.into_iter().filter(|(_, value)| !value.is_empty()).collect(), ..Parts::default() };
    endpoint_request::request(asked.endpoint, parts, &RequestShape::default(), asked.client, slots)
}

/// The assertion in an identity provider's answer (RFC 8693 §2.2.1: `access_token` holds whatever was asked for).
pub fn exchange_accept(response: &Response<Vec<u8>>) -> Result<IdToken, TokenError> {
    let status = response.status().as_u16();
    let body = read_body(response).ok_or(TokenError::Unreadable(status))?;
    let text = |name: &str| body.get(name).and_then(serde_json::Value::as_str);
    if !response.status().is_success() {
        return Err(TokenError::Refused { status, code: text("error").map(crate::error::plain) });
    }
    let assertion = text("access_token").filter(|_| text("issued_token_type") == Some(ID_JAG));
    assertion.filter(|text| !text.is_empty()).map(|text| IdToken::new(text.to_owned())).ok_or(TokenError::NoToken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth_method::AuthMethod;
    use crate::testing::slots;
    use crate::testing::{body, client};

    fn answer(status: u16, body: &str) -> Response<Vec<u8>> {
        let response = Response::builder().status(status).header("content-type", "application/json");
        response.body(body.as_bytes().to_vec()).expect("response")
    }

    #[test]
    fn an_identity_provider_is_asked_for_an_assertion_to_one_issuer_and_resource() {
        let endpoint = Url::parse("https://idp.example/token").expect("url");
        let (client, id_token) = (client(AuthMethod::None, None), IdToken::new("it".into()));

        let request = exchange_request(
            UnattendedExchange {
                endpoint: &endpoint,
                client: &client,
                id_token: &id_token,
                audience: "https://as.example",
                resource: "https://mcp.example/mcp",
                scope: "",
            },
            &slots(),
        );

        let sent = body(&request.expect("request"));
        let expected = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange\
             &requested_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aid-jag&audience=https%3A%2F%2Fas.example\
             &resource=https%3A%2F%2Fmcp.example%2Fmcp&subject_token=it\
             &subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aid_token&client_id=id%3A1";
        assert_eq!(sent, expected);
    }

    #[test]
    fn a_token_of_another_type_is_no_assertion() {
        let other =
            answer(200, r#"{"access_token":"at","issued_token_type":"urn:ietf:params:oauth:token-type:access_token"}"#);

        assert_eq!(exchange_accept(&other).expect_err("no assertion"), TokenError::NoToken);
    }

    #[test]
    fn a_refusal_keeps_its_name() {
        let error = exchange_accept(&answer(400, r#"{"error":"invalid_grant"}"#)).expect_err("refused");

        assert_eq!(error, TokenError::Refused { status: 400, code: Some("invalid_grant".into()) });
    }
}
