//! What hooks are called with when a plugin is tried out.

use std::time::{Duration, UNIX_EPOCH};

use mcphub_oauth::hook::{ChallengeView, ClientKind, ClientView, Context, HeldToken, MaskedAnswer};
use mcphub_oauth::profile::{Comparison, MatchField, Pair, Profile};

/// A login as a hook may meet it.
pub(super) struct Example {
    pub(super) name: &'static str,
    pub(super) context: Context,
}

pub(super) fn pair(name: &str, value: &str) -> Pair {
    (name.to_owned(), value.to_owned())
}

pub(super) fn answer(status: u16, body: &str) -> MaskedAnswer {
    MaskedAnswer { status, headers: Vec::new(), body: body.to_owned(), claims: Vec::new() }
}

pub(super) fn challenge() -> ChallengeView {
    ChallengeView {
        status: 401,
        scheme: "Bearer".to_owned(),
        error: Some("invalid_token".to_owned()),
        scope: vec!["read".to_owned()],
        resource_metadata: None,
    }
}

/// A login that has just begun, and one that is done.
pub(super) fn examples(profile: &Profile) -> [Example; 2] {
    let server_url = server(profile);
    let variant = profile.matching.first().map(|rule| rule.variant.clone()).unwrap_or_default();
    let inputs = profile.inputs.iter().filter(|input| !input.secret);
    let inputs = inputs.map(|input| (input.key.clone(), input.default.clone().unwrap_or_default()));
    let begun = Context {
        variant,
        resource: server_url.clone(),
        server_url,
        issuer: None,
        protected_resource: None,
        server_metadata: None,
        inputs: inputs.collect(),
        captured: Vec::new(),
        client: None,
        redirect_uri: "http://localhost:3000/oauth/callback".to_owned(),
        requested_scopes: Vec::new(),
        granted_scopes: Vec::new(),
        tokens: Vec::new(),
        now: UNIX_EPOCH + Duration::from_hours(490_896),
    };
    let origin = url::Url::parse(&begun.server_url).map(|url| url.origin().ascii_serialization()).unwrap_or_default();
    let done = Context {
        issuer: Some(origin.clone()),
        protected_resource: Some(format!(r#"{{"resource":"{}"}}"#, begun.server_url)),
        server_metadata: Some(format!(r#"{{"issuer":"{origin}","token_endpoint":"{origin}/token"}}"#)),
        client: Some(ClientView {
            id: "c1".to_owned(),
            kind: ClientKind::Registered,
            authentication_method: "none".to_owned(),
            registration: Some(r#"{"client_id":"c1"}"#.to_owned()),
        }),
        requested_scopes: vec!["read".to_owned()],
        granted_scopes: vec!["read".to_owned()],
        tokens: vec![HeldToken { slot: "main".to_owned(), expires_at: Some(1_767_229_200), refreshable: true }],
        ..begun.clone()
    };
    [Example { name: "before a login", context: begun }, Example { name: "after a login", context: done }]
}

/// A server that the first rule which names one would match.
fn server(profile: &Profile) -> String {
    let conditions = profile.matching.iter().flat_map(|rule| &rule.conditions);
    let host =
        conditions.filter(|condition| condition.field == MatchField::ServerHost).find_map(|condition| match condition
            .comparison
        {
            Comparison::Exact => Some(condition.value.clone()),
            Comparison::Suffix => Some(format!("example{}", condition.value)),
            Comparison::Prefix => None,
        });
    format!("https://{}/mcp", host.unwrap_or_else(|| "mcp.example.com".to_owned()))
}
