//! What the hub tells those who run it: `/metrics`, and a line of the log for each request.

use mcphub_tests::scripted::{Answer, Asked, Scripted};
use mcphub_tests::{Authority, Client, Home, Hub, Shape, http, parsed_by_prometheus};
use serde_json::{Value, json};

use crate::sign_in;

/// A server with the tools `echo` and `fails`.
async fn server() -> Scripted {
    Scripted::start(|asked: &Asked| {
        let message = asked.message();
        match (message["method"].as_str(), message["params"]["name"].as_str()) {
            (Some("tools/list"), _) => {
                let tool = |name: &str| json!({"name": name, "inputSchema": {"type": "object"}});
                let tools = json!({"tools": [tool("echo"), tool("fails")]});
                Answer::json(200, &json!({"jsonrpc": "2.0", "id": message["id"], "result": tools}))
            }
            (Some("tools/call"), Some("nothing")) => {
                let error = json!({"code": -32602, "message": "no such tool"});
                Answer::json(200, &json!({"jsonrpc": "2.0", "id": message["id"], "error": error}))
            }
            (Some("tools/call"), Some("fails")) => {
                let result = json!({"content": [{"type": "text", "text": "canary-result"}], "isError": true});
                Answer::json(200, &json!({"jsonrpc": "2.0", "id": message["id"], "result": result}))
            }
            _ => asked.as_mcp(),
        }
    })
    .await
}

fn hub_of(server: &Scripted) -> Hub {
    Hub::of_one(&json!({"url": format!("{}/mcp", server.url)}))
}

/// The value of a sample, as it stands in the text.
fn value<'t>(text: &'t str, sample: &str) -> &'t str {
    let line = text.lines().find_map(|line| line.strip_prefix(sample)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("{sample} is not in\n{text}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_counted_by_server_method_and_how_they_ended() {
    let server = server().await;
    let hub = hub_of(&server);
    hub.until("notes", "connected").await;
    let client = Client::connect(&hub.mcp("notes")).await;

    client.call("echo", json!({})).await;
    client.call("echo", json!({})).await;
    client.call("fails", json!({})).await;
    client.request("tools/call", json!({"name": "nothing"})).await;
    client.request("x/invented", json!({})).await;
    let refused = http().post(hub.mcp("nobody")).body("{}").send().await.expect("an answer").status();
    assert_eq!(refused.as_u16(), 404);

    let text = hub.metrics().await;
    let count = |outcome: &str| {
        let labels = format!("{{server=\"notes\",method=\"tools/call\",outcome=\"{outcome}\"}}");
        value(&text, &format!("mcphub_request_duration_seconds_count{labels}"))
    };
    assert_eq!((count("ok"), count("is_error"), count("rpc_error")), ("2", "1", "1"));
    let of_method = |name: &str| value(&text, &format!("{name}{{server=\"notes\",method=\"tools/call\"}}"));
    assert_eq!(of_method("mcphub_request_hub_seconds_count"), "4");
    assert_eq!(of_method("mcphub_request_server_seconds_count"), "4");
    let sample = "mcphub_http_responses_total{server=\"\",method=\"unread\",status=\"404\"}";
    assert_eq!(value(&text, sample), "1");
    let sample = "mcphub_rpc_errors_total{server=\"notes\",method=\"tools/call\",code=\"-32602\"}";
    assert_eq!(value(&text, sample), "1");
    assert_eq!(value(&text, "mcphub_sessions{kind=\"client\"}"), "1");
    assert_eq!(value(&text, "mcphub_servers{server=\"notes\",state=\"connected\"}"), "1");
    assert!(text.contains("method=\"other\"") && !text.contains("invented"), "{text}");
    assert!(!text.contains("echo") && !text.contains("nobody"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn prometheus_reads_the_text() {
    let server = server().await;
    let hub = hub_of(&server);
    hub.until("notes", "connected").await;
    Client::connect(&hub.mcp("notes")).await.call("echo", json!({})).await;

    let Some(families) = parsed_by_prometheus(&hub.metrics().await) else { return };

    let families = families.as_array().expect("families").clone();
    let family = |name: &str| families.iter().find(|family| family["name"] == name).expect(name).clone();
    let requests = family("mcphub_request_duration_seconds");
    assert_eq!(requests["type"], "histogram");
    let samples = requests["samples"].as_array().expect("samples");
    let of_call = |sample: &&Value| sample["labels"]["method"] == "tools/call" && sample["labels"]["le"] == "+Inf";
    assert_eq!(samples.iter().find(of_call).expect("a bucket")["value"], 1.0);
    assert_eq!(family("mcphub_build_info")["samples"][0]["value"], 1.0);
    assert!(families.iter().all(|family| family["help"] != ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn logins_and_grants_are_measured_without_their_secrets() {
    let authority = Authority::start(Shape::PLAIN).await;
    let hub = Hub::of_one(&json!({"url": authority.server()}));
    hub.until("notes", "login_required").await;
    assert_eq!(value(&hub.metrics().await, "mcphub_grants{server=\"notes\",state=\"missing\"}"), "1");

    sign_in(&hub, "notes").await;

    let text = hub.metrics().await;
    assert_eq!(value(&text, "mcphub_logins_total{server=\"notes\",outcome=\"granted\"}"), "1");
    let exchange = "mcphub_login_steps_total{server=\"notes\",stage=\"exchange\",outcome=\"done\"}";
    assert_eq!(value(&text, exchange), "1");
    assert!(text.contains("mcphub_grants{server=\"notes\",state=\"valid\"} 1") || text.contains("near_end"), "{text}");
    let obtained = hub.home.json()["obtained"].to_string();
    let secrets: Vec<&str> = obtained.split('"').filter(|word| word.len() > 20 && !word.contains(' ')).collect();
    assert!(!secrets.is_empty() && secrets.iter().all(|secret| !text.contains(secret)), "{obtained}");
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_are_for_this_machine() {
    let hub = Hub::of_one(&json!({"command": "true"}));

    for (header, value) in
        [("x-forwarded-for", "192.0.2.1"), ("host", "hub.example"), ("origin", "https://evil.example")]
    {
        let answer = http().get(format!("{}/metrics", hub.url)).header(header, value).send().await.expect("an answer");
        assert_eq!(answer.status().as_u16(), 403, "{header}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_request_leaves_one_line_without_arguments_or_results() {
    let server = server().await;
    let settings = json!({"mcpServers": {"notes": {"url": format!("{}/mcp", server.url)}}});
    let hub = Hub::start_in(Home::new(&settings.to_string()), 0, &[("RUST_LOG", "info")]);
    hub.until("notes", "connected").await;
    let client = Client::connect(&hub.mcp("notes")).await;

    client.request("ping", json!({})).await;
    client.call("fails", json!({"secret": "canary-argument"})).await;
    hub.until_told("tools/call: is_error").await;

    let log = hub.log();
    let lines: Vec<&str> = log.lines().filter(|line| line.contains("tools/call: is_error")).collect();
    let [line] = lines[..] else { panic!("{log}") };
    for part in
        ["server=\"notes\"", "scope=\"notes\"", "tool=\"fails\"", "status=200", "hub_ms=", "server_ms=", "session="]
    {
        assert!(line.contains(part), "{part} is not in {line}");
    }
    assert!(line.contains("request_bytes=") && line.contains("answer_bytes="), "{line}");
    assert!(!log.contains("canary-argument") && !log.contains("canary-result"), "{log}");
    assert!(!log.contains("ping: ok"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_for_arguments_sees_them_in_the_line_without_the_secrets_that_the_hub_knows() {
    let server = server().await;
    let entry = json!({"url": format!("{}/mcp", server.url), "headers": {"X-Own": "canary-of-the-settings"}});
    let settings = json!({"mcpServers": {"notes": entry}}).to_string();
    let hub = Hub::start_as(Home::new(&settings), 0, (&[("RUST_LOG", "info")], &["--log-arguments"]));
    hub.until("notes", "connected").await;

    let client = Client::connect(&hub.mcp("notes")).await;
    client.call("fails", json!({"text": "shown-argument", "own": "canary-of-the-settings"})).await;
    hub.until_told("tools/call: is_error").await;

    let log = hub.log();
    assert!(log.contains("shown-argument"), "{log}");
    assert!(!log.contains("canary-of-the-settings") && !log.contains("canary-result"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stays_away_is_told_of_once() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let hub = Hub::of_one(&json!({"url": format!("http://{closed}/mcp")}));

    let mut pace = tokio::time::interval(std::time::Duration::from_millis(50));
    for _ in 0..600 {
        let view = hub.until("notes", "failed").await;
        if view["failure"]["attempts"].as_u64() >= Some(2) {
            break;
        }
        pace.tick().await;
    }

    assert!(hub.view("notes").await["failure"]["attempts"].as_u64() >= Some(2));
    let log = hub.log();
    let told = |line: &&str| line.contains(" WARN ") && line.contains("cannot be reached");
    assert_eq!(log.lines().filter(told).count(), 1, "{}", hub.log_lines());
}
