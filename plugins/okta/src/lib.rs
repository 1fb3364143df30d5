//! Okta: <https://developer.okta.com/docs>. The quirks and their sources are in the README beside this crate.

use mcphub_plugin::prelude::*;

struct Okta;

#[provider]
impl Provider for Okta {
    fn identity() -> Identity {
        identity("okta", env!("CARGO_PKG_VERSION"), "Okta", "https://developer.okta.com/docs", &[])
    }

    fn matching() -> Vec<Rule> {
        let below = |suffix: &str| condition(Field::IssuerHost, Comparison::Suffix, suffix);
        vec![
            rule("org", [below(".okta.com")]),
            rule("preview", [below(".oktapreview.com")]),
            rule("org", [below(".okta-emea.com")]),
        ]
    }

    fn authorization() -> Authorization {
        // `resource` names no audience there.
        Authorization {
            extra: vec![param("audience", "{resource-uri}")],
            response_mode: Some("query".into()),
            ..Authorization::default()
        }
    }

    fn scopes() -> Scopes {
        Scopes { offline: Offline::Scope("offline_access".into()), ..Scopes::default() }
    }

    fn setup() -> Vec<Guide> {
        vec![Guide {
            when_to_choose: "Okta registers clients for admins only.".into(),
            prerequisites: vec!["You are an admin of the organisation, or one does this for you.".into()],
            switches: vec![Switch {
                name: "Require Demonstrating Proof of Possession (DPoP)".into(),
                on: false,
                why: "Only switch it on together with oauth.dpop.".into(),
            }],
            ..guide(
                "App integration",
                "https://login.okta.com",
                vec![
                    step(
                        "Admin Console → Applications → Create App Integration → OIDC → Web Application.",
                        Some(("Name", "MCPHub")),
                    ),
                    step("Grant type: Authorization Code and Refresh Token.", None),
                    redirect_step("Sign-in redirect URIs.", "Sign-in redirect URI"),
                    step("Assignments: choose who may use it.", None),
                    step("General: copy the client ID and the client secret.", None),
                ],
                "https://developer.okta.com/docs/guides/implement-grant-type/authcodepkce/main/",
                "2026-08-20",
            )
        }]
    }

    fn errors() -> Vec<Row> {
        vec![
            error_text(
                "User is not assigned to the client application",
                ErrorClass::AccountNotEligible,
                "your account is not assigned to this application",
            ),
            Row {
                operation: Some(Operation::Authorization),
                ..error_text(
                    "redirect_uri",
                    ErrorClass::ClientConfigWrong(ConfigFault::RedirectUri),
                    "the redirect URI is not listed at the application",
                )
            },
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_organisation_is_found_by_its_issuer_wherever_the_server_is() {
        assert!(
            Okta::matching()
                .iter()
                .flat_map(|rule| &rule.conditions)
                .all(|condition| condition.field == Field::IssuerHost)
        );
    }

    #[test]
    fn the_audience_is_named_beside_the_resource() {
        assert_eq!(Okta::authorization().extra, [param("audience", "{resource-uri}")]);
        assert_eq!(Okta::resource_indicator(), ResourceIndicator::default());
    }

    #[test]
    fn text_about_the_redirect_address_means_something_at_the_login_page_only() {
        let row = Okta::errors().into_iter().find(|row| row.contains.as_deref() == Some("redirect_uri"));

        assert_eq!(row.and_then(|row| row.operation), Some(Operation::Authorization));
    }

    #[test]
    fn a_refresh_token_is_asked_for_by_scope() {
        assert_eq!(Okta::scopes().offline, Offline::Scope("offline_access".into()));
    }
}
