//! Asana: <https://developers.asana.com/docs/mcp-server>. The quirks and their sources are in the README beside this crate.

use mcphub_plugin::prelude::*;

struct Asana;

/// Both token requests.
fn secret_in_the_body() -> RequestShape {
    RequestShape { authentication: Some(ClientAuthentication::Post), ..RequestShape::default() }
}

#[provider]
impl Provider for Asana {
    fn identity() -> Identity {
        identity(
            "asana",
            env!("CARGO_PKG_VERSION"),
            "Asana",
            "https://developers.asana.com/docs/mcp-server",
            &["mcp.asana.com", "app.asana.com"],
        )
    }

    fn matching() -> Vec<Rule> {
        vec![rule("mcp", [server_host("mcp.asana.com")])]
    }

    fn metadata() -> Metadata {
        Metadata {
            endpoints: vec![
                fill(EndpointKind::Authorization, "https://app.asana.com/-/oauth_authorize"),
                fill(EndpointKind::Token, "https://app.asana.com/-/oauth_token"),
                fill(EndpointKind::Revocation, "https://app.asana.com/-/oauth_revoke"),
            ],
            ..Metadata::default()
        }
    }

    fn registration() -> Registration {
        Registration { preference: vec![IdentitySource::Setup], ..Registration::default() }
    }

    fn authorization() -> Authorization {
        // Without metadata nothing lists S256, and the endpoints above would be of no use.
        Authorization { pkce: Pkce::Supported, ..Authorization::default() }
    }

    fn resource_indicator() -> ResourceIndicator {
        let version = || ResourceMode::Fixed(literal("https://mcp.asana.com/v2"));
        ResourceIndicator { authorize: version(), token: version(), refresh: version() }
    }

    fn scopes() -> Scopes {
        Scopes { always: vec!["default".into()], ..Scopes::default() }
    }

    fn token_request() -> TokenRequest {
        TokenRequest { shape: secret_in_the_body(), ..TokenRequest::default() }
    }

    fn refresh() -> Refresh {
        Refresh { shape: secret_in_the_body(), ..Refresh::default() }
    }

    fn setup() -> Vec<Guide> {
        vec![Guide {
            when_to_choose: "Asana hands out clients by hand only.".into(),
            switches: vec![Switch {
                name: "Manage distribution".into(),
                on: true,
                why: "Name the workspaces that may use the app, or it is refused there.".into(),
            }],
            ..guide(
                "MCP app",
                "https://app.asana.com/0/my-apps",
                vec![
                    step(
                        "Create new app, of the type MCP app: another one's tokens do not open the MCP server.",
                        Some(("App name", "MCPHub")),
                    ),
                    redirect_step("OAuth → Redirect URLs → Add.", "Redirect URL"),
                    step("Manage distribution: choose your workspaces.", None),
                    step("OAuth: copy the client ID and the client secret.", None),
                ],
                "https://developers.asana.com/docs/integrating-with-asanas-mcp-server",
                "2026-08-20",
            )
        }]
    }

    fn errors() -> Vec<Row> {
        let app = || ErrorClass::ApprovalNeeded(Some("https://app.asana.com/0/my-apps".into()));
        vec![
            error_text("not available to your workspace", app(), "the app is not distributed to this workspace"),
            error_text("client_id is missing or invalid", app(), "Asana does not know the app in this workspace"),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_app_that_is_not_distributed_leads_to_the_page_where_that_is_done() {
        let classes: Vec<_> = Asana::errors().into_iter().map(|row| row.fault.class).collect();

        assert!(
            classes
                .iter()
                .all(|class| matches!(class, ErrorClass::ApprovalNeeded(Some(page)) if page.contains("my-apps")))
        );
    }

    #[test]
    fn the_resource_is_version_2_as_a_whole() {
        let resource = Asana::resource_indicator();

        assert_eq!(resource.authorize, ResourceMode::Fixed(literal("https://mcp.asana.com/v2")));
        assert_eq!((resource.token, resource.refresh), (resource.authorize.clone(), resource.authorize));
    }

    #[test]
    fn nothing_is_registered_by_itself() {
        assert_eq!(Asana::registration().preference, [IdentitySource::Setup]);
    }

    #[test]
    fn a_login_needs_no_metadata() {
        let kinds: Vec<_> = Asana::metadata().endpoints.into_iter().map(|endpoint| endpoint.kind).collect();

        assert!(kinds.contains(&EndpointKind::Authorization) && kinds.contains(&EndpointKind::Token));
        assert_eq!(Asana::authorization().pkce, Pkce::Supported);
        assert_eq!(Asana::token_request().shape.authentication, Some(ClientAuthentication::Post));
    }
}
