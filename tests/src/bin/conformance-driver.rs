//! The client under test for the conformance suite: a hub with the suite's server as its only entry, and in front of it a
//! person who follows every link and calls the first tool until it answers, or a client on the official SDK.
//!
//! Arguments: the hub's binary, the revision of the client if there is to be one, the server's URL (added by the suite). What a
//! person would have written into the settings comes from the suite's `MCP_CONFORMANCE_CONTEXT`.

#![expect(clippy::disallowed_methods, reason = "the suite speaks through the environment")]

use std::env;
use std::path::PathBuf;
use std::process::{ExitCode, Stdio};
use std::time::Duration;

use mcphub_tests::client::any_link_in;
use mcphub_tests::{Browser, Client, Hub, home, peers, text};
use serde_json::{Map, Value, json};
use tokio::time::timeout;

/// How often the person follows a link before giving up.
const PATIENCE: usize = 8;
/// How long a client may take; less than the suite gives the scenario.
const LIMIT: Duration = Duration::from_secs(40);
/// The client id that the suite expects of whoever has a Client ID Metadata Document.
const METADATA_DOCUMENT: &str = "https://conformance-test.local/client-metadata.json";

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let (binary, revision, server) = match arguments.as_slice() {
        [binary, server] => (binary, None, server),
        [binary, revision, server] => (binary, Some(revision), server),
        _ => {
            eprintln!("arguments: the hub's binary, a revision or nothing, the server's URL");
            return ExitCode::FAILURE;
        }
    };
    home::use_binary(PathBuf::from(binary));
    let context = env::var("MCP_CONFORMANCE_CONTEXT").unwrap_or_default();
    let mut settings = settings(server, &serde_json::from_str(&context).unwrap_or_default());
    let oauth = settings.pointer_mut("/mcpServers/server/oauth").and_then(Value::as_object_mut);
    if let Some(oauth) = oauth.filter(|oauth| oauth.contains_key("grantType") || oauth.contains_key("enterprise")) {
        oauth.insert("issuer".into(), json!(issuer_of(server).await));
    }
    let hub = Hub::start(&settings);
    let outcome = match revision {
        Some(revision) => play(&hub, revision).await,
        None => use_tool(&hub).await,
    };
    eprintln!("{}", hub.log_lines());
    match outcome {
        Ok(said) => {
            eprintln!("it says: {said}");
            ExitCode::SUCCESS
        }
        Err(problem) => {
            eprintln!("no answer: {problem}");
            ExitCode::FAILURE
        }
    }
}

/// The issuer that a person finds in the server's own documentation, and writes down where no person takes part later.
async fn issuer_of(server: &str) -> Option<String> {
    let url = url::Url::parse(server).ok()?;
    for path in [url.path(), ""] {
        let at = url.join(&format!("/.well-known/oauth-protected-resource{path}")).ok()?;
        let answer = mcphub_tests::http().get(at).send().await.ok()?.bytes().await.ok()?;
        let document: Value = serde_json::from_slice(&answer).unwrap_or_default();
        if let Some(issuer) = document.pointer("/authorization_servers/0").and_then(Value::as_str) {
            return Some(issuer.to_owned());
        }
    }
    None
}

/// Lets a client on the official SDK do what the scenario, which the suite names in the environment, wants done.
async fn play(hub: &Hub, revision: &str) -> Result<String, String> {
    let peers = peers::installed().ok_or("the peers are not installed")?;
    hub.until("server", "connected").await;
    let mut client = tokio::process::Command::new(peers::node(&peers));
    client.current_dir(peers).args(["--no-warnings", "scenario.mjs", &hub.mcp("server"), revision]);
    let output = timeout(LIMIT, client.stdin(Stdio::null()).kill_on_drop(true).output());
    let output = output.await.map_err(|_| "the client does not end".to_owned())?.map_err(|error| error.to_string())?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() { Ok(said) } else { Err(said) }
}

/// Calls the first tool, following links in between.
async fn use_tool(hub: &Hub) -> Result<String, String> {
    let client = Client::connect(&hub.mcp("server")).await;
    let browser = Browser::new();
    let mut said = String::new();
    for _ in 0..PATIENCE {
        let tools = client.tools().await;
        let tool = tools.first().map_or("test-tool", String::as_str);
        let (answer, failed) = client.call(tool, json!({})).await;
        said = answer;
        match any_link_in(&said) {
            None if failed => return Err(said),
            None => return Ok(said),
            Some(link) => drop(browser.follow(&link).await),
        }
    }
    Err(said)
}

/// The settings of a person who was told these things.
fn settings(server: &str, context: &Value) -> Value {
    let told = |name: &str| context.get(name).cloned();
    let mut oauth: Map<String, Value> = [
        ("clientId", told("client_id")),
        ("clientSecret", told("client_secret")),
        ("privateKey", told("private_key_pem")),
        ("signingAlgorithm", told("signing_algorithm")),
        ("assertion", told("valid_jwt")),
    ]
    .into_iter()
    .filter_map(|(key, value)| Some((key.to_owned(), value?)))
    .collect();
    match text(context, "/name").as_str() {
        "auth/client-credentials-basic" | "auth/client-credentials-jwt" => {
            oauth.insert("grantType".into(), json!("client_credentials"));
        }
        "auth/wif-jwt-bearer" => {
            oauth.insert("grantType".into(), json!("jwt-bearer"));
        }
        "auth/enterprise-managed-authorization" => {
            let enterprise = json!({
                "issuer": told("idp_issuer"),
                "tokenEndpoint": told("idp_token_endpoint"),
                "clientId": told("idp_client_id"),
                "idToken": told("idp_id_token"),
            });
            oauth.insert("enterprise".into(), enterprise);
        }
        _ => {}
    }
    json!({
        "mcpServers": { "server": { "url": server, "oauth": oauth } },
        "systemConfig": { "oauthClient": { "clientIdMetadataUrl": METADATA_DOCUMENT } },
    })
}
