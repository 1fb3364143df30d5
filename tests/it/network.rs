//! The network around the hub: proxies, redirects, and what a name may lead to.

use std::sync::Arc;

use mcphub::connect::Refusal;
use mcphub::egress::Egress;
use mcphub_tests::scripted::{Answer, Asked, Scripted};
use mcphub_tests::{Client, Core, Home, Hub, text};
use reqwest::StatusCode;
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

fn home(url: &str) -> Home {
    Home::new(&json!({"mcpServers": {"notes": {"url": url}}}).to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_reached_through_the_proxy_of_the_environment() {
    let proxy = Scripted::start(Asked::as_mcp).await;
    let hub = Hub::start_in(home("http://mcp.corp.example/mcp"), 0, &[("HTTP_PROXY", &proxy.url)]);

    hub.until("notes", "connected").await;

    let asked = proxy.asked();
    assert!(asked.iter().all(|asked| asked.uri == "http://mcp.corp.example/mcp"), "{asked:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_proxy_names_and_what_is_local_goes_without_one() {
    let (proxy, server) = (Scripted::start(Asked::as_mcp).await, Scripted::start(Asked::as_mcp).await);
    let home = Home::new(
        &json!({"mcpServers": {
            "local": {"url": format!("{}/mcp", server.url)},
            "excepted": {"url": "http://mcp.corp.example/mcp"},
        }})
        .to_string(),
    );
    let hub = Hub::start_in(home, 0, &[("http_proxy", &proxy.url), ("NO_PROXY", "corp.example")]);

    hub.until("local", "connected").await;
    hub.until("excepted", "failed").await;

    assert!(proxy.asked().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_fails_is_named_without_its_password() {
    let proxy = Scripted::start(|_| Answer::of(502)).await;
    let with_password = proxy.url.replace("http://", "http://ann:proxy-passw0rd@");
    for (proxy_url, server) in [
        (with_password.as_str(), "http://mcp.corp.example/mcp"),
        ("http://ann:proxy-passw0rd@127.0.0.1:1", "https://mcp.corp.example/mcp"),
    ] {
        let hub = Hub::start_in(home(server), 0, &[("ALL_PROXY", proxy_url)]);

        let problem = text(&hub.until("notes", "failed").await, "/problem");

        let shown = proxy_url.replace("ann:proxy-passw0rd@", "");
        assert!(problem.contains(&format!("the proxy {shown}")), "{problem}");
        assert!(!hub.log().contains("proxy-passw0rd"));
    }
}

/// A proxy that opens no tunnel, and tells what it was asked for.
async fn closed_tunnel() -> (String, tokio::sync::mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let (told, heard) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let mut stream = BufReader::new(stream);
            let mut line = String::new();
            if stream.read_line(&mut line).await.is_ok() && told.send(line.trim().to_owned()).is_err() {
                return;
            }
            let refused = stream.write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n").await;
            drop(refused);
        }
    });
    (url, heard)
}

#[tokio::test(flavor = "multi_thread")]
async fn https_goes_through_a_tunnel_for_servers_and_for_logins() {
    let (proxy, mut heard) = closed_tunnel().await;
    let home = home("https://mcp.corp.example/mcp");
    let hub = Hub::start_in(home, 0, &[("HTTPS_PROXY", &proxy)]);
    assert_eq!(heard.recv().await.as_deref(), Some("CONNECT mcp.corp.example:443 HTTP/1.1"));
    drop(hub);
    let (proxy, mut heard) = closed_tunnel().await;

    let output = tokio::task::spawn_blocking(move || {
        let home = Home::new("{}");
        let mut command = home.command(&["--listen", "127.0.0.1:0", "auth", "doctor", "https://as.corp.example/mcp"]);
        command.env("https_proxy", &proxy).output().expect("runs")
    });

    assert_eq!(heard.recv().await.as_deref(), Some("CONNECT as.corp.example:443 HTTP/1.1"));
    let output = output.await.expect("ends");
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(printed.contains("asked through the proxy http://127.0.0.1:"), "{printed}");
}

/// An MCP server with a login whose addresses all end with a slash, to which it redirects.
fn slashed(asked: &Asked) -> Answer {
    let origin = &asked.origin;
    match (asked.path.as_str(), asked.header("authorization")) {
        ("/mcp/", "") => Answer::of(401).with(
            "www-authenticate",
            &format!("Bearer resource_metadata=\"{origin}/.well-known/oauth-protected-resource/mcp\""),
        ),
        ("/mcp/", _) => asked.as_mcp(),
        ("/.well-known/oauth-protected-resource/mcp/", _) => {
            Answer::json(200, &json!({"resource": format!("{origin}/mcp"), "authorization_servers": [origin]}))
        }
        ("/.well-known/oauth-authorization-server/", _) => Answer::json(
            200,
            &json!({
                "issuer": origin, "authorization_endpoint": format!("{origin}/authorize"),
                "token_endpoint": format!("{origin}/token"), "registration_endpoint": format!("{origin}/register"),
                "code_challenge_methods_supported": ["S256"], "response_types_supported": ["code"],
            }),
        ),
        ("/register", _) => Answer::json(201, &json!({"client_id": "client-1"})),
        ("/authorize", _) => Answer::redirect(
            302,
            &format!("{}?code=c0de-of-ann&state={}", asked.parameter("redirect_uri"), asked.parameter("state")),
        ),
        ("/token", _) => Answer::json(200, &json!({"access_token": "access-token-of-ann", "token_type": "Bearer"})),
        ("/mcp", _) => Answer::redirect(307, "/mcp/"),
        (path, _) if path.starts_with("/.well-known/") && !path.ends_with('/') => {
            Answer::redirect(301, &format!("{origin}{path}/"))
        }
        _ => Answer::of(404),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_that_adds_a_slash_is_followed_by_requests_and_by_discovery_and_told_once() {
    let server = Scripted::start(slashed).await;
    let hub = Hub::start_in(home(&format!("{}/mcp", server.url)), 0, &[]);
    hub.until("notes", "login_required").await;

    crate::sign_in(&hub, "notes").await;

    let client = Client::connect(&hub.mcp("notes")).await;
    assert_eq!(client.call("echo", json!({})).await, ("done".to_owned(), false));
    assert_eq!(server.count("POST /mcp"), 1, "the second request knows where to go");
    assert_eq!(hub.log_lines().matches("redirects from /mcp to /mcp/").count(), 1);
    let with_token = server.asked().into_iter().filter(|asked| !asked.header("authorization").is_empty());
    assert!(with_token.into_iter().all(|asked| asked.path == "/mcp/"));
}

#[tokio::test(flavor = "multi_thread")]
async fn any_other_redirect_is_refused_and_its_end_is_named_without_its_query() {
    let other = Scripted::start(Asked::as_mcp).await;
    let to = format!("{}/mcp/", other.url);
    let server = {
        let to = to.clone();
        Scripted::start(move |_| Answer::redirect(308, &format!("{to}?session=secret-query"))).await
    };
    let hub = Hub::start_in(home(&format!("{}/mcp", server.url)), 0, &[]);

    let problem = text(&hub.until("notes", "failed").await, "/problem");

    assert_eq!(problem, format!("notes has moved: it redirects to {to}; write that as its url"));
    assert!(other.asked().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_public_name_that_resolves_to_loopback_lets_its_metadata_reach_no_local_port() {
    let local = Scripted::start(|_| Answer::json(200, &json!({}))).await;
    let lookup = Arc::new(|_: String| -> futures::future::BoxFuture<'static, _> {
        Box::pin(async { Ok(vec!["127.0.0.1".parse().expect("address")]) })
    });
    let core = Core::within("https://mcp.public.example:1/mcp", Egress::new().resolved_by(lookup)).await;
    let port = local.url.rsplit(':').next().expect("a port");

    for place in [local.url.clone(), format!("http://localhost:{port}"), format!("http://mcp.public.example:{port}")] {
        let refusal = Refusal {
            status: StatusCode::UNAUTHORIZED,
            challenges: vec![format!("Bearer resource_metadata=\"{place}/prm\", authorization_server=\"{place}\"")],
            body: String::new(),
            tool: None,
        };
        let blocked = core.connector.refused("notes", refusal, None).await;
        assert!(blocked.is_err(), "{place}");
    }

    assert!(local.asked().is_empty(), "{:?}", local.asked());
}
