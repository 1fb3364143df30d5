//! Grants and clients to store, and how to find a grant again.

use std::time::{Duration, UNIX_EPOCH};

use mcphub_oauth::auth_method::AuthMethod;
use mcphub_oauth::client::Client;
use mcphub_oauth::grant::{Grant, GrantKey, GrantOrigin, Token};
use mcphub_oauth::hook::ClientKind;
use mcphub_oauth::secret::{AccessToken, ClientSecret, RefreshToken};
use mcphub_oauth::server_address::ServerAddress;

use crate::store::{Store, Stored};

/// The only account of a server.
pub(in crate::store) fn key(server: &str) -> GrantKey {
    GrantKey::of_server(server)
}

/// Where the grants of these samples are good.
pub(in crate::store) fn address() -> ServerAddress {
    ServerAddress::parse("https://a.example/").expect("address")
}

/// A grant with this access token, and with every member set that can be kept.
pub(in crate::store) fn grant(access: &str) -> Grant {
    let token = Token {
        access: AccessToken::new(access.to_owned()),
        refresh: Some(RefreshToken::new(format!("{access}-refresh"))),
        expires_at: Some(UNIX_EPOCH + Duration::from_millis(1_700_000_000_250)),
        obtained_at: UNIX_EPOCH + Duration::from_secs(1_600_000_000),
    };
    Grant {
        address: address(),
        origin: GrantOrigin::Issuer("https://as.example".into()),
        client_id: Some("c".into()),
        resource: Some("https://a.example".into()),
        logged_in_at: Some(UNIX_EPOCH + Duration::from_secs(1_500_000_001)),
        tokens: [("main".to_owned(), token)].into(),
        primary: "main".into(),
        dpop: None,
        requested_scopes: vec!["read".into()],
        granted_scopes: Some(vec!["read".into()]),
        captured: vec![("tenant".into(), "t".into())],
        account_label: Some("Ann".into()),
        account_id: Some("1".into()),
    }
}

/// A registered client, with every member set that can be kept.
pub(in crate::store) fn client(issuer: &str, id: &str) -> Client {
    Client {
        issuer: issuer.into(),
        id: Some(id.into()),
        secret: Some(ClientSecret::new("s".into())),
        secret_expires_at: Some(UNIX_EPOCH + Duration::from_secs(1_900_000_000)),
        method: AuthMethod::Post,
        kind: ClientKind::Registered,
        redirect_uri: "http://localhost:3000/oauth/callback".into(),
        registration_access_token: Some(ClientSecret::new("rat".into())),
        registration: Some("{\"client_name\":\"hub\"}".into()),
    }
}

/// The access token of a grant.
pub(in crate::store) fn access(stored: &Stored<Grant>) -> &str {
    stored.value.primary().map(|token| token.access.secret().as_str()).unwrap_or_default()
}

/// The access token that a server would send.
pub(in crate::store) async fn found(store: &Store, server: &str) -> Option<String> {
    store.grant(&key(server), &address()).await.expect("read").map(|stored| access(&stored).to_owned())
}
