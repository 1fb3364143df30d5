//! Headers of clients that go on to a server.

use super::{faults, server, warnings};

#[test]
fn headers_of_clients_go_on_if_they_are_named_and_the_hub_does_not_set_them_itself() {
    let with = |names: &str| format!(r#"{{"url": "https://a.example", "passthroughHeaders": {names}}}"#);

    let names: Vec<_> = server(&with(r#"["X-Request-Id", "x-request-id", "Cookie"]"#)).passthrough;
    assert_eq!(names, ["x-request-id", "cookie"]);
    for own in ["Host", "Content-Type", "Mcp-Session-Id", "Last-Event-ID"] {
        let text = with(&format!(r#"["{own}"]"#));
        assert!(server(&text).passthrough.is_empty());
        let expected = format!(
            "mcp_settings.json: mcpServers.a.passthroughHeaders: {own:?} does not go on, because the hub sets that header itself; take it out."
        );
        assert_eq!(warnings(&text), [expected]);
    }
    let expected = "mcp_settings.json: mcpServers.a.passthroughHeaders: \"a b\" is not the name of a header; use letters, digits and '-'.";
    assert_eq!(faults(&with(r#"["a b"]"#)), [expected]);
}

#[test]
fn an_authorization_of_clients_that_goes_on_without_oauth_means_that_the_hub_does_not_log_in() {
    let with = |more: &str| {
        server(&format!(r#"{{"url": "https://a.example", "passthroughHeaders": ["Authorization"]{more}}}"#))
            .uses_oauth()
    };

    assert!(!with(""));
    assert!(with(r#", "oauth": {}"#));
}
