//! A registered client's own record at its issuer (RFC 7592): a secret that ends is renewed there, and the client stays the
//! same one, with every grant that is bound to it.

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Request, Response};
use serde_json::{Map, Value};
use url::Url;

use crate::client::Client;
use crate::hook::AnswerVerdict;
use crate::issuer::Issuer;
use crate::json;
use crate::profile::SecretPolicy;
use crate::registration::{self, Expected, RegistrationError};

/// What an answer says and a request must not (RFC 7592 §2.2).
const NOT_SENT: [&str; 4] =
    ["registration_client_uri", "registration_access_token", "client_secret_expires_at", "client_id_issued_at"];

/// Where the client's record is; none: the issuer keeps none that the client can reach.
#[must_use]
pub fn endpoint(client: &Client) -> Option<Url> {
    client.registration_access_token.as_ref()?;
    let url = Url::parse(&json::text(&known(client)?, "registration_client_uri")?).ok()?;
    matches!(url.scheme(), "https" | "http").then_some(url)
}

/// Asks for the same client again (RFC 7592 §2.2): an issuer whose secrets end gives a new one with the answer.
pub fn request(endpoint: &Url, client: &Client) -> Result<Request<Vec<u8>>, http::Error> {
    let mut body = known(client).unwrap_or_default();
    for name in NOT_SENT {
        body.shift_remove(name);
    }
    body.insert("client_id".into(), Value::from(client.id.clone()));
    let mut request =
        Request::put(endpoint.as_str()).header(CONTENT_TYPE, "application/json").header(ACCEPT, "application/json");
    if let Some(token) = &client.registration_access_token {
        let mut value = HeaderValue::try_from(format!("Bearer {}", token.secret()))?;
        value.set_sensitive(true);
        request = request.header(AUTHORIZATION, value);
    }
    request.body(Value::Object(body).to_string().into_bytes())
}

/// The client as the answer describes it (RFC 7592 §3); what the answer leaves out stays. Another client's record is
/// refused.
pub fn accept(client: &Client, response: &Response<Vec<u8>>) -> Result<Client, RegistrationError> {
    let (issuer, sent) = (Issuer::parse(&client.issuer), known(client).unwrap_or_default());
    let issuer = issuer.map_err(|_| RegistrationError::NoClientId)?;
    let expected =
        Expected { issuer: &issuer, sent: &sent, secret: SecretPolicy::AsReturned, verdict: AnswerVerdict::Accept };
    let answered = registration::accept(expected, response)?;
    if answered.id != client.id {
        return Err(RegistrationError::NoClientId);
    }
    let mut registration = sent;
    registration.extend(known(&answered).unwrap_or_default());
    let has_secret = answered.secret.is_some();
    Ok(Client {
        secret_expires_at: if has_secret { answered.secret_expires_at } else { client.secret_expires_at },
        secret: answered.secret.or_else(|| client.secret.clone()),
        registration_access_token: answered
            .registration_access_token
            .or_else(|| client.registration_access_token.clone()),
        registration: Some(Value::Object(registration).to_string()),
        ..client.clone()
    })
}

fn known(client: &Client) -> Option<Map<String, Value>> {
    serde_json::from_str(client.registration.as_deref()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth_method::AuthMethod;
    use crate::hook::ClientKind;
    use crate::secret::ClientSecret;
    use std::time::{Duration, UNIX_EPOCH};

    fn client() -> Client {
        Client {
            issuer: "https://as.example".into(),
            id: Some("c1".into()),
            secret: Some(ClientSecret::new("old".into())),
            secret_expires_at: Some(UNIX_EPOCH + Duration::from_secs(100)),
            method: AuthMethod::Basic,
            kind: ClientKind::Registered,
            redirect_uri: "http://localhost:3000/oauth/callback".into(),
            registration: Some(
                r#"{"client_id":"c1","client_name":"MCPHub","client_secret_expires_at":100,"registration_client_uri":"https://as.example/register/c1"}"#.into(),
            ),
            registration_access_token: Some(ClientSecret::new("rat".into())),
        }
    }

    fn answered(status: u16, body: &str) -> Result<Client, RegistrationError> {
        let response = Response::builder().status(status).header("content-type", "application/json");
        accept(&client(), &response.body(body.as_bytes().to_vec()).expect("response"))
    }

    #[test]
    fn the_record_is_asked_for_with_its_token_and_without_what_only_an_answer_says() {
        let request = request(&endpoint(&client()).expect("endpoint"), &client()).expect("request");

        assert_eq!((request.method().as_str(), request.uri().path()), ("PUT", "/register/c1"));
        assert_eq!(request.headers().get("authorization").expect("token"), "Bearer rat");
        let body: Value = serde_json::from_slice(request.body()).expect("json");
        assert_eq!(body, serde_json::json!({"client_id": "c1", "client_name": "MCPHub"}));
    }

    #[test]
    fn a_client_without_a_token_or_an_address_has_no_record() {
        let without_token = Client { registration_access_token: None, ..client() };
        let without_address = Client { registration: Some("{}".into()), ..client() };

        assert_eq!((endpoint(&without_token), endpoint(&without_address)), (None, None));
    }

    #[test]
    fn a_new_secret_and_a_new_token_take_the_place_of_the_old_ones() {
        let body = r#"{"client_id":"c1","client_secret":"new","client_secret_expires_at":901,"registration_access_token":"rat2"}"#;

        let renewed = answered(200, body).expect("client");

        assert_eq!(renewed.secret.as_ref().map(ClientSecret::secret).map(String::as_str), Some("new"));
        assert_eq!(renewed.secret_expires_at, Some(UNIX_EPOCH + Duration::from_secs(901)));
        assert_eq!(renewed.registration_access_token.as_ref().map(|token| token.secret().as_str()), Some("rat2"));
        assert_eq!(endpoint(&renewed).expect("endpoint").path(), "/register/c1");
        assert!(!renewed.registration.expect("registration").contains("rat2"));
    }

    #[test]
    fn an_answer_without_a_secret_changes_neither_it_nor_its_end() {
        let renewed = answered(200, r#"{"client_id":"c1"}"#).expect("client");

        assert_eq!(renewed.secret.as_ref().map(ClientSecret::secret).map(String::as_str), Some("old"));
        assert_eq!(renewed.secret_expires_at, client().secret_expires_at);
    }

    #[test]
    fn a_refusal_and_another_clients_record_change_nothing() {
        assert!(answered(401, r#"{"error":"invalid_token"}"#).is_err());
        assert_eq!(answered(200, r#"{"client_id":"c2"}"#).expect_err("another"), RegistrationError::NoClientId);
    }
}
