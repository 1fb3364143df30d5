//! `HubSpot`: <https://developers.hubspot.com/docs/apps/developer-platform/build-apps/integrate-with-the-remote-hubspot-mcp-server>. The quirks and their sources are in the README beside this crate.

use mcphub_plugin::prelude::*;

struct HubSpot;

/// Both token requests.
fn secret_in_the_body() -> RequestShape {
    RequestShape { authentication: Some(ClientAuthentication::Post), ..RequestShape::default() }
}

#[provider]
impl Provider for HubSpot {
    fn identity() -> Identity {
        identity(
            "hubspot",
            env!("CARGO_PKG_VERSION"),
            "HubSpot",
            "https://developers.hubspot.com/docs/apps/developer-platform/build-apps/integrate-with-the-remote-hubspot-mcp-server",
            &["mcp.hubspot.com"],
        )
    }

    fn matching() -> Vec<Rule> {
        vec![rule("mcp", [server_host("mcp.hubspot.com")])]
    }

    fn metadata() -> Metadata {
        Metadata {
            endpoints: vec![
                fill(EndpointKind::Authorization, "https://mcp.hubspot.com/oauth/authorize/user"),
                fill(EndpointKind::Token, "https://mcp.hubspot.com/oauth/v3/token"),
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

    fn scopes() -> Scopes {
        // The person's own permissions hold.
        Scopes { silence_means_requested: false, ..Scopes::default() }
    }

    fn token_request() -> TokenRequest {
        TokenRequest { shape: secret_in_the_body(), ..TokenRequest::default() }
    }

    fn refresh() -> Refresh {
        Refresh { shape: secret_in_the_body(), ..Refresh::default() }
    }

    fn setup() -> Vec<Guide> {
        vec![Guide {
            when_to_choose: "HubSpot hands out clients by hand only.".into(),
            ..guide(
                "MCP auth app",
                "https://app.hubspot.com/l/developer-overview",
                vec![
                    step("Development → MCP Auth Apps → Create MCP auth app.", Some(("Name", "MCPHub"))),
                    redirect_step("Redirect URL; the first one listed is the default.", "Redirect URL"),
                    step("Create, then copy the client ID and the client secret.", None),
                ],
                "https://developers.hubspot.com/docs",
                "2026-08-20",
            )
        }]
    }

    fn errors() -> Vec<Row> {
        vec![
            error_text("BAD_REFRESH_TOKEN", ErrorClass::ReauthRequired, "HubSpot has ended this login"),
            error_text(
                "MISMATCH_REDIRECT_URI",
                ErrorClass::ClientConfigWrong(ConfigFault::RedirectUri),
                "the redirect URL is not listed at the HubSpot app",
            ),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ended_refresh_token_means_one_new_login() {
        assert_eq!(HubSpot::errors()[0].fault.class, ErrorClass::ReauthRequired);
    }

    #[test]
    fn a_login_needs_no_metadata() {
        let kinds: Vec<_> = HubSpot::metadata().endpoints.into_iter().map(|endpoint| endpoint.kind).collect();

        assert!(kinds.contains(&EndpointKind::Authorization) && kinds.contains(&EndpointKind::Token));
        assert_eq!(HubSpot::authorization().pkce, Pkce::Supported);
        assert_eq!(HubSpot::token_request().shape.authentication, Some(ClientAuthentication::Post));
    }

    #[test]
    fn the_guide_has_the_redirect_address_to_copy() {
        let steps = HubSpot::setup().remove(0).steps;

        assert!(steps.iter().any(|step| step.value == Some(template("{redirect-uri}"))));
    }
}
