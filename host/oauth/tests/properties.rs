//! Whatever comes from elsewhere: no panic, no secret in an error, nothing without a bound. The fuzz targets in `host/fuzz/`
//! drive the same surfaces for longer.

mod surfaces;

use proptest::prelude::*;
use serde_json::{Value, json};
use surfaces::CANARY;

/// Pieces of a header that mean something, and some that do not.
fn header() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("Bearer ".to_owned()),
        Just("DPoP ".to_owned()),
        Just("Basic realm=\"x\", ".to_owned()),
        Just("scope=\"a b".to_owned()),
        Just("\\\"".to_owned()),
        Just("resource_metadata=\"https://mcp.example/.well-known/x\", ".to_owned()),
        Just("error=insufficient_scope,".to_owned()),
        Just("=,,= ;".to_owned()),
        Just("é\u{0}\t".to_owned()),
        "[ -~]{0,12}",
    ];
    prop::collection::vec(piece, 0..200).prop_map(|pieces| pieces.concat())
}

/// A value that no schema allows, or that somebody makes up.
fn hostile() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        Just(json!(1e308)),
        Just(json!("")),
        Just(json!("https://as.example")),
        Just(json!(format!("https://{CANARY}.example"))),
        Just(json!(CANARY)),
        Just(json!(format!("<script>{CANARY}</script>"))),
        Just(json!(CANARY.repeat(2_000))),
        "[ -~]{0,30}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map("[a-z_]{1,10}", inner, 0..5).prop_map(|map| json!(map)),
        ]
    })
}

/// The members that are read somewhere, with hostile values.
fn document(names: &'static [&'static str]) -> impl Strategy<Value = String> {
    let member = (prop::sample::select(names), hostile());
    prop::collection::vec(member, 0..12).prop_map(|members| {
        let object: serde_json::Map<_, _> = members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Value::Object(object).to_string()
    })
}

/// None of these can carry a secret of the hub's into an error: errors show names of endpoints and issuers only.
const METADATA: &[&str] = &[
    "authorization_endpoint",
    "token_endpoint",
    "registration_endpoint",
    "scopes_supported",
    "code_challenge_methods_supported",
    "authorization_servers",
    "token_endpoint_auth_methods_supported",
];
const TOKENS: &[&str] = &[
    "access_token",
    "refresh_token",
    "expires_in",
    "scope",
    "token_type",
    "error_description",
    "id_token",
    "issued_token_type",
    "client_id",
    "client_secret",
    "client_secret_expires_at",
    "device_code",
    "user_code",
    "verification_uri",
    "interval",
    "registration_access_token",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_challenge_of_any_bytes_is_read_without_harm(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        surfaces::challenges(&bytes);
    }

    #[test]
    fn a_challenge_of_any_pieces_is_read_without_harm(header in header()) {
        surfaces::challenges(header.as_bytes());
    }

    #[test]
    fn metadata_of_any_bytes_is_read_without_harm(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        surfaces::metadata(&bytes);
    }

    #[test]
    fn metadata_of_any_members_is_read_without_harm(document in document(METADATA)) {
        surfaces::metadata(document.as_bytes());
    }

    #[test]
    fn an_answer_of_any_bytes_is_read_without_harm(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        surfaces::token_answer(&bytes);
    }

    #[test]
    fn an_answer_of_any_members_shows_no_secret(document in document(TOKENS)) {
        surfaces::token_answer(document.as_bytes());
    }

    #[test]
    fn a_callback_of_any_text_is_read_without_harm(text in "[ -~]{0,400}") {
        surfaces::callback_query(text.as_bytes());
    }

    #[test]
    fn a_callback_with_a_code_never_shows_it(state in "[a-z]{1,8}", more in "[ -~]{0,40}") {
        surfaces::callback_query(format!("code={CANARY}-code&state={state}&{more}").as_bytes());
    }
}

#[test]
fn an_answer_that_is_nested_without_end_is_refused() {
    surfaces::token_answer("[".repeat(200_000).as_bytes());
    surfaces::metadata("{\"a\":".repeat(200_000).as_bytes());
}
