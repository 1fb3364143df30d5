//! A profile and grants for tests.

#![cfg(test)]

use std::collections::BTreeMap;
use std::time::{Duration, UNIX_EPOCH};

use mcphub_oauth::grant::{Grant, GrantOrigin, Token};
use mcphub_oauth::profile::{Identity, Profile};
use mcphub_oauth::secret::{AccessToken, RefreshToken};

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

pub(crate) fn grant(lifetime: Option<u64>, refresh: Option<&str>) -> Grant {
    let token = Token {
        access: AccessToken::new("at".into()),
        refresh: refresh.map(|token| RefreshToken::new(token.into())),
        expires_at: lifetime.map(|seconds| UNIX_EPOCH + Duration::from_secs(seconds)),
        obtained_at: UNIX_EPOCH,
    };
    Grant {
        address: mcphub_oauth::server_address::ServerAddress::parse("https://a.example/").expect("address"),
        origin: GrantOrigin::Preset,
        client_id: None,
        resource: None,
        logged_in_at: None,
        tokens: BTreeMap::from([("main".to_owned(), token)]),
        primary: "main".into(),
        dpop: None,
        requested_scopes: Vec::new(),
        granted_scopes: None,
        captured: Vec::new(),
        account_label: None,
        account_id: None,
    }
}
