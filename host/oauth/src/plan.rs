//! Requests that a plugin describes and the hub makes; answers that the plugin sees masked.

use http::header::{ACCEPT, CONTENT_TYPE};
use http::{Method, Request, Response};
use serde_json::Value;
use url::Url;

use crate::allowed_hosts::AllowedHosts;
use crate::build_error::BuildError;
use crate::encoding::Parts;
use crate::mask::Mask;
use crate::profile::{Param, Piece, Placement, Plan, PlanBody, Template};
use crate::template::{Slots, fill};

/// The request that a plan describes.
pub fn request(plan: &Plan, allowed: &AllowedHosts, slots: &Slots<'_>) -> Result<Request<Vec<u8>>, BuildError> {
    let url = Url::parse(&fill(&plan.url, slots)?).map_err(|_| BuildError::Url)?;
    check(plan, &url, allowed)?;
    Ok(Mask::of_slots(slots, templates(plan)).on(built(plan, &url, slots)?))
}

/// A plan may also ask the MCP server as long as it tells it nothing but what is the server's own: its access token is, and
/// what identifies the client to its issuer or gets a token there is not.
fn check(plan: &Plan, url: &Url, allowed: &AllowedHosts) -> Result<(), BuildError> {
    let refused = match allowed.check(url) {
        Err(_) if allowed.is_server(url) => templates(plan).find_map(Template::only_for_issuer),
        checked => return checked,
    };
    refused.map_or(Ok(()), |name| Err(BuildError::OnlyForIssuer(name)))
}

fn built(plan: &Plan, url: &Url, slots: &Slots<'_>) -> Result<Request<Vec<u8>>, BuildError> {
    let mut parts = Parts { query: filled(&plan.query, slots)?, ..Parts::default() };
    for (name, value) in filled(&plan.headers, slots)? {
        parts.header(&name, &value)?;
    }
    let method: Method = plan.method.into();
    match &plan.body {
        PlanBody::None => parts.build(url, method, Placement::Form),
        PlanBody::Form(params) => {
            parts.params = filled(params, slots)?;
            parts.build(url, method, Placement::Form)
        }
        PlanBody::Json(params) => {
            parts.params = filled(params, slots)?;
            parts.build(url, method, Placement::Json)
        }
        PlanBody::Raw { content_type, content } => {
            let body = if content_type.starts_with("application/json") {
                fill_json(content, slots)?
            } else {
                fill(content, slots)?
            };
            parts.header(CONTENT_TYPE.as_str(), content_type)?;
            let mut request = parts.build(url, method, Placement::Form)?;
            request.headers_mut().entry(ACCEPT).or_insert(http::HeaderValue::from_static("application/json"));
            *request.body_mut() = body.into_bytes();
            Ok(request)
        }
    }
}

/// Everything in a plan that has slots.
fn templates(plan: &Plan) -> impl Iterator<Item = &Template> {
    let (params, content): (&[Param], Option<&Template>) = match &plan.body {
        PlanBody::None => (&[], None),
        PlanBody::Form(params) | PlanBody::Json(params) => (params, None),
        PlanBody::Raw { content, .. } => (&[], Some(content)),
    };
    let params = plan.query.iter().chain(&plan.headers).chain(params);
    params.map(|param| &param.value).chain([&plan.url]).chain(content)
}

fn filled(params: &[Param], slots: &Slots<'_>) -> Result<Vec<(String, String)>, BuildError> {
    params.iter().map(|param| Ok((param.name.clone(), fill(&param.value, slots)?))).collect()
}

/// Fills slots inside JSON text: what goes in is escaped, what the plugin wrote is not.
fn fill_json(template: &Template, slots: &Slots<'_>) -> Result<String, BuildError> {
    let mut text = String::new();
    for piece in &template.0 {
        let value = fill(&Template(vec![piece.clone()]), slots)?;
        match piece {
            Piece::Literal(_) => text.push_str(&value),
            Piece::Slot(_) | Piece::Basic { .. } | Piece::Digest(_) | Piece::Assertion(_) | Piece::Prefix(..) => {
                let quoted = Value::String(value).to_string();
                let inner = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
                text.push_str(inner.unwrap_or_default());
            }
        }
    }
    Ok(text)
}

/// Whether a plan's answer counts as success.
#[must_use]
pub fn succeeded(plan: &Plan, response: &Response<Vec<u8>>) -> bool {
    let status = response.status();
    if plan.accept.is_empty() { status.is_success() } else { plan.accept.contains(&status.as_u16()) }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::allowed_hosts::LoginOrigins;
    use crate::auth_method::AuthMethod;
    use crate::profile::{Assertion, Atom, Digest, DigestEncoding, Hash, HostPattern, Inputs, Method, Slot};
    use crate::secret::{AuthorizationCode, ClientSecret, PkceCodeVerifier};
    use crate::testing::slots;
    use crate::testing::{body, client};

    /// What a plugin that names these hosts may reach in a login at `https://as.example`.
    fn allowed(named: &[HostPattern]) -> AllowedHosts {
        let (issuer, server) = ("https://as.example".to_owned(), "https://rs.example".to_owned());
        let login = LoginOrigins { issuer: BTreeSet::from([issuer]), server: Some(server) };
        AllowedHosts { named: named.to_vec(), inputs: Inputs::default(), login }
    }

    fn plan(url: &str) -> Plan {
        Plan {
            method: Method::Get,
            url: Template::literal(url),
            query: Vec::new(),
            headers: Vec::new(),
            body: PlanBody::None,
            tokens: Vec::new(),
            captures: Vec::new(),
            accept: Vec::new(),
        }
    }

    #[test]
    fn a_host_that_the_plugin_did_not_name_is_refused() {
        let allowed = allowed(&[HostPattern::Exact("api.example".into())]);

        assert!(request(&plan("https://api.example/user"), &allowed, &slots()).is_ok());
        assert!(request(&plan("https://as.example/user"), &allowed, &slots()).is_ok());
        let error = request(&plan("https://evil.example/user"), &allowed, &slots()).expect_err("refused");
        assert_eq!(error.to_string(), "the plugin names the host evil.example, which it may not");
    }

    #[test]
    fn slots_inside_json_are_escaped() {
        let client = client(AuthMethod::Post, Some("a\"b\""));
        let content = Template(vec![
            Piece::Literal("{\"s\":\"".into()),
            Piece::Slot(Slot::ClientSecret),
            Piece::Literal("\"}".into()),
        ]);
        let plan = Plan {
            method: Method::Post,
            body: PlanBody::Raw { content_type: "application/json".into(), content },
            ..plan("https://as.example/x")
        };

        let request = request(&plan, &allowed(&[]), &Slots { client: Some(&client), ..slots() });

        assert_eq!(body(&request.expect("request")), r#"{"s":"a\"b\""}"#);
    }

    #[test]
    fn a_captured_value_leads_to_no_other_host() {
        let allowed = allowed(&[]);
        for (captured, is_allowed) in [("as.example", true), ("evil.example", false), ("as.example:8443", false)] {
            let captured = [("host".to_owned(), captured.to_owned())];
            let url = Template(vec![
                Piece::Literal("https://".into()),
                Piece::Slot(Slot::Captured("host".into())),
                Piece::Literal("/x".into()),
            ]);

            let built = request(&Plan { url, ..plan("") }, &allowed, &Slots { captured: &captured, ..slots() });

            assert_eq!(built.is_ok(), is_allowed, "{captured:?}");
        }
    }

    #[test]
    fn the_mcp_server_gets_nothing_that_is_only_for_the_authorization_server() {
        let client = client(AuthMethod::Post, Some("secret"));
        let (code, verifier) = (AuthorizationCode::new("code".into()), PkceCodeVerifier::new("verifier".into()));
        let secrets = BTreeMap::from([("key".to_owned(), ClientSecret::new("extra".into()))]);
        let slots = || Slots {
            client: Some(&client),
            code: Some(&code),
            verifier: Some(&verifier),
            extra_secrets: &secrets,
            ..slots()
        };
        let sent = |url: &str, named: &[HostPattern], piece: &Piece| {
            let param = Param { name: "p".into(), value: Template(vec![piece.clone()]) };
            let plan = Plan { method: Method::Post, body: PlanBody::Form(vec![param]), ..plan(url) };
            request(&plan, &allowed(named), &slots())
        };
        let hidden = |slot| Digest {
            hash: Hash::Sha256,
            key: Some(Atom::Slot(slot)),
            parts: Vec::new(),
            encoding: DigestEncoding::Hex,
        };
        let (secret, own) = (|| Slot::ClientSecret, [HostPattern::Exact("rs.example".into())]);

        for (piece, name) in [
            (Piece::Slot(secret()), "client secret"),
            (Piece::Slot(Slot::Code), "code"),
            (Piece::Slot(Slot::Verifier), "verifier"),
            (Piece::Slot(Slot::ExtraSecret("key".into())), "secret input"),
            (Piece::Digest(hidden(secret())), "client secret"),
            (Piece::Prefix(Atom::Slot(secret()), 3), "client secret"),
            (
                Piece::Basic { user: vec![Atom::Literal("u".into())], password: vec![Atom::Slot(secret())] },
                "client secret",
            ),
        ] {
            let refused = sent("https://rs.example/take", &[], &piece).expect_err("refused").to_string();
            assert!(refused.contains(name) && refused.contains("authorization server"), "{refused}");
            assert!(sent("https://as.example/take", &[], &piece).is_ok(), "{name}");
            assert!(sent("https://rs.example/take", &own, &piece).is_ok(), "{name}, to a host that was shown");
        }
        for piece in [Piece::Slot(Slot::ClientId), Piece::Literal("x".into())] {
            assert!(sent("https://rs.example/user", &[], &piece).is_ok());
        }
        for slot in [Slot::RefreshToken("main".into()), Slot::State] {
            assert!(Template(vec![Piece::Slot(slot)]).only_for_issuer().is_some());
        }
        assert_eq!(Template(vec![Piece::Slot(Slot::AccessToken("main".into()))]).only_for_issuer(), None);
        let assertion = Piece::Assertion(Assertion { algorithm: "RS256".into(), claims: Vec::new() });
        assert_eq!(Template(vec![assertion]).only_for_issuer(), Some("assertion"));
    }
}
