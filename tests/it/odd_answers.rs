//! Authorization servers that are not quite as the RFCs say, and with which people log in all the same, or learn why not.

use mcphub_tests::{Authority, Browser, Hostile, Hub, Shape};
use serde_json::{Value, json};

use crate::sign_in;

#[tokio::test(flavor = "multi_thread")]
async fn an_optional_endpoint_that_is_empty_or_relative_does_not_end_the_login() {
    for odd in ["", "/revoke", "revoke"] {
        let authority = Authority::start(Shape::PLAIN).await;
        authority.patch_metadata(json!({"revocation_endpoint": odd, "introspection_endpoint": odd}));
        let hub = Hub::of_one(&json!({"url": authority.server()}));
        hub.until("notes", "login_required").await;

        sign_in(&hub, "notes").await;

        hub.until("notes", "connected").await;
        let told = hub.home.run(&["auth", "doctor", &authority.server()]);
        let told = String::from_utf8_lossy(&told.stdout).into_owned();
        assert!(told.contains("note revocation_endpoint: is there and no http(s) URL"), "{odd:?}: {told}");
    }
}

/// An authorization server of its own server, with this answer to registrations and tokens.
async fn authority_with(register: (u16, &Value), tokens: &Value) -> Hostile {
    let server = Hostile::start().await;
    let url = server.url.clone();
    server.demand_login("/mcp");
    let resource = json!({"resource": format!("{url}/mcp"), "authorization_servers": [url]});
    server.answer("/.well-known/oauth-protected-resource/mcp", &resource);
    let metadata = json!({
        "issuer": url, "authorization_endpoint": format!("{url}/authorize"), "token_endpoint": format!("{url}/token"),
        "registration_endpoint": format!("{url}/register"), "code_challenge_methods_supported": ["S256"],
    });
    server.answer("/.well-known/oauth-authorization-server", &metadata);
    server.answer_with(
        "/register",
        register.0,
        &[("content-type", "application/json".into())],
        &register.1.to_string(),
    );
    server.answer("/token", tokens);
    server
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registration_that_is_refused_for_one_member_is_tried_without_it() {
    let refusal = json!({"error": "invalid_client_metadata", "error_description": "application_type native is not supported here"});
    let server = authority_with((400, &refusal), &json!({})).await;
    let hub = Hub::of_one(&json!({"url": format!("{}/mcp", server.url)}));

    let view = hub.until("notes", "setup_required").await;

    let sent: Vec<Value> = server
        .seen()
        .iter()
        .filter(|seen| seen.request == "POST /register")
        .map(|seen| serde_json::from_str(&seen.body).expect("JSON"))
        .collect();
    assert_eq!(sent.len(), 2, "{sent:#?}");
    assert!(sent[0].get("application_type").is_some() && sent[1].get("application_type").is_none(), "{sent:#?}");
    assert_eq!(sent[0]["grant_types"], sent[1]["grant_types"]);
    assert!(view.to_string().contains("application_type native is not supported here"), "{view:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_no_request_could_carry_is_no_login() {
    for odd in ["good\r\nx-evil: 1", "a\nb", "a\u{0}b", "t\u{e9}"] {
        let tokens = json!({"access_token": odd, "token_type": "Bearer"});
        let server = authority_with((201, &json!({"client_id": "c"})), &tokens).await;
        let hub = Hub::of_one(&json!({"url": format!("{}/mcp", server.url)}));
        hub.until("notes", "login_required").await;
        let browser = Browser::new();
        let page = browser.up_to_the_provider(&hub.link("notes").await).await;
        let sent = |name: &str| page.query_pairs().find(|(key, _)| key == name).expect("sent").1.into_owned();

        let trip = browser.follow(&format!("{}?code=c&state={}", sent("redirect_uri"), sent("state"))).await;

        assert!(trip.page.contains("characters that no token may have"), "{odd:?}: {}", trip.page);
        assert_eq!(hub.home.json()["obtained"]["grants"], Value::Null, "{odd:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_shows_neither_the_password_nor_the_query_of_an_address() {
    let authority = Authority::start(Shape::PLAIN).await;
    let home = mcphub_tests::Home::new("{}");
    let url = authority.server().replace("http://", "http://ann:canary-password@") + "?key=canary-query";

    for arguments in [vec!["auth", "doctor", &url], vec!["auth", "doctor", &url, "--json"]] {
        let output = home.run(&arguments);
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(told.contains(&authority.server()), "{told}");
        assert!(!told.contains("canary-password") && !told.contains("canary-query"), "{told}");
    }
}
