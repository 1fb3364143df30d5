//! What discovery finds, and what it refuses.

use serde_json::json;

use super::learned;
use super::search::discover;
use crate::connect::core::error::{ConnectError, DiscoveryError};
use crate::connect::core::target::Source;
use crate::connect::workbench::{ISSUER, SERVER, Workbench, metadata};

const RESOURCE: &str = "GET /.well-known/oauth-protected-resource/mcp";

#[tokio::test]
async fn the_server_names_its_authorization_server() {
    let bench = Workbench::new(json!({})).await;

    let found = bench.discovered().await;

    assert_eq!(found.metadata.issuer.as_str(), ISSUER);
    assert_eq!((found.resource.as_str(), found.source), (SERVER, Source::Published));
    assert_eq!(bench.provider.asked("POST /token").len(), 0, "discovery sends nothing to the token endpoint");
}

#[tokio::test]
async fn metadata_of_another_resource_or_another_issuer_is_refused() {
    let bench = Workbench::new(json!({})).await;
    let mut other = metadata();
    other["issuer"] = json!("https://evil.example");

    bench.provider.answer("GET /.well-known/oauth-authorization-server", 200, other);
    let issuer = discover(&bench.core, &bench.entry(), None).await.err().expect("another issuer");
    bench.provider.answer(RESOURCE, 200, json!({"resource": "https://other.example/mcp"}));
    let resource = discover(&bench.core, &bench.entry(), None).await.err().expect("another resource");

    assert!(matches!(issuer, ConnectError::Discovery(DiscoveryError::Metadata(_))), "{issuer}");
    assert!(matches!(resource, ConnectError::Discovery(DiscoveryError::ProtectedResource(_))), "{resource}");
}

#[tokio::test]
async fn endpoints_are_assumed_only_where_nothing_is_published() {
    let bench = Workbench::new(json!({})).await;
    bench.provider.answer("GET /.well-known/oauth-authorization-server", 404, json!(null));
    let named = discover(&bench.core, &bench.entry(), None).await.err().expect("an issuer was named");

    bench.provider.answer(RESOURCE, 404, json!(null));
    let assumed = discover(&bench.core, &bench.entry(), None).await.expect("assumed");

    assert!(matches!(named, ConnectError::Discovery(DiscoveryError::NoMetadata { .. })), "{named}");
    assert_eq!(assumed.source, Source::Assumed);
    assert_eq!(assumed.metadata.token_endpoint.as_str(), "https://mcp.example/token");
}

#[tokio::test]
async fn what_the_person_wrote_is_not_looked_up() {
    let oauth = json!({
        "clientId": "c", "authorizationEndpoint": "https://as.example/a", "tokenEndpoint": "https://as.example/t",
    });
    let bench = Workbench::new(oauth).await;

    let found = bench.discovered().await;

    assert_eq!(found.source, Source::Written);
    assert_eq!(bench.provider.asked(RESOURCE).len(), 0);
}

#[tokio::test]
async fn a_refused_resource_indicator_is_left_out_only_if_issuer_and_server_are_one_host() {
    let bench = Workbench::new(json!({})).await;
    let (entry, discovered) = (bench.entry(), bench.discovered().await);
    let at = bench.at(&entry, &discovered);

    assert!(!learned::without_resource(at, SERVER).await.expect("asked"), "another host");
    assert_eq!(learned::resource(at).await.expect("asked").as_deref(), Some(SERVER));
}
