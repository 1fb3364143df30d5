//! GitHub: github.com, GitHub Enterprise Cloud with data residency (ghe.com) and GitHub Enterprise Server. The quirks and
//! their sources are in the README beside this crate.

mod account;
mod errors;
mod guides;
mod scopes;
mod tools;

use mcphub_plugin::hooks::{Action, Answer, Flow, FlowOperation, FlowStep, Granted, OnGranted};
use mcphub_plugin::{
    Authorization, ClientAuthentication, Comparison, Context, Endpoint, EndpointKind, EndpointMode, Field, Guide,
    Identity, IdentitySource, Input, Metadata, Offline, Pair, Pkce, Provider, Refresh, Registration, RequestShape,
    Rotation, Row, Rule, Scopes, TokenRequest, condition, input, issuer_host_below, pair, provider, rule, server_host,
    template,
};

struct GitHub;

/// Variant of github.com.
const DOTCOM: &str = "github.com";
/// Variant of tenants on ghe.com.
const GHE: &str = "ghe.com";
/// Variant of a self-hosted server.
const SERVER: &str = "enterprise-server";

fn secret_in_the_body() -> RequestShape {
    RequestShape { authentication: Some(ClientAuthentication::Post), ..RequestShape::default() }
}

fn dotcom(conditions: [mcphub_plugin::Condition; 1]) -> Rule {
    Rule { inputs: vec![pair("web", "https://github.com")], ..rule(DOTCOM, conditions) }
}

#[provider]
impl Provider for GitHub {
    fn identity() -> Identity {
        Identity {
            id: "github".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            title: "GitHub".into(),
            description: "GitHub's MCP server at github.com, ghe.com and GitHub Enterprise Server".into(),
            homepage: Some("https://github.com/github/github-mcp-server".into()),
            hosts: vec!["github.com".into(), "api.github.com".into(), "*.ghe.com".into(), "{web}".into()],
        }
    }

    fn matching() -> Vec<Rule> {
        // What stands before it is the address that endpoints and guides begin with.
        let issuer_path = mcphub_plugin::Condition {
            capture: Some("web".into()),
            ..condition(Field::Issuer, Comparison::Suffix, "/login/oauth")
        };
        vec![
            dotcom([server_host("api.githubcopilot.com")]),
            dotcom([condition(Field::Issuer, Comparison::Exact, "https://github.com/login/oauth")]),
            rule(GHE, [issuer_host_below(".ghe.com", "subdomain"), issuer_path]),
            Rule { ask: true, inputs: vec![pair("hosting", "server")], ..rule(SERVER, []) },
        ]
    }

    fn inputs() -> Vec<Input> {
        let pattern = r"https://[A-Za-z0-9.-]+(:[0-9]+)?|http://(localhost|127\.0\.0\.1):[0-9]+";
        let help =
            "Scheme and host of your GitHub Enterprise Server, such as https://github.example.com, without a path.";
        let visible_when = vec![pair("hosting", "server")];
        vec![Input { visible_when, ..input("web", "Address of GitHub Enterprise Server", help, pattern) }]
    }

    fn metadata() -> Metadata {
        let endpoint = |kind, path: &str| Endpoint {
            kind,
            url: template(&format!("{{input:web}}/login/oauth/{path}")),
            mode: EndpointMode::Fill,
        };
        Metadata {
            issuer: Some(template("{input:web}/login/oauth")),
            endpoints: vec![
                endpoint(EndpointKind::Authorization, "authorize"),
                endpoint(EndpointKind::Token, "access_token"),
            ],
            ..Metadata::default()
        }
    }

    fn registration() -> Registration {
        Registration { preference: vec![IdentitySource::Setup], ..Registration::default() }
    }

    fn authorization() -> Authorization {
        Authorization { pkce: Pkce::Supported, ..Authorization::default() }
    }

    fn scopes() -> Scopes {
        Scopes {
            answer_separators: " ,".into(),
            offline: Offline::Nothing,
            catalogue: scopes::catalogue(),
            tools: tools::tools(),
            silence_means_requested: false,
            ..Scopes::default()
        }
    }

    fn token_request() -> TokenRequest {
        TokenRequest { shape: secret_in_the_body(), ..TokenRequest::default() }
    }

    fn refresh() -> Refresh {
        Refresh {
            shape: secret_in_the_body(),
            rotation: Rotation::SingleUse,
            // Six months (unverified).
            idle_lifetime_seconds: Some(15_897_600),
            ..Refresh::default()
        }
    }

    fn setup() -> Vec<Guide> {
        vec![guides::github_app(), guides::oauth_app()]
    }

    fn errors() -> Vec<Row> {
        errors::table()
    }
}

#[provider]
impl OnGranted for GitHub {
    /// OAuth Apps list what was granted, normalised; a GitHub App's token has an empty list and permissions instead.
    fn read(_: Context, scope: Option<String>, headers: Vec<Pair>) -> Granted {
        let header = headers.into_iter().find(|header| header.name.eq_ignore_ascii_case("x-oauth-scopes"));
        match header.map(|header| header.value).or(scope) {
            Some(text) if text.trim().is_empty() => Granted::NotScopes,
            Some(text) => {
                let scopes = text.split([',', ' ']).filter(|scope| !scope.is_empty());
                Granted::Listed(scopes.map(str::to_owned).collect())
            }
            None => Granted::NotReported,
        }
    }
}

#[provider]
impl Flow for GitHub {
    fn operations() -> Vec<FlowOperation> {
        vec![FlowOperation::Lookup, FlowOperation::Revoke]
    }

    fn next(context: Context, operation: FlowOperation, _: u8, _: String, last: Option<Answer>) -> FlowStep {
        let action = match (operation, last) {
            (FlowOperation::Lookup, None) => Action::Send(account::request(&context.variant_id)),
            (FlowOperation::Lookup, Some(answer)) => Action::Done(account::outcome(&answer)),
            (FlowOperation::Revoke, None) => Action::Send(account::revocation(&context.variant_id)),
            (FlowOperation::Revoke, Some(answer)) => account::revoked(&answer),
            (FlowOperation::Exchange | FlowOperation::Refresh, _) => Action::Done(account::nothing()),
        };
        FlowStep { action, state: String::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context() -> Context {
        Context {
            variant_id: DOTCOM.into(),
            server_url: "https://api.githubcopilot.com/mcp/".into(),
            resource_uri: String::new(),
            issuer: None,
            protected_resource: None,
            server_metadata: None,
            inputs: Vec::new(),
            captured: Vec::new(),
            client: None,
            redirect_uri: String::new(),
            requested_scopes: Vec::new(),
            granted_scopes: Vec::new(),
            tokens: Vec::new(),
            now: 0,
        }
    }

    #[test]
    fn there_is_no_registration_only_the_two_guides() {
        assert_eq!(GitHub::registration().preference, [IdentitySource::Setup]);
        assert_eq!(GitHub::setup().len(), 2);
    }

    #[test]
    fn the_secret_goes_into_the_body_for_exchange_and_refresh() {
        assert_eq!(GitHub::token_request().shape.authentication, Some(ClientAuthentication::Post));
        assert_eq!(GitHub::refresh().shape.authentication, Some(ClientAuthentication::Post));
    }

    #[test]
    fn commas_in_the_answer_separate_scopes() {
        let granted = GitHub::read(context(), Some("repo,gist,user:email".into()), Vec::new());

        assert_eq!(granted, Granted::Listed(vec!["repo".into(), "gist".into(), "user:email".into()]));
    }

    #[test]
    fn an_empty_list_is_that_of_a_github_app() {
        assert_eq!(GitHub::read(context(), Some(String::new()), Vec::new()), Granted::NotScopes);
        assert_eq!(GitHub::read(context(), None, Vec::new()), Granted::NotReported);
    }

    #[test]
    fn a_tenants_address_and_name_are_read_from_its_issuer() {
        let tenant = GitHub::matching().into_iter().find(|rule| rule.variant_id == GHE).expect("a rule");

        let read: Vec<_> = tenant
            .conditions
            .iter()
            .map(|condition| (condition.field, condition.value.as_str(), condition.capture.as_deref()))
            .collect();

        assert_eq!(
            read,
            [(Field::IssuerHost, ".ghe.com", Some("subdomain")), (Field::Issuer, "/login/oauth", Some("web"))]
        );
    }

    #[test]
    fn a_self_hosted_server_is_served_only_when_named() {
        let asking: Vec<_> =
            GitHub::matching().into_iter().filter(|rule| rule.ask).map(|rule| rule.variant_id).collect();

        assert_eq!(asking, [SERVER]);
    }
}
