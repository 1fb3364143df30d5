//! Dropbox: <https://developers.dropbox.com/oauth-guide>. The quirks and their sources are in the README beside this crate.

use mcphub_plugin::prelude::*;

struct Dropbox;

#[provider]
impl Provider for Dropbox {
    fn identity() -> Identity {
        identity(
            "dropbox",
            env!("CARGO_PKG_VERSION"),
            "Dropbox",
            "https://developers.dropbox.com/oauth-guide",
            &["mcp.dropbox.com", "www.dropbox.com", "api.dropboxapi.com"],
        )
    }

    fn matching() -> Vec<Rule> {
        vec![
            rule("mcp", [server_host("mcp.dropbox.com")]),
            rule("mcp", [condition(Field::IssuerHost, Comparison::Exact, "www.dropbox.com")]),
        ]
    }

    fn metadata() -> Metadata {
        Metadata {
            endpoints: vec![
                fill(EndpointKind::Authorization, "https://www.dropbox.com/oauth2/authorize"),
                fill(EndpointKind::Token, "https://api.dropboxapi.com/oauth2/token"),
            ],
            ..Metadata::default()
        }
    }

    fn authorization() -> Authorization {
        Authorization { pkce: Pkce::Supported, ..Authorization::default() }
    }

    fn scopes() -> Scopes {
        Scopes { offline: Offline::Param(param("token_access_type", "offline")), ..Scopes::default() }
    }

    fn refresh() -> Refresh {
        Refresh { rotation: Rotation::None, ..Refresh::default() }
    }

    fn setup() -> Vec<Guide> {
        vec![Guide {
            when_to_choose: "When registration by itself is refused.".into(),
            ..guide(
                "App",
                "https://www.dropbox.com/developers/apps",
                vec![
                    step("Create app → Scoped access → the access your tools need.", Some(("Name", "MCPHub"))),
                    redirect_step("Settings → OAuth 2 → Redirect URIs → Add.", "Redirect URI"),
                    step("Permissions: tick the scopes, then Submit.", None),
                    step("Settings: copy the app key (client ID) and the app secret (client secret).", None),
                ],
                "https://developers.dropbox.com/oauth-guide",
                "2026-08-20",
            )
        }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refresh_token_is_asked_for_by_a_parameter() {
        assert_eq!(Dropbox::scopes().offline, Offline::Param(param("token_access_type", "offline")));
    }

    #[test]
    fn a_login_needs_no_metadata_and_what_is_published_goes_first() {
        let endpoints = Dropbox::metadata().endpoints;

        assert!(endpoints.iter().all(|endpoint| endpoint.mode == EndpointMode::Fill));
        assert_eq!(Dropbox::authorization().pkce, Pkce::Supported);
    }

    #[test]
    fn a_refresh_token_is_used_again_and_again() {
        assert_eq!(Dropbox::refresh().rotation, Rotation::None);
    }
}
