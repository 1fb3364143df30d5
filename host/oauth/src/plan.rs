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

/// Where a plan may go: to the plugin's own hosts, and to the servers of the login itself.
#[derive(Debug, Clone, Copy)]
pub struct Allowed<'a> {
    /// The plugin's.
    pub patterns: &'a [HostPattern],
    /// What the patterns' inputs stand for.
    pub inputs: &'a Inputs,
    /// Origins of the MCP server, the issuer and its endpoints: scheme, host and port.
    pub login: &'a BTreeSet<String>,
}

impl Allowed<'_> {
    /// Refuses any other place. Another port of a host is another place.
    pub fn check(&self, url: &Url) -> Result<(), ShapeError> {
        let is_own = self.patterns.iter().any(|pattern| pattern.admits_url(url, self.inputs));
        if is_own || self.login.contains(&url.origin().ascii_serialization()) {
            return Ok(());
        }
        let host = url.host_str().unwrap_or_default().to_ascii_lowercase();
        let place = url.port().map_or_else(|| host.clone(), |port| format!("{host}:{port}"));
        Err(ShapeError::Host(crate::issuer::shortened(&place)))
    }
}

/// The request that a plan describes.
pub fn request(plan: &Plan, allowed: Allowed<'_>, slots: &Slots<'_>) -> Result<Request<Vec<u8>>, ShapeError> {
    let url = Url::parse(&fill(&plan.url, slots)?).map_err(|_| ShapeError::Url)?;
    allowed.check(&url)?;
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
    use super::*;
    use crate::client::AuthMethod;
    use crate::profile::{Method, Slot};
    use crate::shape::testing::{body, client};
    use crate::template::testing::slots;

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
        let (inputs, login) = (Inputs::default(), BTreeSet::from(["https://rs.example".to_owned()]));
        let patterns = [HostPattern::Exact("api.example".into())];
        let allowed = Allowed { patterns: &patterns, inputs: &inputs, login: &login };

        assert!(request(&plan("https://api.example/user"), allowed, &slots()).is_ok());
        assert!(request(&plan("https://rs.example/user"), allowed, &slots()).is_ok());
        let error = request(&plan("https://evil.example/user"), allowed, &slots()).expect_err("refused");
        assert_eq!(error.to_string(), "the plugin names the host evil.example, which it may not");
    }

    #[test]
    fn another_port_or_scheme_of_a_host_is_another_place() {
        let inputs = Inputs::from_iter([("address".to_owned(), "https://own.example:8443/x".to_owned())]);
        let login = BTreeSet::from(["https://rs.example:4000".to_owned()]);
        let patterns = [HostPattern::Exact("api.example".into()), HostPattern::Input("address".into())];
        let allowed = Allowed { patterns: &patterns, inputs: &inputs, login: &login };
        let goes = |url: &str| allowed.check(&Url::parse(url).expect("url")).map_err(|error| error.to_string());

        for good in ["https://rs.example:4000/x", "https://api.example/x", "https://own.example:8443/y"] {
            assert_eq!(goes(good), Ok(()), "{good}");
        }
        for bad in [
            "https://rs.example/x",
            "https://rs.example:22/x",
            "http://rs.example:4000/x",
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
        let (inputs, login) = (Inputs::default(), BTreeSet::from(["https://rs.example".to_owned()]));
        let content = Template(vec![
            Piece::Literal("{\"s\":\"".into()),
            Piece::Slot(Slot::ClientSecret),
            Piece::Literal("\"}".into()),
        ]);
        let plan = Plan {
            method: Method::Post,
            body: PlanBody::Raw { content_type: "application/json".into(), content },
            ..plan("https://rs.example/x")
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
        let (inputs, login) = (Inputs::default(), BTreeSet::from(["https://rs.example".to_owned()]));
        let allowed = Allowed { patterns: &[], inputs: &inputs, login: &login };
        for (captured, is_allowed) in [("rs.example", true), ("evil.example", false), ("rs.example:8443", false)] {
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
}
