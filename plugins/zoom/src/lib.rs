//! Zoom: <https://developers.zoom.us/docs/integrations/oauth/>. The quirks and their sources are in the README beside this crate.

use mcphub_plugin::prelude::*;

struct Zoom;

#[provider]
impl Provider for Zoom {
    fn identity() -> Identity {
        identity(
            "zoom",
            env!("CARGO_PKG_VERSION"),
            "Zoom",
            "https://developers.zoom.us/docs/integrations/oauth/",
            &["mcp.zoom.us", "zoom.us"],
        )
    }

    fn matching() -> Vec<Rule> {
        // The documentation has zoom.us/mcp/…, lists of servers have mcp.zoom.us.
        vec![
            rule("mcp", [server_host("zoom.us")]),
            rule("mcp", [server_host("mcp.zoom.us")]),
            rule("mcp", [issuer("https://zoom.us")]),
        ]
    }

    fn metadata() -> Metadata {
        Metadata {
            endpoints: vec![
                fill(EndpointKind::Authorization, "https://zoom.us/oauth/authorize"),
                fill(EndpointKind::Token, "https://zoom.us/oauth/token"),
                fill(EndpointKind::Revocation, "https://zoom.us/oauth/revoke"),
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

    fn token_request() -> TokenRequest {
        let shape = RequestShape {
            authentication: Some(ClientAuthentication::Basic(BasicEncoding::Raw)),
            ..RequestShape::default()
        };
        TokenRequest { shape, ..TokenRequest::default() }
    }

    fn refresh() -> Refresh {
        const QUARTER: u32 = 90 * 24 * 60 * 60;
        let shape = Zoom::token_request().shape;
        Refresh { shape, rotation: Rotation::SingleUse, idle_lifetime_seconds: Some(QUARTER), ..Refresh::default() }
    }

    fn setup() -> Vec<Guide> {
        vec![Guide {
            when_to_choose: "Zoom hands out clients by hand only.".into(),
            ..guide(
                "OAuth app",
                "https://marketplace.zoom.us/develop/create",
                vec![
                    step("Develop → Build App → General App, user-managed.", Some(("Name", "MCPHub"))),
                    redirect_step(
                        "Basic Information → OAuth Redirect URL, and the allow list below it.",
                        "OAuth Redirect URL",
                    ),
                    step("Scopes: add what your tools need.", None),
                    step("Copy the client ID and the client secret.", None),
                ],
                "https://developers.zoom.us/docs/integrations/oauth/",
                "2026-08-20",
            )
        }]
    }

    fn errors() -> Vec<Row> {
        vec![error_text("Invalid Token", ErrorClass::ReauthRequired, "Zoom has ended this login")]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_client_proves_itself_in_the_same_way_at_both_steps() {
        assert_eq!(Zoom::token_request().shape.authentication, Zoom::refresh().shape.authentication);
        assert!(matches!(Zoom::refresh().shape.authentication, Some(ClientAuthentication::Basic(_))));
    }

    #[test]
    fn either_address_of_the_servers_is_served() {
        let values: Vec<_> =
            Zoom::matching().into_iter().flat_map(|rule| rule.conditions).map(|host| host.value).collect();

        assert_eq!(values, ["zoom.us", "mcp.zoom.us", "https://zoom.us"]);
    }

    #[test]
    fn a_refresh_token_is_used_once() {
        assert_eq!(Zoom::refresh().rotation, Rotation::SingleUse);
    }
}
