//! Profiles that say of tokens, requests and people's pages what no plugin may say: one test for each kind of lie.

use crate::support::load;

/// Why a plugin that tells this lie is not loaded.
async fn refusal(lie: &str) -> String {
    load(&format!("do={lie}")).await.expect_err("refused").to_string()
}

#[tokio::test]
async fn the_grant_type_is_not_set() {
    assert_eq!(
        refusal("set the grant type").await,
        "is refused: token-request.shape.extra[1].name names \"grant_type\", which belongs to the hub; leave it out"
    );
}

#[tokio::test]
async fn the_verifier_is_not_omitted() {
    assert_eq!(
        refusal("omit the verifier").await,
        "is refused: token-request.shape.omit[0] names \"code_verifier\", which cannot be changed; only grant_type, code, redirect_uri, refresh_token, client_id, client_secret, resource, scope can"
    );
}

#[tokio::test]
async fn a_cookie_is_not_set() {
    assert_eq!(
        refusal("set a cookie").await,
        "is refused: token-request.shape.headers[1].name names \"cookie\", which belongs to the hub; leave it out"
    );
}

#[tokio::test]
async fn a_header_is_one_line() {
    assert_eq!(
        refusal("split a header").await,
        "is refused: token-request.shape.headers[1].value[0] has a control character; remove it"
    );
}

#[tokio::test]
async fn a_token_is_not_captured() {
    assert_eq!(
        refusal("capture a token").await,
        "is refused: token-response.captures[0].at points at \"/data\", where a token is; point at a value that is no secret"
    );
}

#[tokio::test]
async fn a_token_is_not_shown_as_a_scope() {
    assert_eq!(
        refusal("show a token").await,
        "is refused: token-response.tokens[0].scope points at \"/data/refresh\", where a token is; point at a value that is no secret"
    );
}

#[tokio::test]
async fn one_token_is_for_the_server() {
    assert_eq!(
        refusal("no main token").await,
        "is refused: token-response.tokens has no rule that fills the slot \"main\"; add one"
    );
}

#[tokio::test]
async fn a_code_is_not_used_after_the_login() {
    assert_eq!(
        refusal("code in a refresh").await,
        "is refused: refresh.shape.extra[0].value uses the slot code, which may not stand here; allowed: all but code, verifier and state"
    );
}

#[tokio::test]
async fn a_revocation_goes_to_a_listed_host() {
    assert_eq!(
        refusal("revoke elsewhere").await,
        "is refused: revocation.plan.url leads to \"evil.example\", which is not in identity.hosts; add it there"
    );
}

#[tokio::test]
async fn the_authorization_of_requests_is_the_hubs() {
    assert_eq!(
        refusal("set the authorization").await,
        "is refused: requests.headers[1].name names \"authorization\", which belongs to the hub; leave it out"
    );
}

#[tokio::test]
async fn the_session_of_requests_is_the_hubs() {
    assert_eq!(
        refusal("set the session").await,
        "is refused: requests.headers[1].name names \"mcp-session-id\", which belongs to the hub; leave it out"
    );
}

#[tokio::test]
async fn a_secret_does_not_go_to_the_server() {
    assert_eq!(
        refusal("secret to the server").await,
        "is refused: requests.headers[1].value uses the slot client-secret, which may not stand here; allowed: input, captured, client-id"
    );
}

#[tokio::test]
async fn a_guide_does_not_show_a_secret() {
    assert_eq!(
        refusal("secret in a guide").await,
        "is refused: setup[0].steps[0].value uses the slot client-secret, which may not stand here; allowed: input, redirect-uri, redirect-host, scope, resource-uri"
    );
}

#[tokio::test]
async fn a_console_is_https() {
    assert_eq!(
        refusal("console without https").await,
        "is refused: setup[0].console-url is no https address; begin it with https:// or with the slot of an input that holds an address"
    );
}

#[tokio::test]
async fn a_date_is_a_date() {
    assert_eq!(refusal("bad date").await, "is refused: setup[0].checked-on is no date; write YYYY-MM-DD");
}

#[tokio::test]
async fn help_is_https() {
    assert_eq!(
        refusal("help without https").await,
        "is refused: errors[0].fault.help-url is no https address; begin it with https:// or with the slot of an input that holds an address"
    );
}

#[tokio::test]
async fn a_message_is_short() {
    assert_eq!(
        refusal("long message").await,
        "is refused: errors[0].fault.message is longer than 500 characters; shorten it"
    );
}
