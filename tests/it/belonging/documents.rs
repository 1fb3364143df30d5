//! A client of the hub's own document, where a server does not promise to name itself.

use super::*;

/// A server whose own authorization server reads metadata documents and does not say who answers.
async fn reader_of_documents() -> Hostile {
    let server = Hostile::start().await;
    server.demand_login("/mcp");
    names(&server, "/mcp", &format!("{}/mcp", server.url), &server.url);
    let mut metadata = metadata(&server.url, &format!("{}/authorize", server.url));
    metadata["client_id_metadata_document_supported"] = json!(true);
    server.answer("/.well-known/oauth-authorization-server", &metadata);
    let tokens = json!({"access_token": "canary-token", "token_type": "Bearer"});
    server.answer("/token", &tokens);
    server
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_does_not_say_who_answers_has_a_document_and_a_redirect_uri_of_their_own() {
    let (one, other) = (reader_of_documents().await, reader_of_documents().await);
    let hub = Hub::start(&json!({
        "systemConfig": {"install": {"baseUrl": "https://hub.example"}},
        "mcpServers": {"one": {"url": format!("{}/mcp", one.url)}, "other": {"url": format!("{}/mcp", other.url)}},
    }));
    let browser = Browser::with_proxy("https://hub.example", &hub.url);
    let mut asked = Vec::new();
    for server in ["one", "other"] {
        hub.until(server, "login_required").await;
        asked.push(browser.up_to_the_provider(&hub.link(server).await).await);
    }

    let documents: Vec<String> = asked.iter().map(|page| parameter(page, "client_id")).collect();
    let ways_back: Vec<String> = asked.iter().map(|page| parameter(page, "redirect_uri")).collect();
    assert!(documents[0] != documents[1] && ways_back[0] != ways_back[1], "{documents:?} {ways_back:?}");
    for (document, way_back) in documents.iter().zip(&ways_back) {
        let published = hub.get(document.trim_start_matches("https://hub.example")).await;
        assert_eq!((&published["client_id"], &published["redirect_uris"]), (&json!(document), &json!([way_back])));
    }

    // The answer of one at the address of the other, and at the address for all, is nobody's.
    let answer = format!("code=stolen&state={}", parameter(&asked[0], "state"));
    let trip = browser.follow(&format!("{}?{answer}", ways_back[1])).await;
    assert!(trip.page.contains("came to another address"), "{}", trip.page);
    assert_eq!(one.count("POST /token") + other.count("POST /token"), 0);
    let answer = format!("code=right&state={}", parameter(&asked[1], "state"));
    let trip = browser.follow(&format!("{}?{answer}", ways_back[1])).await;
    assert!(trip.page.contains("Signed in"), "{}", trip.page);
    let exchange = other.seen().into_iter().find(|seen| seen.request == "POST /token").expect("an exchange");
    let sent: Vec<(String, String)> = url::form_urlencoded::parse(exchange.body.as_bytes()).into_owned().collect();
    assert!(sent.contains(&("redirect_uri".to_owned(), ways_back[1].clone())), "{sent:?}");
}
