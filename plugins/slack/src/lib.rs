//! Slack: <https://docs.slack.dev/ai/slack-mcp-server/>. The quirks and their sources are in the README beside this crate.

use mcphub_plugin::prelude::*;

struct Slack;

#[provider]
impl Provider for Slack {
    fn identity() -> Identity {
        identity(
            "slack",
            env!("CARGO_PKG_VERSION"),
            "Slack",
            "https://docs.slack.dev/ai/slack-mcp-server/",
            &["mcp.slack.com", "slack.com"],
        )
    }

    fn matching() -> Vec<Rule> {
        vec![rule("mcp", [server_host("mcp.slack.com")])]
    }

    fn metadata() -> Metadata {
        // slack.com has a document of its own, for signing in with Slack, whose endpoints are others.
        let endpoint = |kind, url| Endpoint { mode: EndpointMode::Override, ..fill(kind, url) };
        Metadata {
            issuer: Some(literal("https://mcp.slack.com")),
            issuer_aliases: vec!["https://slack.com".into()],
            endpoints: vec![
                endpoint(EndpointKind::Authorization, "https://slack.com/oauth/v2_user/authorize"),
                endpoint(EndpointKind::Token, "https://slack.com/api/oauth.v2.user.access"),
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
        Scopes { separator: ",".into(), answer_separators: ", ".into(), offline: Offline::Nothing, ..Scopes::default() }
    }

    fn token_response() -> TokenResponse {
        TokenResponse {
            // Errors come with status 200.
            error: Some(envelope("/ok", "true", "/error")),
            tokens: vec![tokens_below("/authed_user"), TokenRule::default()],
            ..TokenResponse::default()
        }
    }

    fn revocation() -> Revocation {
        Revocation::Page(literal("https://slack.com/apps/manage"))
    }

    fn setup() -> Vec<Guide> {
        vec![Guide {
            when_to_choose: "Slack hands out clients by hand only.".into(),
            prerequisites: vec!["You may install apps in the workspace, or an admin approves it.".into()],
            switches: vec![Switch {
                name: "Agents & AI Apps → Model Context Protocol".into(),
                on: true,
                why: "Without it the MCP server refuses the app.".into(),
            }],
            ..guide(
                "Slack app",
                "https://api.slack.com/apps",
                vec![
                    step("Create New App → From scratch, and choose your workspace.", Some(("App name", "MCPHub"))),
                    redirect_step("OAuth & Permissions → Redirect URLs → Add New Redirect URL.", "Redirect URL"),
                    step("OAuth & Permissions → User Token Scopes: add what your tools need.", None),
                    step("Basic Information → App Credentials: copy the client ID and the client secret.", None),
                ],
                "https://docs.slack.dev/ai/slack-mcp-server/",
                "2026-08-20",
            )
        }]
    }

    fn errors() -> Vec<Row> {
        let workspace = ErrorClass::ApprovalNeeded(Some("https://slack.com/apps/manage".into()));
        vec![
            error_code(
                "bad_redirect_uri",
                ErrorClass::ClientConfigWrong(ConfigFault::RedirectUri),
                "the redirect URL is not listed at the Slack app",
            ),
            error_code(
                "bad_client_secret",
                ErrorClass::ClientConfigWrong(ConfigFault::Secret),
                "Slack does not accept the client secret",
            ),
            error_code(
                "invalid_client_id",
                ErrorClass::ClientConfigWrong(ConfigFault::Secret),
                "Slack does not know the client ID",
            ),
            error_code("invalid_refresh_token", ErrorClass::ReauthRequired, "Slack has ended this login"),
            error_code("token_revoked", ErrorClass::ReauthRequired, "Slack has ended this login"),
            error_code("ratelimited", ErrorClass::RateLimited(None), "Slack wants fewer requests"),
            error_code("team_access_not_granted", workspace, "an admin of the workspace must approve the app"),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_with_status_200_is_an_error() {
        let error = Slack::token_response().error.expect("an error rule");

        assert_eq!((error.at.as_str(), error.ok), ("/ok", vec!["true".to_owned()]));
    }

    #[test]
    fn the_persons_token_is_looked_for_before_the_apps() {
        let accesses: Vec<_> = Slack::token_response().tokens.into_iter().map(|rule| rule.access_token).collect();

        assert_eq!(accesses, ["/authed_user/access_token", "/access_token"]);
    }

    #[test]
    fn metadata_that_calls_itself_slack_com_is_taken_and_its_endpoints_are_not() {
        let metadata = Slack::metadata();

        assert_eq!(metadata.issuer_aliases, ["https://slack.com"]);
        assert!(metadata.endpoints.iter().all(|endpoint| endpoint.mode == EndpointMode::Override));
    }

    #[test]
    fn scopes_are_separated_by_commas() {
        assert_eq!(Slack::scopes().separator, ",");
    }
}
