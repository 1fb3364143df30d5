//! Linear: <https://linear.app>. The quirks and their sources are in the README beside this crate.

mod account;
mod guide;
mod scopes;

use mcphub_plugin::hooks::{Action, Answer, Flow, FlowOperation, FlowStep, Need, OnScopesFor};
use mcphub_plugin::{
    ClientAuthentication, Comparison, Context, ErrorClass, Field, Guide, Identity, IdentitySource, Input, Offline,
    Provider, Refresh, Registration, RequestShape, Requests, Revocation, Rfc7009, Rotation, Row, Rule, Scopes,
    SecretPolicy, TokenPlace, WhichToken, condition, error_code, provider, rule, server_host,
};

struct Linear;

#[provider]
impl Provider for Linear {
    fn identity() -> Identity {
        Identity {
            id: "linear".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            title: "Linear".into(),
            description: "Linear's MCP server at mcp.linear.app".into(),
            homepage: Some("https://linear.app/developers/oauth-2-0-authentication".into()),
            hosts: vec!["mcp.linear.app".into(), "api.linear.app".into(), "{api}".into()],
        }
    }

    fn matching() -> Vec<Rule> {
        vec![
            rule("mcp", [server_host("mcp.linear.app")]),
            rule("mcp", [condition(Field::Issuer, Comparison::Exact, "https://mcp.linear.app")]),
            Rule { ask: true, ..rule("mcp", []) },
        ]
    }

    fn inputs() -> Vec<Input> {
        vec![Input {
            key: "api".into(),
            title: "Address of Linear's API".into(),
            help: "Only for a proxy in front of it.".into(),
            pattern: r"https://[A-Za-z0-9.-]+(:[0-9]+)?|http://(localhost|127\.0\.0\.1):[0-9]+".into(),
            default: Some("https://api.linear.app".into()),
            ..Input::default()
        }]
    }

    fn registration() -> Registration {
        Registration {
            preference: vec![IdentitySource::MetadataDocument, IdentitySource::Dynamic, IdentitySource::Setup],
            // A confidential client's secret ends after about a day, so the client is a public one.
            body_patch: Some(r#"{"token_endpoint_auth_method":"none"}"#.into()),
            secret: SecretPolicy::Ignore,
            ..Registration::default()
        }
    }

    fn scopes() -> Scopes {
        Scopes {
            offline: Offline::Nothing,
            answer_separators: " ,".into(),
            catalogue: scopes::catalogue(),
            tools: scopes::tools(),
            ..Scopes::default()
        }
    }

    fn refresh() -> Refresh {
        Refresh {
            // 401 invalid_client without it, for public clients too.
            shape: RequestShape { authentication: Some(ClientAuthentication::Post), ..RequestShape::default() },
            rotation: Rotation::SingleUse,
            ..Refresh::default()
        }
    }

    fn revocation() -> Revocation {
        Revocation::Rfc7009(Rfc7009 { tokens: WhichToken::Both, authentication: Some(ClientAuthentication::Post) })
    }

    fn requests() -> Requests {
        // The token answer says "bearer"; echoed in lower case it is refused with 401.
        Requests { token: TokenPlace::Authorization("Bearer".into()), ..Requests::default() }
    }

    fn setup() -> Vec<Guide> {
        vec![guide::own_application()]
    }

    fn errors() -> Vec<Row> {
        vec![error_code("access_denied", ErrorClass::UserDenied, "the sign-in at Linear was cancelled")]
    }
}

#[provider]
impl OnScopesFor for Linear {
    fn scopes_for(_: Context, need: Need) -> Vec<String> {
        scopes::asked(need)
    }
}

#[provider]
impl Flow for Linear {
    fn operations() -> Vec<FlowOperation> {
        vec![FlowOperation::Lookup]
    }

    fn next(_: Context, _: FlowOperation, _: u8, _: String, last: Option<Answer>) -> FlowStep {
        let action = match last {
            None => Action::Send(account::request()),
            Some(answer) => Action::Done(account::outcome(&answer)),
        };
        FlowStep { action, state: String::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_spelled_bearer_with_a_capital() {
        assert_eq!(Linear::requests().token, TokenPlace::Authorization("Bearer".into()));
    }

    #[test]
    fn a_refresh_sends_the_client_id_in_the_body() {
        assert_eq!(Linear::refresh().shape.authentication, Some(ClientAuthentication::Post));
    }

    #[test]
    fn it_registers_as_a_public_client_before_it_asks_a_person() {
        let registration = Linear::registration();

        assert_eq!(registration.secret, SecretPolicy::Ignore);
        assert_eq!(registration.preference.last(), Some(&IdentitySource::Setup));
    }

    #[test]
    fn a_client_that_is_not_known_is_left_to_the_hub_which_knows_whether_it_registered_it() {
        assert!(Linear::errors().iter().all(|row| row.code.as_deref() != Some("invalid_client")));
    }

    #[test]
    fn it_matches_its_own_host_only() {
        let conditions: Vec<_> =
            Linear::matching().into_iter().filter(|rule| !rule.ask).flat_map(|rule| rule.conditions).collect();

        assert!(conditions.iter().all(|condition| condition.value.contains("mcp.linear.app")));
    }
}
