//! Auth0: <https://auth0.com/docs>. The quirks and their sources are in the README beside this crate.

use mcphub_plugin::prelude::*;

struct Auth0;

#[provider]
impl Provider for Auth0 {
    fn identity() -> Identity {
        identity("auth0", env!("CARGO_PKG_VERSION"), "Auth0", "https://auth0.com/docs", &[])
    }

    fn matching() -> Vec<Rule> {
        vec![
            rule("tenant", [issuer_host_below(".auth0.com", "tenant")]),
            Rule { ask: true, ..rule("custom-domain", []) },
        ]
    }

    fn resource_indicator() -> ResourceIndicator {
        // Where both come, `audience` counts. A `resource` that the tenant does not read itself is passed on, and an Entra
        // connection refuses it.
        ResourceIndicator { authorize: ResourceMode::Named("audience".into()), ..ResourceIndicator::default() }
    }

    fn scopes() -> Scopes {
        Scopes { offline: Offline::Scope("offline_access".into()), ..Scopes::default() }
    }

    fn setup() -> Vec<Guide> {
        vec![Guide {
            when_to_choose: "When the tenant does not register clients by itself.".into(),
            console_url: literal("https://manage.auth0.com"),
            ..guide(
                "Application",
                "https://manage.auth0.com",
                vec![
                    step("Applications → Create Application → Regular Web Application.", Some(("Name", "MCPHub"))),
                    redirect_step("Settings → Allowed Callback URLs.", "Allowed Callback URLs"),
                    step("Settings → Advanced → Grant Types: switch Refresh Token on.", None),
                    step("Copy the client ID and the client secret from Settings.", None),
                ],
                "https://auth0.com/docs/get-started/applications",
                "2026-08-20",
            )
        }]
    }

    fn errors() -> Vec<Row> {
        vec![
            error_text(
                "Service not found",
                ErrorClass::ClientConfigWrong(ConfigFault::Setting),
                "the tenant has no API with this audience",
            ),
            error_text(
                "Callback URL mismatch",
                ErrorClass::ClientConfigWrong(ConfigFault::RedirectUri),
                "the callback URL is not listed at the application",
            ),
            error_code(
                "unauthorized_client",
                ErrorClass::ClientConfigWrong(ConfigFault::Setting),
                "the application may not use this kind of login",
            ),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_login_page_is_told_the_audience_and_no_resource_that_it_could_pass_on() {
        assert_eq!(Auth0::resource_indicator().authorize, ResourceMode::Named("audience".into()));
    }

    #[test]
    fn a_domain_of_ones_own_is_served_when_it_is_named() {
        assert!(Auth0::matching().iter().any(|rule| rule.ask && rule.conditions.is_empty()));
    }
}
