//! Keys, as programs and people meet them: every route, every scope, the challenge, the commands, the API, and the login page.

use mcphub_tests::scripted::{Asked, Scripted};
use mcphub_tests::{Home, Hub, http, text};
use reqwest::{Method, Response};
use serde_json::{Value, json};

mod exposed;
mod limits;
mod nginx;

const ALL: &str = "the-key-of-all-servers";
const NOTES: &str = "the-key-of-notes-alone";

/// Two servers, a key for both and one for `notes`.
fn settings(servers: [&Scripted; 2], more: &Value) -> Value {
    let [notes, other] = servers.map(|server| json!({"url": server.url}));
    let mut settings = json!({
        "mcpServers": {"notes": notes, "other": other},
        "groups": [{"name": "team", "servers": ["notes", "other"]}, {"name": "others", "servers": ["other"]}],
        "bearerKeys": [
            {"name": "all", "token": ALL, "enabled": true, "accessType": "all"},
            {"name": "notes", "token": NOTES, "enabled": true, "accessType": "servers", "allowedServers": ["notes"]},
            {"name": "off", "token": "a-key-that-is-switched-off", "enabled": false, "accessType": "all"},
        ],
    });
    settings.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    settings
}

async fn servers() -> [Scripted; 2] {
    [Scripted::start(Asked::as_mcp).await, Scripted::start(Asked::as_mcp).await]
}

async fn started(more: &Value) -> (Hub, [Scripted; 2]) {
    let servers = servers().await;
    let hub = Hub::start(&settings(servers.each_ref(), more));
    for server in ["notes", "other"] {
        hub.until(server, "connected").await;
    }
    (hub, servers)
}

/// Asks with these headers and, if it is a POST, this message.
async fn ask(url: &str, (method, key): (Method, Option<&str>), message: &Value) -> Response {
    let bearer = key.map(|key| format!("Bearer {key}"));
    let headers: Vec<(&str, &str)> = bearer.iter().map(|bearer| ("authorization", bearer.as_str())).collect();
    ask_with(url, method, &headers, message).await
}

async fn ask_with(url: &str, method: Method, headers: &[(&str, &str)], message: &Value) -> Response {
    let request = http().request(method, url).header("accept", "application/json, text/event-stream");
    let request = request.header("content-type", "application/json").body(message.to_string());
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    request.send().await.expect("the hub answers")
}

async fn document(answer: Response) -> Value {
    serde_json::from_slice(&answer.bytes().await.expect("a body")).expect("a document")
}

fn initialize() -> Value {
    let client = json!({"name": "test", "version": "1"});
    let params = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client});
    json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params})
}

/// Begins a session; its id.
async fn session(url: &str, key: &str) -> String {
    let begun = ask(url, (Method::POST, Some(key)), &initialize()).await;
    assert_eq!(begun.status(), 200);
    begun.headers()["mcp-session-id"].to_str().expect("text").to_owned()
}

async fn request_in(url: &str, (key, session): (&str, &str), method: &str, params: Value) -> (u16, Value) {
    let message = json!({"jsonrpc": "2.0", "id": 2, "method": method, "params": params});
    let headers = [("authorization", format!("Bearer {key}")), ("mcp-session-id", session.to_owned())];
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let answer = ask_with(url, Method::POST, &headers, &message).await;
    (answer.status().as_u16(), serde_json::from_str(&answer.text().await.expect("text")).unwrap_or_default())
}

async fn tools(url: &str, key: &str) -> Vec<String> {
    let session = session(url, key).await;
    let (_, answer) = request_in(url, (key, &session), "tools/list", json!({})).await;
    let tools = answer["result"]["tools"].as_array().expect("tools").clone();
    tools.iter().map(|tool| text(tool, "/name")).collect()
}

const ROUTES: &[(Method, &str)] = &[
    (Method::POST, "/mcp"),
    (Method::GET, "/mcp"),
    (Method::DELETE, "/mcp"),
    (Method::POST, "/mcp/notes"),
    (Method::GET, "/mcp/notes"),
    (Method::DELETE, "/mcp/notes"),
    (Method::POST, "/mcp/team"),
    (Method::POST, "/mcp/nothing"),
    (Method::POST, "/mcp/"),
    (Method::GET, "/sse"),
    (Method::GET, "/sse/notes"),
    (Method::POST, "/messages"),
    (Method::POST, "/messages?sessionId=1"),
    (Method::POST, "/messages/notes"),
];

#[tokio::test(flavor = "multi_thread")]
async fn no_mcp_route_is_served_without_a_key_or_with_a_wrong_one() {
    let (hub, _servers) = started(&json!({})).await;
    for (method, path) in ROUTES {
        for key in [None, Some("wrong"), Some("a-key-that-is-switched-off"), Some(""), Some(&ALL[1..])] {
            let answer = ask(&format!("{}{path}", hub.url), (method.clone(), key), &initialize()).await;
            // After some wrong keys, more are told to wait.
            if answer.status() != 429 || matches!(key, None | Some("")) {
                assert_eq!(answer.status(), 401, "{method} {path} {key:?}");
                assert!(answer.headers().contains_key("www-authenticate"), "{method} {path}");
            }
        }
        let right = ask(&format!("{}{path}", hub.url), (method.clone(), Some(ALL)), &initialize()).await;
        assert_ne!(right.status(), 401, "{method} {path}");
    }
    let basic = ask_with(&hub.mcp("notes"), Method::POST, &[("authorization", ALL)], &initialize()).await;
    assert_eq!(basic.status(), 401, "a token without its scheme is none");
}

#[tokio::test(flavor = "multi_thread")]
async fn both_generations_of_clients_need_a_key() {
    let (hub, _servers) = started(&json!({})).await;
    let meta = json!({"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"}});
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": meta}});
    let headers = |key: &'static str| {
        [("authorization", key), ("mcp-protocol-version", "2026-07-28"), ("mcp-method", "tools/list")]
    };
    let url = format!("{}/mcp", hub.url);

    let refused = ask_with(&url, Method::POST, &headers("Bearer wrong"), &message).await.status();
    let listed = ask_with(&url, Method::POST, &headers("Bearer the-key-of-notes-alone"), &message).await.text().await;

    assert_eq!(refused, 401);
    let listed = listed.expect("text");
    assert!(listed.contains("notes-echo") && !listed.contains("other-echo"), "{listed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_challenge_names_the_document_and_a_wrong_key_is_called_invalid() {
    let (hub, _servers) = started(&json!({})).await;
    for (path, of) in [("/mcp", "/mcp"), ("/mcp/notes", "/mcp/notes"), ("/sse", "/sse")] {
        let challenge = async |key: Option<&str>| {
            let answer = ask(&format!("{}{path}", hub.url), (Method::POST, key), &initialize()).await;
            answer.headers()["www-authenticate"].to_str().expect("text").to_owned()
        };
        let known_at = format!("{}/.well-known/oauth-protected-resource{of}", hub.url);

        assert_eq!(challenge(None).await, format!("Bearer resource_metadata=\"{known_at}\""));
        assert_eq!(
            challenge(Some("wrong")).await,
            format!("Bearer error=\"invalid_token\", resource_metadata=\"{known_at}\"")
        );
        let document: Value = self::document(http().get(&known_at).send().await.expect("answers")).await;
        assert_eq!(document["resource"], format!("{}{of}", hub.url));
        assert_eq!(document["bearer_methods_supported"], json!(["header"]));
        assert!(document.get("authorization_servers").is_none());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_looks_for_a_login_ends_at_a_sentence_that_says_what_to_do() {
    let (hub, _servers) = started(&json!({})).await;
    let at = |path: &str| format!("{}{path}", hub.url);

    let refused = ask(&at("/mcp"), (Method::POST, None), &initialize()).await.text().await.expect("text");
    let registered = ask(&at("/register"), (Method::POST, None), &json!({"client_name": "c"})).await;

    assert!(refused.contains("\"jsonrpc\":\"2.0\"") && refused.contains("mcphub keys add NAME"), "{refused}");
    assert_eq!(http().get(at("/.well-known/oauth-authorization-server")).send().await.expect("answers").status(), 404);
    assert_eq!(registered.status(), 403);
    let body: Value = document(registered).await;
    assert!(text(&body, "/error_description").contains("mcphub keys add NAME"), "{body}");
    assert_eq!(body["error"], "access_denied");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_keys_all_is_as_before() {
    let [notes, other] = servers().await;
    let hub = Hub::start(&json!({"mcpServers": {"notes": {"url": notes.url}, "other": {"url": other.url}}}));
    hub.until("notes", "connected").await;

    assert_eq!(ask(&hub.mcp("notes"), (Method::POST, None), &initialize()).await.status(), 200);
    assert_eq!(ask(&hub.mcp("notes"), (Method::POST, Some("any")), &initialize()).await.status(), 200);
    for path in ["/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp"] {
        assert_eq!(http().get(format!("{}{path}", hub.url)).send().await.expect("answers").status(), 404, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_sees_its_servers_and_no_other() {
    let (hub, [_, other]) = started(&json!({})).await;
    let all = format!("{}/mcp", hub.url);
    let before = other.asked().len();

    assert_eq!(tools(&all, ALL).await, ["notes-echo", "other-echo"]);
    let before = before.max(other.asked().len());
    assert_eq!(tools(&all, NOTES).await, ["notes-echo"]);
    assert_eq!(tools(&hub.mcp("team"), NOTES).await, ["notes-echo"]);
    assert_eq!(tools(&hub.mcp("notes"), NOTES).await, ["echo"]);
    for name in ["other", "others"] {
        let answer = ask(&hub.mcp(name), (Method::POST, Some(NOTES)), &initialize()).await;
        let unknown = ask(&hub.mcp("made-up"), (Method::POST, Some(NOTES)), &initialize()).await;
        assert_eq!((answer.status().as_u16(), unknown.status().as_u16()), (404, 404));
        let answer = answer.text().await.expect("text").replace(&format!("\\\"{name}\\\""), "N");
        assert_eq!(answer, unknown.text().await.expect("text").replace("\\\"made-up\\\"", "N"));
        assert!(!answer.contains("other"), "{answer}");
    }
    let begun = session(&all, NOTES).await;
    let call = |name: &str| json!({"name": name, "arguments": {}});
    let (_, answer) = request_in(&all, (NOTES, &begun), "tools/call", call("other-echo")).await;
    let (_, unknown) = request_in(&all, (NOTES, &begun), "tools/call", call("made-up-echo")).await;
    let (_, own) = request_in(&all, (NOTES, &begun), "tools/call", call("notes-echo")).await;
    assert_eq!(answer.to_string().replace("other-echo", "N"), unknown.to_string().replace("made-up-echo", "N"));
    assert_eq!(own["result"]["content"][0]["text"], "done");
    assert_eq!(other.asked().len(), before, "nobody asked the other server");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_of_the_key_that_opened_it() {
    let (hub, _servers) = started(&json!({})).await;
    let url = hub.mcp("notes");
    let of_notes = session(&url, NOTES).await;

    let (stolen, _) = request_in(&url, (ALL, &of_notes), "tools/list", json!({})).await;
    let (own, _) = request_in(&url, (NOTES, &of_notes), "tools/list", json!({})).await;

    assert_eq!((stolen, own), (404, 200));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_goes_to_no_server_also_where_its_header_would() {
    let [notes, other] = servers().await;
    let mut settings =
        settings([&notes, &other], &json!({"systemConfig": {"routing": {"bearerAuthHeaderName": "X-Key"}}}));
    settings["mcpServers"]["notes"]["passthroughHeaders"] = json!(["x-key", "x-other"]);
    let hub = Hub::start(&settings);
    hub.until("notes", "connected").await;
    let headers = [("x-key", format!("Bearer {ALL}")), ("x-other", "passes".to_owned())];
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();

    let begun = ask_with(&hub.mcp("notes"), Method::POST, &headers, &initialize()).await;
    let in_authorization = ask(&hub.mcp("notes"), (Method::POST, Some(ALL)), &initialize()).await;

    assert_eq!((begun.status().as_u16(), in_authorization.status().as_u16()), (200, 401));
    assert!(notes.asked().iter().any(|asked| asked.header("x-other") == "passes"));
    assert!(notes.asked().iter().all(|asked| asked.header("x-key").is_empty()));
    assert!(!hub.log().contains(ALL), "nor into the log");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_of_older_files_and_the_switch_are_understood() {
    let [notes, other] = servers().await;
    let of = |routing: Value| {
        let servers = json!({"notes": {"url": notes.url}, "other": {"url": other.url}});
        Hub::start(&json!({"mcpServers": servers, "systemConfig": {"routing": routing}}))
    };
    let (on, off) = (
        of(json!({"enableBearerAuth": true, "bearerAuthKey": "an-older-key-of-a-hub"})),
        of(json!({"enableBearerAuth": false, "bearerAuthKey": "an-older-key-of-a-hub"})),
    );
    let status = async |hub: &Hub, key| {
        ask(&format!("{}/mcp", hub.url), (Method::POST, key), &initialize()).await.status().as_u16()
    };

    assert_eq!((status(&on, None).await, status(&on, Some("an-older-key-of-a-hub")).await), (401, 200));
    assert_eq!((status(&off, None).await, status(&off, Some("any")).await), (200, 200));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_login_and_what_watches_the_process_need_is_served_without_a_key() {
    let (hub, _servers) = started(&json!({"systemConfig": {"install": {"baseUrl": "https://hub.example"}}})).await;
    for (path, status) in [
        ("/health", 200),
        ("/ready", 200),
        ("/oauth/client-metadata.json", 200),
        ("/assets/style.css", 200),
        // The callback's own answer: this browser began no login.
        ("/oauth/callback?state=a&code=b", 403),
        ("/connect/unknown", 404),
        ("/login", 200),
        ("/.well-known/oauth-protected-resource", 200),
        ("/api/servers", 401),
        ("/", 401),
    ] {
        let request = http().get(format!("{}{path}", hub.url)).header("host", "hub.example");
        assert_eq!(request.send().await.expect("answers").status(), status, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_this_machine_pages_and_api_need_no_key_and_through_a_proxy_an_admins() {
    let (hub, _servers) = started(&json!({"systemConfig": {"install": {"baseUrl": "https://hub.example"}}})).await;
    // Not even here does a program make itself a key that has none: the command proves who it is.
    let refused = hub.post_json("/api/keys", &json!({"name": "me", "admin": true})).await;
    let made = hub.home.run(&["keys", "add", "me", "--admin"]);
    let token = String::from_utf8(made.stdout).expect("text").trim().to_owned();
    let status = async |headers: &[(&str, &str)]| {
        let request = http().get(format!("{}/api/servers", hub.url));
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        request.send().await.expect("answers").status().as_u16()
    };

    assert_eq!(refused.0, 401, "{refused:?}");
    assert_eq!(status(&[]).await, 200);
    for through in [("x-forwarded-for", "203.0.113.9"), ("host", "hub.example")] {
        assert_eq!(status(&[through]).await, 401, "{through:?}");
        assert_eq!(status(&[through, ("authorization", &format!("Bearer {ALL}"))]).await, 403, "{through:?}");
        assert_eq!(status(&[through, ("authorization", "Bearer wrong")]).await, 401, "{through:?}");
        assert_eq!(status(&[through, ("authorization", &format!("Bearer {token}"))]).await, 200, "{through:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_made_listed_and_revoked_by_command_while_the_hub_runs() {
    let (hub, _servers) = started(&json!({})).await;
    let run = |arguments: &[&str]| {
        let output = hub.home.run(arguments);
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("text");
        (output.status.success(), text(&output.stdout).trim().to_owned(), text(&output.stderr))
    };

    let (is_made, key, told) = run(&["keys", "add", "phone", "--server", "notes"]);
    assert!(is_made && key.starts_with("mcphub_") && key.len() == 50, "{key} {told}");
    assert!(told.contains("is shown once"), "{told}");
    assert_eq!(tools(&format!("{}/mcp", hub.url), &key).await, ["notes-echo"]);
    let begun = session(&hub.mcp("notes"), &key).await;
    assert!(!hub.home.text().contains(&key) && hub.home.text().contains("\"digest\": \"sha256:"));
    assert!(!hub.log().contains(&key));

    let (_, listed, _) = run(&["keys", "list", "--json"]);
    let listed: Value = serde_json::from_str(&listed).expect("JSON");
    assert_eq!(listed[2], json!({"name": "phone", "source": "hub", "admin": false, "servers": ["notes"]}));
    let (again, _, told) = run(&["keys", "add", "phone"]);
    assert!(!again && told.contains("there is a key called \"phone\" already"), "{told}");

    let (is_revoked, _, told) = run(&["keys", "revoke", "phone"]);
    assert!(is_revoked, "{told}");
    assert_eq!(request_in(&hub.mcp("notes"), (&key, &begun), "tools/list", json!({})).await.0, 401);
    let (unknown, _, told) = run(&["keys", "revoke", "phone"]);
    assert!(!unknown && told.contains("there is no key called \"phone\""), "{told}");
    let (written, _, told) = run(&["keys", "revoke", "all"]);
    assert!(!written && told.contains("stands in bearerKeys"), "{told}");
}

#[test]
fn a_key_is_made_without_a_running_hub_and_what_a_person_wrote_stays() {
    let home = Home::new(
        "{\n  // mine\n  \"mcpServers\": {\"notes\": {\"url\": \"https://n.example/mcp\"}},\n  \"groups\": [{\"name\": \"g\", \"servers\": [\"notes\"]}]\n}\n",
    );

    let made = home.run(&["keys", "add", "a", "--group", "g", "--admin"]);
    let refused = home.run(&["keys", "add", "b", "--group", "h"]);
    let odd = home.run(&["keys", "add", "b c"]);
    let listed = home.run(&["keys", "list"]);

    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    assert!(String::from_utf8_lossy(&made.stderr).contains("from now on every MCP client must send a key"));
    assert!(home.text().starts_with("{\n  // mine\n") && home.text().contains("\"allowedGroups\""), "{}", home.text());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("there is no group called \"h\""));
    assert!(String::from_utf8_lossy(&odd.stderr).contains("cannot name a key"));
    assert!(String::from_utf8_lossy(&listed.stdout).contains("notes"));
    let revoked = home.run(&["keys", "revoke", "a"]);
    assert!(String::from_utf8_lossy(&revoked.stderr).contains("there is no key left"), "{revoked:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_endpoints_that_the_settings_switch_off_do_not_exist() {
    let [notes, other] = servers().await;
    let servers = json!({"notes": {"url": notes.url}, "other": {"url": other.url}});
    let groups = json!([{"id": "1f2e", "name": "team", "servers": ["notes"]}]);
    let routing = json!({"enableGlobalRoute": false, "enableGroupNameRoute": false});
    let hub = Hub::start(&json!({"mcpServers": servers, "groups": groups, "systemConfig": {"routing": routing}}));
    let status =
        async |path: &str| ask(&format!("{}{path}", hub.url), (Method::POST, None), &initialize()).await.status();

    assert_eq!((status("/mcp").await.as_u16(), status("/mcp/team").await.as_u16()), (404, 404));
    assert_eq!((status("/mcp/1f2e").await.as_u16(), status("/mcp/notes").await.as_u16()), (200, 200));
    let told = ask(&format!("{}/mcp", hub.url), (Method::POST, None), &initialize()).await.text().await.expect("text");
    assert!(told.contains("systemConfig.routing.enableGlobalRoute") && told.contains("notes, other, 1f2e"), "{told}");
}
