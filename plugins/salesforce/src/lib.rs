//! Salesforce: <https://developer.salesforce.com/docs/platform/hosted-mcp-servers>. The quirks and their sources are in the README beside this crate.

use mcphub_plugin::prelude::*;

struct Salesforce;

#[provider]
impl Provider for Salesforce {
    fn identity() -> Identity {
        identity(
            "salesforce",
            env!("CARGO_PKG_VERSION"),
            "Salesforce",
            "https://developer.salesforce.com/docs/platform/hosted-mcp-servers",
            &["api.salesforce.com", "login.salesforce.com", "test.salesforce.com"],
        )
    }

    fn matching() -> Vec<Rule> {
        vec![
            rule("hosted", [server_host("api.salesforce.com")]),
            rule("hosted", [condition(Field::ServerHost, Comparison::Suffix, ".my.salesforce.com")]),
            rule("hosted", [issuer("https://login.salesforce.com")]),
            rule("hosted", [condition(Field::IssuerHost, Comparison::Exact, "test.salesforce.com")]),
            rule("hosted", [condition(Field::IssuerHost, Comparison::Suffix, ".my.salesforce.com")]),
        ]
    }

    fn metadata() -> Metadata {
        Metadata {
            // What the metadata calls itself where the server names itself or a My Domain as the issuer.
            issuer_aliases: vec!["https://login.salesforce.com".into(), "https://test.salesforce.com".into()],
            endpoints: vec![
                fill(EndpointKind::Authorization, "https://login.salesforce.com/services/oauth2/authorize"),
                fill(EndpointKind::Token, "https://login.salesforce.com/services/oauth2/token"),
                fill(EndpointKind::Revocation, "https://login.salesforce.com/services/oauth2/revoke"),
            ],
            ..Metadata::default()
        }
    }

    fn registration() -> Registration {
        Registration { preference: vec![IdentitySource::Setup], ..Registration::default() }
    }

    fn authorization() -> Authorization {
        // The app itself may demand it; without metadata nothing lists it.
        Authorization { pkce: Pkce::Supported, ..Authorization::default() }
    }

    fn scopes() -> Scopes {
        let api = Scope { asked_by_default: true, ..scope("mcp_api", "Use hosted MCP servers", &[]) };
        Scopes { catalogue: vec![api], offline: Offline::Scope("refresh_token".into()), ..Scopes::default() }
    }

    fn setup() -> Vec<Guide> {
        let switch = |name: &str, on: bool, why: &str| Switch { name: name.into(), on, why: why.into() };
        vec![Guide {
            when_to_choose: "Salesforce hands out clients by hand only; Connected Apps do not open MCP servers.".into(),
            switches: vec![
                switch(
                    "Issue JSON Web Token (JWT)-based access tokens",
                    true,
                    "Without it the login works and the MCP server refuses the token.",
                ),
                switch("Require Proof Key for Code Exchange (PKCE)", true, "The hub always sends it."),
                switch(
                    "Require Secret for Web Server Flow and for Refresh Token Flow",
                    false,
                    "The hub is a public client here.",
                ),
            ],
            outputs: vec![output(
                OutputKind::ClientId,
                "Consumer Key",
                "Settings → OAuth Settings → Consumer Key and Secret",
                "[!-~]{4,512}",
            )],
            ..guide(
                "External client app",
                "https://login.salesforce.com",
                vec![
                    step("Setup → External Client App Manager → New External Client App.", Some(("Name", "MCPHub"))),
                    step("Enable OAuth.", None),
                    redirect_step("Callback URL.", "Callback URL"),
                    step("OAuth scopes: mcp_api and refresh_token.", None),
                    step("Set the switches below, save, and copy the consumer key.", None),
                ],
                "https://developer.salesforce.com/docs/platform/hosted-mcp-servers",
                "2026-08-20",
            )
        }]
    }

    fn errors() -> Vec<Row> {
        vec![
            Row {
                operation: Some(Operation::Request),
                ..error_text(
                    "INVALID_JWT_FORMAT",
                    ErrorClass::ClientConfigWrong(ConfigFault::Setting),
                    "the app gives no JWT-based access tokens; switch that on",
                )
            },
            error_code(
                "redirect_uri_mismatch",
                ErrorClass::ClientConfigWrong(ConfigFault::RedirectUri),
                "the callback URL is not listed at the app",
            ),
            error_code(
                "invalid_client_id",
                ErrorClass::ClientConfigWrong(ConfigFault::Secret),
                "Salesforce does not know the consumer key; a new app takes some minutes",
            ),
            error_code("inactive_user", ErrorClass::AccountNotEligible, "this account is not active"),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_that_is_no_jwt_is_a_switch_of_the_app_and_not_a_lost_login() {
        let row = Salesforce::errors().remove(0);

        assert_eq!(row.operation, Some(Operation::Request));
        assert!(matches!(row.fault.class, ErrorClass::ClientConfigWrong(_)));
        assert!(Salesforce::setup()[0].switches.iter().any(|switch| switch.name.contains("JWT") && switch.on));
    }

    #[test]
    fn sandboxes_and_domains_of_ones_own_are_served_under_either_name_of_the_issuer() {
        let values: Vec<_> = Salesforce::matching()
            .into_iter()
            .flat_map(|rule| rule.conditions)
            .map(|condition| condition.value)
            .collect();

        assert!(
            ["test.salesforce.com", ".my.salesforce.com"].iter().all(|value| values.contains(&(*value).to_owned()))
        );
        assert_eq!(
            Salesforce::metadata().issuer_aliases,
            ["https://login.salesforce.com", "https://test.salesforce.com"]
        );
    }

    #[test]
    fn the_client_is_a_public_one() {
        assert!(Salesforce::setup()[0].outputs.iter().all(|output| output.kind != OutputKind::ClientSecret));
    }
}
