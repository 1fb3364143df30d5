//! Servers that need no person: by the client's own credentials, by a key, by an assertion.

use mcphub_tests::authority::{CLIENT_ID, CLIENT_SECRET};
use mcphub_tests::{Authority, Client, Hub, Shape, text};
use serde_json::{Value, json};

async fn start(oauth: Value) -> (Authority, Hub) {
    let authority = Authority::start(Shape::PLAIN).await;
    let hub = Hub::of_one(&json!({"url": authority.server(), "oauth": oauth}));
    (authority, hub)
}

async fn call(hub: &Hub) -> (String, bool) {
    Client::connect(&hub.mcp("notes")).await.call("list_issues", json!({})).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_with_its_own_credentials_never_asks_a_person() {
    let oauth = json!({"grantType": "client_credentials", "clientId": CLIENT_ID, "clientSecret": CLIENT_SECRET});
    let (authority, hub) = start(oauth).await;

    hub.until("notes", "connected").await;
    let first = call(&hub).await;
    authority.forget_access_tokens();
    let second = call(&hub).await;

    assert_eq!((first.clone(), second), (first, ("three issues".to_owned(), false)));
    assert_eq!(authority.count("POST /token"), 2);
    assert_eq!(authority.count("GET /authorize") + authority.count("POST /register"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_secret_is_told_with_a_remedy_and_without_a_link() {
    let oauth =
        json!({"grantType": "client_credentials", "clientId": CLIENT_ID, "clientSecret": "canary-wrong-secret"});
    let (_authority, hub) = start(oauth).await;

    let view = hub.until("notes", "failed").await;
    let (told, failed) = call(&hub).await;

    assert!(text(&view, "/problem").contains("does not accept the client id and secret"), "{view:#}");
    assert!(failed && told.contains("does not accept") && !told.contains("/connect/"), "{told}");
    assert!(!hub.log().contains("canary-wrong-secret"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_for_a_grant_without_a_person_is_told_by_its_key() {
    for (oauth, expected) in [
        (json!({"grantType": "client_credentials"}), "oauth.clientId is missing"),
        (json!({"grantType": "client_credentials", "clientId": "${UNSET_CLIENT_ID}"}), "UNSET_CLIENT_ID must be set"),
        (
            json!({"grantType": "client_credentials", "clientId": "c", "privateKey": "keys/none.pem"}),
            "oauth.privateKey: ",
        ),
        (
            json!({"grantType": "client_credentials", "clientId": "c", "privateKey": "{\"kty\":\"oct\",\"k\":\"canary-key\"}"}),
            "the private key is neither PEM",
        ),
        (json!({"grantType": "jwt-bearer", "assertion": "workload/token"}), "oauth.assertion: "),
        (json!({"grantType": "jwt-bearer"}), "mcpServers.notes.oauth.assertion: is missing"),
        (
            json!({"enterprise": {"issuer": "https://idp.example", "clientId": "c"}}),
            "oauth.enterprise.idToken: is missing",
        ),
    ] {
        let (_authority, hub) = start(oauth.clone()).await;

        let view = hub.until("notes", "failed").await;

        assert!(text(&view, "/problem").contains(expected), "{oauth}: {view:#}");
        assert!(!hub.log().contains("canary-key") && !view.to_string().contains("canary-key"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authorization_server_for_programs_only_needs_no_login_page() {
    let authority = Authority::start(Shape::PLAIN).await;
    authority.patch_metadata(json!({"authorization_endpoint": null, "code_challenge_methods_supported": null}));
    let oauth = json!({"grantType": "client_credentials", "clientId": CLIENT_ID, "clientSecret": CLIENT_SECRET});
    let hub = Hub::of_one(&json!({"url": authority.server(), "oauth": oauth}));

    hub.until("notes", "connected").await;

    assert_eq!(call(&hub).await, ("three issues".to_owned(), false));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_told_that_there_is_no_page_for_them() {
    let authority = Authority::start(Shape::PLAIN).await;
    authority.patch_metadata(json!({"authorization_endpoint": null}));
    let hub = Hub::of_one(&json!({"url": authority.server()}));

    let view = hub.until("notes", "failed").await;

    assert!(text(&view, "/problem").contains("oauth.grantType"), "{view:#}");
}
