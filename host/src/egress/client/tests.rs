//! The policy, seen from outside.

use super::*;

const LOOPBACK: AddressPolicy = AddressPolicy { loopback: true, private: false };

async fn refused_by(egress: &Egress, url: &str, policy: AddressPolicy) -> EgressError {
    let request = Request::get(url).body(Vec::new()).expect("request");
    egress.send(request, policy).await.expect_err("refused")
}

async fn refused(url: &str, policy: AddressPolicy) -> EgressError {
    refused_by(&Egress::new(), url, policy).await
}

/// A client for which every name leads to this address.
fn led_to(address: &'static str) -> Egress {
    Egress::new().resolved_by(Arc::new(|_| Box::pin(async { Ok(vec![address.parse().expect("address")]) })))
}

#[tokio::test]
async fn http_is_refused_outside_loopback_and_without_permission_there() {
    assert!(matches!(refused("http://as.example/token", LOOPBACK).await, EgressError::Scheme(_)));
    assert!(matches!(refused("http://127.0.0.1:1/token", AddressPolicy::default()).await, EgressError::Scheme(_)));
    assert!(matches!(refused("https://127.0.0.1:1/token", AddressPolicy::default()).await, EgressError::Address(_)));
    assert!(matches!(refused("http://dev.localhost:1/token", AddressPolicy::default()).await, EgressError::Scheme(_)));
}

#[tokio::test]
async fn a_name_that_leads_inside_is_refused() {
    let error = refused("https://localhost:1/token?secret=1", AddressPolicy::default()).await;

    assert_eq!(error, EgressError::Address("https://localhost:1".into()));
}

#[tokio::test]
async fn a_listed_name_may_lead_inside_and_to_loopback_over_http() {
    let egress = led_to("127.0.0.1");
    egress.allow_private(&["As.Example".to_owned()]);

    let plain = refused_by(&egress, "http://as.example:1/token", AddressPolicy::default()).await;
    let other = refused_by(&egress, "http://other.example:1/token", AddressPolicy::default()).await;
    egress.allow_private(&[]);
    let later = refused_by(&egress, "https://as.example:1/token", AddressPolicy::default()).await;

    assert_eq!(plain, EgressError::Unreachable("http://as.example:1".into()), "it was tried");
    assert!(matches!(other, EgressError::Scheme(_)), "{other}");
    assert!(matches!(later, EgressError::Address(_)), "{later}");
}

#[tokio::test]
async fn plain_http_to_a_listed_name_outside_loopback_is_refused() {
    let egress = led_to("10.0.0.1");
    egress.allow_private(&["as.example".to_owned()]);

    let error = refused_by(&egress, "http://as.example:1/token", AddressPolicy::EVERYWHERE).await;

    assert!(matches!(error, EgressError::Address(_)), "{error}");
}

#[tokio::test]
async fn a_closed_port_is_told_without_the_query() {
    let error = refused("http://127.0.0.1:1/token?secret=1", LOOPBACK).await;

    assert_eq!(error.to_string(), "http://127.0.0.1:1 cannot be reached");
}

#[test]
fn what_a_configured_name_resolves_to_widens_nothing() {
    let url = Url::parse("https://mcp.example/mcp").expect("url");

    assert_eq!(led_to("127.0.0.1").policy_for(&[url]), AddressPolicy::default());
}

#[test]
fn a_configured_loopback_server_widens_the_reach() {
    let url = Url::parse("http://localhost:4000/mcp").expect("url");

    assert_eq!(Egress::new().policy_for(&[url]), LOOPBACK);
}

#[tokio::test]
async fn a_literal_private_address_is_refused_behind_a_proxy_too_and_the_proxy_is_named_without_its_password() {
    let (proxies, _) = Proxies::read(|name| (name == "HTTPS_PROXY").then_some("http://ann:s3cret@127.0.0.1:1"));
    let egress = Egress::new().behind(proxies);

    let inside = refused_by(&egress, "https://10.0.0.1/token", AddressPolicy::default()).await;
    let outside = refused_by(&egress, "https://as.example/token", AddressPolicy::default()).await;

    assert!(matches!(inside, EgressError::Address(_)), "{inside}");
    assert_eq!(
        outside.to_string(),
        "https://as.example, asked through the proxy http://127.0.0.1:1, cannot be reached"
    );
}

#[tokio::test]
async fn the_hub_is_never_asked_by_itself_whatever_name_leads_to_it() {
    let egress = led_to("127.0.0.1");
    egress.allow_private(&["as.example".to_owned()]);
    let base = Url::parse("https://hub.example/").expect("url");
    egress.never_to(Own::new(&["127.0.0.1:1".parse().expect("address")], &base));

    for url in ["http://127.0.0.1:1/api/servers/good/logout", "http://localhost:1/", "https://hub.example/api/servers"]
    {
        assert!(matches!(refused_by(&egress, url, AddressPolicy::EVERYWHERE).await, EgressError::Own(_)), "{url}");
    }
    let by_name = refused_by(&egress, "http://as.example:1/token", AddressPolicy::EVERYWHERE).await;
    let other_port = refused_by(&egress, "http://as.example:2/token", AddressPolicy::EVERYWHERE).await;

    assert!(matches!(by_name, EgressError::Address(_)), "{by_name}");
    assert!(matches!(other_port, EgressError::Unreachable(_)), "it was tried: {other_port}");
}
