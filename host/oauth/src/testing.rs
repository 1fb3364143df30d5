//! A client, a profile, slots with nothing in them and a body, for the tests of several modules.

use std::collections::BTreeMap;
use std::time::UNIX_EPOCH;

use http::Request;

use crate::auth_method::AuthMethod;
use crate::client::Client;
use crate::hook::ClientKind;
use crate::profile::{Identity, Inputs, Profile};
use crate::secret::ClientSecret;
use crate::slots::Slots;

pub(crate) fn client(method: AuthMethod, secret: Option<&str>) -> Client {
    Client {
        issuer: "https://as.example".into(),
        id: Some("id:1".into()),
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

static NO_INPUTS: std::sync::LazyLock<Inputs> = std::sync::LazyLock::new(Inputs::default);
static NO_SECRETS: BTreeMap<String, ClientSecret> = BTreeMap::new();

pub(crate) fn slots() -> Slots<'static> {
    Slots {
        inputs: &NO_INPUTS,
        extra_secrets: &NO_SECRETS,
        captured: &[],
        client: None,
        code: None,
        verifier: None,
        state: None,
        redirect_uri: None,
        resource: None,
        scope: None,
        tokens: None,
        key: None,
        now: UNIX_EPOCH,
        random: &|bytes| bytes.fill(7),
    }
}
