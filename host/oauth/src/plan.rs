//! Requests that a plugin describes and the hub makes; answers that the plugin sees masked.

use std::collections::BTreeSet;

use http::header::{ACCEPT, CONTENT_TYPE};
use http::{Method, Request, Response};
use serde_json::Value;
use url::Url;

pub use crate::mask::{MASK, mask, mask_text};

use crate::mask::Mask;
use crate::profile::{HostPattern, Inputs, Param, Piece, Placement, Plan, PlanBody, Template};
use crate::shape::{Parts, ShapeError};
use crate::template::{Slots, fill};

/// Origins that belong to a login: scheme, host and port.
#[derive(Debug, Clone, Default)]
pub struct LoginOrigins {
    /// The issuer and its endpoints. The MCP server is among them only where it is its own authorization server.
    pub issuer: BTreeSet<String>,
    /// Origin of the MCP server. What is for the authorization server alone goes there only if `issuer` has it, too.
    pub server: Option<String>,
}

/// Where a plan may go: to the plugin's own hosts, and to the servers of the login itself.
#[derive(Debug, Clone, Copy)]
pub struct Allowed<'a> {
    /// Hosts that the plugin names.
    pub patterns: &'a [HostPattern],
    /// What the patterns' inputs stand for.
    pub inputs: &'a Inputs,
    /// Origins that belong to the login itself.
    pub login: &'a LoginOrigins,
}

impl Allowed<'_> {
    /// Refuses any place that may not see what belongs to the authorization server. Another port of a host is another
    /// place.
    pub fn check(&self, url: &Url) -> Result<(), ShapeError> {
        let is_own = self.patterns.iter().any(|pattern| pattern.admits_url(url, self.inputs));
        if is_own || self.login.issuer.contains(&url.origin().ascii_serialization()) {
            return Ok(());
        }
        let host = url.host_str().unwrap_or_default().to_ascii_lowercase();
        let place = url.port().map_or_else(|| host.clone(), |port| format!("{host}:{port}"));
        Err(ShapeError::Host(crate::issuer::shortened(&place)))
    }

    /// The same for a plan, which may also ask the MCP server as long as it tells it nothing but what is the server's own:
    /// its access token is, and what identifies the client to its issuer or gets a token there is not.
    fn check_plan(&self, plan: &Plan, url: &Url) -> Result<(), ShapeError> {
        let is_server = self.login.server.as_deref() == Some(&url.origin().ascii_serialization());
        let refused = match self.check(url) {
            Err(_) if is_server => templates(plan).find_map(Template::only_for_issuer),
            checked => return checked,
        };
        refused.map_or(Ok(()), |name| Err(ShapeError::OnlyForIssuer(name)))
    }
}

/// The request that a plan describes.
pub fn request(plan: &Plan, allowed: Allowed<'_>, slots: &Slots<'_>) -> Result<Request<Vec<u8>>, ShapeError> {
    let url = Url::parse(&fill(&plan.url, slots)?).map_err(|_| ShapeError::Url)?;
    allowed.check_plan(plan, &url)?;
    Ok(Mask::of_slots(slots, templates(plan)).on(built(plan, &url, slots)?))
}

fn built(plan: &Plan, url: &Url, slots: &Slots<'_>) -> Result<Request<Vec<u8>>, ShapeError> {
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

fn filled(params: &[Param], slots: &Slots<'_>) -> Result<Vec<(String, String)>, ShapeError> {
    params.iter().map(|param| Ok((param.name.clone(), fill(&param.value, slots)?))).collect()
}

/// Fills slots inside JSON text: what goes in is escaped, what the plugin wrote is not.
fn fill_json(template: &Template, slots: &Slots<'_>) -> Result<String, ShapeError> {
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
    use std::collections::BTreeMap;

    use super::*;
    use crate::client::AuthMethod;
    use crate::profile::{Assertion, Atom, Digest, DigestEncoding, Hash, Method, Slot};
    use crate::secret::{AuthorizationCode, ClientSecret, PkceCodeVerifier};
    use crate::shape::testing::{body, client};
    use crate::template::testing::slots;

    fn issuer(origin: &str) -> LoginOrigins {
        LoginOrigins { issuer: BTreeSet::from([origin.to_owned()]), server: Some("https://rs.example".to_owned()) }
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
        let (inputs, login) = (Inputs::default(), issuer("https://as.example"));
        let patterns = [HostPattern::Exact("api.example".into())];
        let allowed = Allowed { patterns: &patterns, inputs: &inputs, login: &login };

        assert!(request(&plan("https://api.example/user"), allowed, &slots()).is_ok());
        assert!(request(&plan("https://as.example/user"), allowed, &slots()).is_ok());
        let error = request(&plan("https://evil.example/user"), allowed, &slots()).expect_err("refused");
        assert_eq!(error.to_string(), "the plugin names the host evil.example, which it may not");
    }

    #[test]
    fn another_port_or_scheme_of_a_host_is_another_place() {
        let inputs = Inputs::from_iter([("address".to_owned(), "https://own.example:8443/x".to_owned())]);
        let login = issuer("https://as.example:4000");
        let patterns = [HostPattern::Exact("api.example".into()), HostPattern::Input("address".into())];
        let allowed = Allowed { patterns: &patterns, inputs: &inputs, login: &login };
        let goes = |url: &str| allowed.check(&Url::parse(url).expect("url")).map_err(|error| error.to_string());

        for good in ["https://as.example:4000/x", "https://api.example/x", "https://own.example:8443/y"] {
            assert_eq!(goes(good), Ok(()), "{good}");
        }
        for bad in [
            "https://as.example/x",
            "https://as.example:22/x",
            "http://as.example:4000/x",
            "https://api.example:8080/x",
            "http://api.example/x",
            "https://own.example/x",
        ] {
            assert!(goes(bad).is_err_and(|error| error.contains("which it may not")), "{bad}");
        }
    }

    #[test]
    fn slots_inside_json_are_escaped() {
        let client = client(AuthMethod::Post, Some("a\"b\""));
        let (inputs, login) = (Inputs::default(), issuer("https://as.example"));
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

        let request = request(
            &plan,
            Allowed { patterns: &[], inputs: &inputs, login: &login },
            &Slots { client: Some(&client), ..slots() },
        );

        assert_eq!(body(&request.expect("request")), r#"{"s":"a\"b\""}"#);
    }

    #[test]
    fn a_captured_value_leads_to_no_other_host() {
        let (inputs, login) = (Inputs::default(), issuer("https://as.example"));
        let allowed = Allowed { patterns: &[], inputs: &inputs, login: &login };
        for (captured, is_allowed) in [("as.example", true), ("evil.example", false), ("as.example:8443", false)] {
            let captured = [("host".to_owned(), captured.to_owned())];
            let url = Template(vec![
                Piece::Literal("https://".into()),
                Piece::Slot(Slot::Captured("host".into())),
                Piece::Literal("/x".into()),
            ]);

            let built = request(&Plan { url, ..plan("") }, allowed, &Slots { captured: &captured, ..slots() });

            assert_eq!(built.is_ok(), is_allowed, "{captured:?}");
        }
    }

    #[test]
    fn the_mcp_server_gets_nothing_that_is_only_for_the_authorization_server() {
        let (inputs, login) = (Inputs::default(), issuer("https://as.example"));
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
        let sent = |url: &str, patterns: &[HostPattern], piece: &Piece| {
            let param = Param { name: "p".into(), value: Template(vec![piece.clone()]) };
            let plan = Plan { method: Method::Post, body: PlanBody::Form(vec![param]), ..plan(url) };
            request(&plan, Allowed { patterns, inputs: &inputs, login: &login }, &slots())
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
