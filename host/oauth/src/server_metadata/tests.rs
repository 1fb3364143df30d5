//! Metadata from its addresses to its endpoints.

use http::Response;
use url::Url;

use super::*;
use crate::issuer::Issuer;
use crate::profile::Metadata;
use crate::testing::slots;

fn issuer(text: &str) -> Issuer {
    Issuer::parse(text).expect("issuer")
}

fn answer(status: u16, body: &str) -> Response<Vec<u8>> {
    Response::builder().status(status).body(body.as_bytes().to_vec()).expect("response")
}

#[test]
fn an_answer_is_used_as_long_as_it_says_within_bounds() {
    let told = |control: &str| {
        let response = Response::builder().header("cache-control", control).body(Vec::new()).expect("response");
        lifetime(&response).as_secs()
    };

    assert_eq!(told("public, max-age=600"), 600);
    assert_eq!((told("max-age=0"), told("max-age=99999999"), told("no-store")), (60, 86_400, 3600));
}

#[test]
fn an_issuer_with_a_path_has_three_forms_in_order() {
    let urls = request(&issuer("https://as.example/tenant1"));

    let urls: Vec<_> = urls.iter().map(Url::as_str).collect();
    assert_eq!(
        urls,
        [
            "https://as.example/.well-known/oauth-authorization-server/tenant1",
            "https://as.example/.well-known/openid-configuration/tenant1",
            "https://as.example/tenant1/.well-known/openid-configuration"
        ]
    );
}

#[test]
fn an_issuer_without_a_path_has_two_forms() {
    assert_eq!(request(&issuer("https://as.example/")).len(), 2);
}

#[test]
fn metadata_of_another_issuer_is_refused() {
    let response = answer(200, r#"{"issuer":"https://evil.example"}"#);

    let error = accept(&issuer("https://as.example"), &Metadata::default(), &response).expect_err("another issuer");

    assert_eq!(error.to_string(), "asked https://as.example, and https://evil.example answered");
}

#[test]
fn a_profile_may_know_another_spelling_of_the_issuer() {
    let profile = Metadata { issuer_aliases: vec!["https://sts.example/v1".into()], ..Metadata::default() };
    let response = answer(200, r#"{"issuer":"https://sts.example/v1"}"#);

    let document = accept(&issuer("https://as.example"), &profile, &response).expect("accepted");

    let endpoints =
        serde_json::json!({"authorization_endpoint":"https://as.example/a","token_endpoint":"https://as.example/t"});
    let document = document.into_iter().chain(endpoints.as_object().cloned().expect("an object")).collect();
    let metadata = complete(&issuer("https://as.example"), &profile, Some(document), &slots()).expect("metadata");
    assert_eq!(metadata.issuer, issuer("https://as.example"));
    assert_eq!(metadata.spelling, issuer("https://sts.example/v1"));
}

#[test]
fn a_lone_slash_makes_no_other_issuer() {
    let document = serde_json::json!({"issuer":"https://as.example","authorization_endpoint":"https://as.example/a","token_endpoint":"https://as.example/t"});

    let metadata =
        complete(&issuer("https://as.example/"), &Metadata::default(), document.as_object().cloned(), &slots());

    assert_eq!(metadata.expect("metadata").issuer.as_str(), "https://as.example");
}

#[test]
fn a_null_registration_endpoint_is_none() {
    let document = serde_json::json!({"issuer":"https://as.example","authorization_endpoint":"https://as.example/a","token_endpoint":"https://as.example/t","registration_endpoint":null});

    let metadata =
        complete(&issuer("https://as.example"), &Metadata::default(), document.as_object().cloned(), &slots());

    assert_eq!(metadata.expect("metadata").registration_endpoint, None);
}

#[test]
fn an_optional_endpoint_that_is_no_url_is_as_if_it_were_absent() {
    for odd in ["", "  ", "/revoke", "revoke", "javascript:alert(1)", "https://", "mailto:a@as.example"] {
        let document = serde_json::json!({
            "issuer": "https://as.example", "authorization_endpoint": "https://as.example/a",
            "token_endpoint": "https://as.example/t", "registration_endpoint": odd, "revocation_endpoint": odd,
            "refresh_endpoint": odd, "device_authorization_endpoint": odd, "introspection_endpoint": odd,
        });
        let document = document.as_object().cloned().expect("object");

        let metadata = complete(&issuer("https://as.example"), &Metadata::default(), Some(document.clone()), &slots());

        let metadata = metadata.expect("metadata");
        assert_eq!((metadata.registration_endpoint, metadata.revocation_endpoint), (None, None), "{odd}");
        assert_eq!(metadata.refresh_endpoint, None, "{odd}");
        assert_eq!(unusable_endpoints(&document).len(), 5, "{odd}");
    }
}

#[test]
fn an_endpoint_of_another_type_is_as_if_it_were_absent() {
    let document = serde_json::json!({"authorization_endpoint": "https://as.example/a", "token_endpoint": "https://as.example/t",
        "registration_endpoint": false, "revocation_endpoint": ["https://as.example/r"], "jwks_uri": null});
    let document = document.as_object().cloned().expect("object");

    assert_eq!(unusable_endpoints(&document), ["registration_endpoint", "revocation_endpoint"]);
    assert!(complete(&issuer("https://as.example"), &Metadata::default(), Some(document), &slots()).is_ok());
}

#[test]
fn a_missing_token_endpoint_and_an_odd_scheme_are_refused() {
    let no_token = serde_json::json!({"authorization_endpoint":"https://as.example/a"});
    let odd =
        serde_json::json!({"authorization_endpoint":"javascript:alert(1)","token_endpoint":"https://as.example/t"});
    let asked = issuer("https://as.example");

    let missing = complete(&asked, &Metadata::default(), no_token.as_object().cloned(), &slots());
    let scheme = complete(&asked, &Metadata::default(), odd.as_object().cloned(), &slots());

    assert_eq!(missing, Err(MetadataError::NoEndpoint("token_endpoint")));
    assert_eq!(scheme, Err(MetadataError::BadEndpoint { name: "authorization_endpoint" }));
}
