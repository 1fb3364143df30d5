//! What real servers do differently from the RFCs, one test for each that a login meets and that is no single provider's.

use mcphub_tests::authority::Habit;
use mcphub_tests::core::authorization;
use mcphub_tests::{Authority, Browser, Client, Core, Hub, Shape, text};
use serde_json::{Value, json};

use crate::sign_in;

async fn start() -> (Authority, Core) {
    let authority = Authority::start(Shape::PLAIN).await;
    let core = Core::start(&authority.server()).await;
    (authority, core)
}

async fn expect_open(authority: &Authority, core: &Core) {
    let used = core.call(|header| authority.opens(header)).await.expect("a credential");
    assert!(authority.opens(authorization(&used)));
}

/// Signs in although the authority differs so, and goes on after the token's end.
async fn expect_login(authority: &Authority, core: &Core) {
    core.sign_in().await;
    expect_open(authority, core).await;
    authority.forget_access_tokens();
    expect_open(authority, core).await;
    assert_eq!(authority.count("GET /authorize"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn protected_resource_metadata_that_names_one_authorization_server_outside_a_list() {
    let (authority, core) = start().await;
    authority.patch_resource(json!({"authorization_servers": null, "authorization_server": authority.url}));

    expect_login(&authority, &core).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn openid_discovery_only() {
    let (authority, core) = start().await;
    authority.adopt(Habit::OpenIdOnly);

    expect_login(&authority, &core).await;
    assert_eq!(authority.count("GET /.well-known/openid-configuration"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gap_where_s256_is_not_listed_is_refused_until_the_person_vouches_for_it() {
    let authority = Authority::start(Shape::PLAIN).await;
    authority.patch_metadata(json!({"code_challenge_methods_supported": null}));
    let hub = Hub::of_one(&json!({"url": authority.server()}));

    let view = hub.until("notes", "failed").await;
    assert!(text(&view, "/problem").contains("\"pkce\": \"assume\""), "{view:#}");
    let mut settings = hub.home.json();
    settings["mcpServers"]["notes"]["oauth"] = json!({"pkce": "assume"});
    std::fs::write(hub.home.settings(), settings.to_string()).expect("saved");
    hub.until("notes", "login_required").await;
    sign_in(&hub, "notes").await;

    hub.until("notes", "connected").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registration_for_listed_clients_only_that_answers_403_in_plain_text() {
    let authority = Authority::start(Shape::PLAIN).await;
    authority.adopt(Habit::ListedClientsOnly);
    let hub = Hub::of_one(&json!({"url": authority.server()}));

    let view = hub.until("notes", "setup_required").await;
    let page = Browser::new().follow(&hub.link("notes").await).await;

    assert!(text(&view, "/problem").contains("403"), "{view:#}");
    assert!(page.page.contains("client_id") || page.page.contains("Client ID"), "{}", page.page);
    assert!(!hub.log().contains("not on the list"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registered_secret_that_is_demanded_although_the_answer_says_none() {
    let (authority, core) = start().await;
    authority.patch_metadata(json!({"token_endpoint_auth_methods_supported": ["client_secret_post"]}));
    authority.patch_registration(json!({"token_endpoint_auth_method": "none"}));

    expect_login(&authority, &core).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registration_answer_that_leaves_the_method_out() {
    let (authority, core) = start().await;
    authority.patch_metadata(json!({"token_endpoint_auth_methods_supported": ["client_secret_post"]}));
    authority.patch_registration(json!({"token_endpoint_auth_method": null}));

    expect_login(&authority, &core).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_client_that_is_called_an_invalid_grant_is_registered_anew() {
    let authority = Authority::start(Shape::PLAIN).await;
    authority.adopt(Habit::UnknownClientIsInvalidGrant);
    let hub = Hub::of_one(&json!({"url": authority.server()}));
    hub.until("notes", "login_required").await;
    sign_in(&hub, "notes").await;
    authority.forget_clients();
    authority.forget_access_tokens();
    let client = Client::connect(&hub.mcp("notes")).await;

    let (told, failed) = client.call("list_issues", json!({})).await;
    assert!(failed && told.contains("notes needs a login"), "{told}");
    sign_in(&hub, "notes").await;

    assert_eq!(client.call("list_issues", json!({})).await, ("three issues".to_owned(), false));
    assert_eq!(authority.count("POST /register"), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lifetime_in_text_of_zero_and_absent() {
    for (lifetime, refreshes) in [(json!("3600"), 1), (json!(3600.0), 1), (json!(0), 0), (Value::Null, 0)] {
        let (authority, core) = start().await;
        authority.patch_tokens(json!({"expires_in": lifetime}));
        core.sign_in().await;

        core.advance(3590);
        expect_open(&authority, &core).await;

        assert_eq!(authority.count("POST /token"), 1 + refreshes, "{lifetime}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_without_a_type_or_with_a_scope_in_a_list() {
    for answer in [json!({"token_type": null}), json!({"scope": ["read", "write"]}), json!({"scope": null})] {
        let (authority, core) = start().await;
        authority.patch_tokens(answer);

        expect_login(&authority, &core).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_in_the_callback_that_nobody_promised_is_checked_all_the_same() {
    let (authority, core) = start().await;
    authority.patch_callback(json!({"iss": authority.url}));
    expect_login(&authority, &core).await;

    let authority = Authority::start(Shape::PLAIN).await;
    authority.patch_callback(json!({"iss": "https://another.example"}));
    let hub = Hub::of_one(&json!({"url": authority.server()}));
    hub.until("notes", "login_required").await;
    let trip = Browser::new().follow(&hub.link("notes").await).await;

    assert!(trip.page.contains("another.example") || trip.page.contains("issuer"), "{}", trip.page);
    assert_eq!(authority.count("POST /token"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_that_ends_the_earlier_access_token_costs_a_holder_one_more_look() {
    let authority = Authority::start(Shape { refresh_kills_access: true, ..Shape::PLAIN }).await;
    let core = Core::start(&authority.server()).await;
    core.sign_in().await;
    let beside = core.beside().await;
    expect_open(&authority, &beside).await;

    core.advance(3590);
    expect_open(&authority, &core).await;
    core.set_back(3590);
    expect_open(&authority, &beside).await;

    assert_eq!((authority.count("POST /token"), authority.reused()), (2, 0));
}
