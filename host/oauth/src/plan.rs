//! Requests that a plugin describes and the hub makes; answers that the plugin sees masked.

use std::collections::BTreeSet;

use http::header::{ACCEPT, CONTENT_TYPE};
use http::{Method, Request, Response};
use serde_json::Value;
use url::Url;

use crate::hook::MaskedAnswer;
use crate::profile::{HostPattern, Inputs, Param, Piece, Placement, Plan, PlanBody, Template, TokenRule};
use crate::shape::{Parts, ShapeError};
use crate::template::{Slots, fill};
use crate::token::{claims, read_body};

/// What stands where a secret was.
pub const MASK: &str = "***";
/// Members that are masked wherever they stand.
const SECRET_MEMBERS: [&str; 8] = [
    "access_token",
    "refresh_token",
    "id_token",
    "client_secret",
    "registration_access_token",
    "code",
    "code_verifier",
    "token",
];
/// Headers a plugin never sees.
const HIDDEN_HEADERS: [&str; 4] = ["set-cookie", "authorization", "www-authenticate", "proxy-authenticate"];

/// Which hosts a plan may name: the plugin's own, and those of the login itself.
#[derive(Debug, Clone, Copy)]
pub struct Allowed<'a> {
    /// The plugin's.
    pub patterns: &'a [HostPattern],
    /// What the patterns' inputs stand for.
    pub inputs: &'a Inputs,
    /// MCP server, issuer and its endpoints.
    pub login: &'a BTreeSet<String>,
}

impl Allowed<'_> {
    /// Refuses any other host.
    pub fn check(&self, url: &Url) -> Result<(), ShapeError> {
        let host = url.host_str().unwrap_or_default().to_ascii_lowercase();
        let own = self.patterns.iter().any(|pattern| pattern.admits(&host, self.inputs));
        if own || self.login.contains(&host) { Ok(()) } else { Err(ShapeError::Host(crate::issuer::shortened(&host))) }
    }
}

/// The request that a plan describes.
pub fn request(plan: &Plan, allowed: Allowed<'_>, slots: &Slots<'_>) -> Result<Request<Vec<u8>>, ShapeError> {
    let url = Url::parse(&fill(&plan.url, slots)?).map_err(|_| ShapeError::Url)?;
    allowed.check(&url)?;
    let mut parts = Parts { query: filled(&plan.query, slots)?, ..Parts::default() };
    for (name, value) in filled(&plan.headers, slots)? {
        parts.header(&name, &value)?;
    }
    let method: Method = plan.method.into();
    match &plan.body {
        PlanBody::None => parts.build(&url, method, Placement::Form),
        PlanBody::Form(params) => {
            parts.params = filled(params, slots)?;
            parts.build(&url, method, Placement::Form)
        }
        PlanBody::Json(params) => {
            parts.params = filled(params, slots)?;
            parts.build(&url, method, Placement::Json)
        }
        PlanBody::Raw { content_type, content } => {
            let body = if content_type.starts_with("application/json") {
                fill_json(content, slots)?
            } else {
                fill(content, slots)?
            };
            parts.header(CONTENT_TYPE.as_str(), content_type)?;
            let mut request = parts.build(&url, method, Placement::Form)?;
            request.headers_mut().entry(ACCEPT).or_insert(http::HeaderValue::from_static("application/json"));
            *request.body_mut() = body.into_bytes();
            Ok(request)
        }
    }
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
                text.push_str(quoted.trim_matches('"'));
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

/// The answer as the plugin may see it: tokens at the rules' places, members that usually hold secrets, and every secret
/// the hub holds are masked.
#[must_use]
pub fn mask(response: &Response<Vec<u8>>, rules: &[TokenRule], held: &[String]) -> MaskedAnswer {
    let mut body = read_body(response);
    let claims = body.as_ref().map(|body| claims_of(body, rules)).unwrap_or_default();
    let text = match &mut body {
        Some(body) => {
            mask_at_rules(body, rules);
            mask_members(body);
            body.to_string()
        }
        None => String::from_utf8_lossy(response.body()).into_owned(),
    };
    let headers = response.headers().iter().filter(|(name, _)| !HIDDEN_HEADERS.contains(&name.as_str()));
    MaskedAnswer {
        status: response.status().as_u16(),
        headers: headers
            .filter_map(|(name, value)| Some((name.to_string(), hide(value.to_str().ok()?, held))))
            .collect(),
        body: hide(&text, held),
        claims,
    }
}

fn claims_of(body: &Value, rules: &[TokenRule]) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for rule in rules {
        let places = [Some(&rule.access_token), rule.id_token.as_ref()];
        for token in places.into_iter().flatten().filter_map(|at| body.pointer(at)?.as_str()) {
            all.extend(claims(token).map(|claims| (rule.slot.clone(), Value::Object(claims).to_string())));
        }
    }
    all
}

fn mask_at_rules(body: &mut Value, rules: &[TokenRule]) {
    let places =
        rules.iter().flat_map(|rule| [Some(&rule.access_token), rule.refresh_token.as_ref(), rule.id_token.as_ref()]);
    for at in places.flatten() {
        if let Some(value) = body.pointer_mut(at) {
            *value = Value::String(MASK.into());
        }
    }
}

fn mask_members(value: &mut Value) {
    let mut left = vec![value];
    while let Some(value) = left.pop() {
        match value {
            Value::Object(object) => {
                for (name, member) in object {
                    if SECRET_MEMBERS.contains(&name.to_ascii_lowercase().as_str()) && member.is_string() {
                        *member = Value::String(MASK.into());
                    } else {
                        left.push(member);
                    }
                }
            }
            Value::Array(items) => left.extend(items),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}

/// A text without the secrets that are held.
#[must_use]
pub fn hide(text: &str, held: &[String]) -> String {
    let long_enough = held.iter().filter(|secret| secret.len() >= 6);
    long_enough.fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), MASK))
}

/// A registration answer or error body as a plugin may see it.
#[must_use]
pub fn mask_text(response: &Response<Vec<u8>>, held: &[String]) -> String {
    mask(response, &[], held).body
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
        let (inputs, login) = (Inputs::default(), BTreeSet::from(["rs.example".to_owned()]));
        let patterns = [HostPattern::Exact("api.example".into())];
        let allowed = Allowed { patterns: &patterns, inputs: &inputs, login: &login };

        assert!(request(&plan("https://api.example/user"), allowed, &slots()).is_ok());
        assert!(request(&plan("https://rs.example/user"), allowed, &slots()).is_ok());
        let error = request(&plan("https://evil.example/user"), allowed, &slots()).expect_err("refused");
        assert_eq!(error.to_string(), "the plugin names the host evil.example, which it may not");
    }

    #[test]
    fn slots_inside_json_are_escaped() {
        let client = client(AuthMethod::Post, Some("a\"b"));
        let (inputs, login) = (Inputs::default(), BTreeSet::from(["rs.example".to_owned()]));
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

        assert_eq!(body(&request.expect("request")), r#"{"s":"a\"b"}"#);
    }

    #[test]
    fn tokens_and_held_secrets_are_masked_and_claims_are_told() {
        let jwt = "e30.eyJ0aWQiOiJ0MSJ9.c2ln";
        let text = format!(
            r#"{{"access_token":"{jwt}","nested":{{"refresh_token":"r"}},"echo":"held-secret!","name":"Ann"}}"#
        );
        let response = Response::new(text.into_bytes());

        let masked = mask(&response, &[TokenRule::default()], &["held-secret!".into()]);

        assert_eq!(masked.body, r#"{"access_token":"***","nested":{"refresh_token":"***"},"echo":"***","name":"Ann"}"#);
        assert_eq!(masked.claims, [("main".to_owned(), r#"{"tid":"t1"}"#.to_owned())]);
    }
}
