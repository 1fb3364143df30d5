//! Short ways to write down what plugins write often.

use crate::{
    Comparison, Condition, DisguisedError, Endpoint, EndpointKind, EndpointMode, ErrorClass, Expiry, Fault, Field,
    Guide, Identity, Input, Method, Output, OutputKind, Pair, Param, Piece, Plan, PlanBody, Risk, Row, Rule, Scope,
    Step, Template, TokenRule, Tool, template,
};

/// A template without slots.
#[must_use]
pub fn literal(text: &str) -> Template {
    vec![Piece::Literal(text.into())]
}

/// A name and a value.
#[must_use]
pub fn pair(name: &str, value: &str) -> Pair {
    Pair { name: name.into(), value: value.into() }
}

/// A parameter or header; the value is read by [`template`].
#[must_use]
pub fn param(name: &str, value: &str) -> Param {
    Param { name: name.into(), value: template(value) }
}

/// A rule of an ordinary plugin.
#[must_use]
pub fn rule(variant_id: &str, conditions: impl IntoIterator<Item = Condition>) -> Rule {
    let conditions = conditions.into_iter().collect();
    Rule { conditions, variant_id: variant_id.into(), priority: 100, ask: false, inputs: Vec::new() }
}

/// A condition without a capture.
#[must_use]
pub fn condition(field: Field, comparison: Comparison, value: &str) -> Condition {
    Condition { field, comparison, value: value.into(), capture: None }
}

/// The server's host is this.
#[must_use]
pub fn server_host(host: &str) -> Condition {
    condition(Field::ServerHost, Comparison::Exact, host)
}

/// The server's host ends so; what stands before becomes an input.
#[must_use]
pub fn server_host_below(suffix: &str, capture: &str) -> Condition {
    Condition { capture: Some(capture.into()), ..condition(Field::ServerHost, Comparison::Suffix, suffix) }
}

/// An input that a person must give; `pattern` is a regular expression for the whole value.
#[must_use]
pub fn input(key: &str, title: &str, help: &str, pattern: &str) -> Input {
    Input {
        key: key.into(),
        title: title.into(),
        help: help.into(),
        pattern: pattern.into(),
        required: true,
        ..Input::default()
    }
}

/// A scope of low risk that is not asked for by default.
#[must_use]
pub fn scope(name: &str, title: &str, implies: &[&str]) -> Scope {
    Scope {
        name: name.into(),
        title: title.into(),
        description: String::new(),
        implies: implies.iter().map(|scope| (*scope).to_owned()).collect(),
        bucket: None,
        asked_by_default: false,
        risk: Risk::Low,
        review_needed: false,
    }
}

/// One of these scopes.
#[must_use]
pub fn any_of(scopes: &[&str]) -> Vec<String> {
    scopes.iter().map(|scope| (*scope).to_owned()).collect()
}

/// What a tool needs: one scope of each list.
#[must_use]
pub fn tool(name: &str, needs: impl IntoIterator<Item = Vec<String>>) -> Tool {
    Tool { name: name.into(), needs: needs.into_iter().collect() }
}

/// A GET that the hub makes; the address is read by [`template`].
#[must_use]
pub fn get(url: &str, headers: impl IntoIterator<Item = Param>) -> Plan {
    Plan { url: template(url), headers: headers.into_iter().collect(), ..Plan::default() }
}

/// A POST that the hub makes.
#[must_use]
pub fn post(url: &str, headers: impl IntoIterator<Item = Param>, body: PlanBody) -> Plan {
    Plan { method: Method::Post, body, ..get(url, headers) }
}

/// A step of a guide. With a field, the value goes there and can be copied.
#[must_use]
pub fn step(text: &str, field: Option<(&str, &str)>) -> Step {
    Step {
        text: text.into(),
        field: field.map(|(label, _)| label.into()),
        value: field.map(|(_, value)| template(value)),
        copyable: field.is_some(),
    }
}

/// What the provider hands out.
#[must_use]
pub fn output(kind: OutputKind, label: &str, where_shown: &str, pattern: &str) -> Output {
    let shown_once = kind == OutputKind::ClientSecret;
    Output {
        kind,
        label: label.into(),
        where_shown: where_shown.into(),
        pattern: pattern.into(),
        shown_once,
        required: true,
    }
}

/// A row of the error table by the error's name.
#[must_use]
pub fn error_code(code: &str, class: ErrorClass, message: &str) -> Row {
    Row { operation: None, status: None, code: Some(code.into()), contains: None, fault: fault(class, message) }
}

/// A row of the error table by text in the body.
#[must_use]
pub fn error_text(text: &str, class: ErrorClass, message: &str) -> Row {
    Row { operation: None, status: None, code: None, contains: Some(text.into()), fault: fault(class, message) }
}

fn fault(class: ErrorClass, message: &str) -> Fault {
    Fault { class, message: Some(message.into()), help_url: None }
}

/// Who the plugin is; the version is `env!("CARGO_PKG_VERSION")`.
#[must_use]
pub fn identity(id: &str, version: &str, title: &str, homepage: &str, hosts: &[&str]) -> Identity {
    Identity {
        id: id.into(),
        version: version.into(),
        title: title.into(),
        description: format!("Logins at {title}"),
        homepage: Some(homepage.into()),
        hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
    }
}

/// The issuer is this.
#[must_use]
pub fn issuer(issuer: &str) -> Condition {
    condition(Field::Issuer, Comparison::Exact, issuer)
}

/// The issuer's host ends so; what stands before becomes an input.
#[must_use]
pub fn issuer_host_below(suffix: &str, capture: &str) -> Condition {
    Condition { capture: Some(capture.into()), ..condition(Field::IssuerHost, Comparison::Suffix, suffix) }
}

/// An endpoint for servers whose metadata does not name one; the address is read by [`template`].
#[must_use]
pub fn fill(kind: EndpointKind, url: &str) -> Endpoint {
    Endpoint { kind, url: template(url), mode: EndpointMode::Fill }
}

/// A guide that ends with a client id and a client secret. `checked_on` is when its steps were last read at `docs_url`.
#[must_use]
pub fn guide(title: &str, console_url: &str, steps: Vec<Step>, docs_url: &str, checked_on: &str) -> Guide {
    Guide {
        id: title.to_ascii_lowercase().replace(' ', "-"),
        title: title.into(),
        when_to_choose: String::new(),
        console_url: template(console_url),
        prerequisites: Vec::new(),
        steps,
        outputs: vec![
            output(OutputKind::ClientId, "Client ID", "On the application's page", "[!-~]{4,512}"),
            output(OutputKind::ClientSecret, "Client secret", "On the application's page", "[!-~]{8,512}"),
        ],
        redirect_rule: "The redirect URI must be listed there, character by character.".into(),
        switches: Vec::new(),
        limits: Vec::new(),
        later: Vec::new(),
        docs_url: Some(docs_url.into()),
        checked_on: checked_on.into(),
    }
}

/// The step of a guide in which the redirect URI is entered.
#[must_use]
pub fn redirect_step(text: &str, label: &str) -> Step {
    step(text, Some((label, "{redirect-uri}")))
}

/// Errors that come with status 200: the answer is one unless the value at `at` is `ok`; its name stands at `code`.
/// `envelope("/ok", "true", "/error")` reads `{"ok": false, "error": "invalid_grant"}`.
#[must_use]
pub fn envelope(at: &str, ok: &str, code: &str) -> DisguisedError {
    DisguisedError { at: at.into(), ok: vec![ok.into()], code: code.into() }
}

/// The standard members of an answer, in an object within it: `tokens_below("/authed_user")`.
#[must_use]
pub fn tokens_below(object: &str) -> TokenRule {
    let below = |member: &str| format!("{object}{member}");
    let standard = TokenRule::default();
    TokenRule {
        access_token: below(&standard.access_token),
        refresh_token: standard.refresh_token.as_deref().map(below),
        id_token: standard.id_token.as_deref().map(below),
        expiry: Expiry { at: standard.expiry.at.as_deref().map(below), ..standard.expiry },
        scope: standard.scope.as_deref().map(below),
        slot: standard.slot,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_envelope_says_where_success_and_the_errors_name_stand() {
        let error = envelope("/status", "success", "/code");

        assert_eq!((error.at.as_str(), error.code.as_str()), ("/status", "/code"));
        assert_eq!(error.ok, ["success"]);
    }

    #[test]
    fn tokens_below_an_object_stand_at_its_standard_members() {
        let rule = tokens_below("/data");

        assert_eq!((rule.slot.as_str(), rule.access_token.as_str()), ("main", "/data/access_token"));
        assert_eq!(rule.refresh_token.as_deref(), Some("/data/refresh_token"));
        assert_eq!((rule.expiry.at.as_deref(), rule.scope.as_deref()), (Some("/data/expires_in"), Some("/data/scope")));
    }
}
