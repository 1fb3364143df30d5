//! Keycloak: <https://www.keycloak.org/documentation>. The quirks and their sources are in the README beside this crate.

use mcphub_plugin::prelude::*;

struct Keycloak;

#[provider]
impl Provider for Keycloak {
    fn identity() -> Identity {
        identity("keycloak", env!("CARGO_PKG_VERSION"), "Keycloak", "https://www.keycloak.org/documentation", &[])
    }

    fn matching() -> Vec<Rule> {
        vec![Rule { ask: true, ..rule("realm", []) }]
    }

    fn inputs() -> Vec<Input> {
        vec![Input {
            key: "host".into(),
            title: "Host of the Keycloak".into(),
            help: "As in https://HOST/realms/REALM.".into(),
            pattern: r"[A-Za-z0-9.-]+(:[0-9]{1,5})?".into(),
            required: true,
            ..Input::default()
        }]
    }

    fn setup() -> Vec<Guide> {
        vec![Guide {
            when_to_choose: "When the realm's policies refuse clients that register by themselves.".into(),
            later: vec!["A client scope with an audience mapper names the MCP server; Keycloak does not read the resource parameter.".into()],
            ..guide(
                "Client",
                "https://{input:host}/admin/",
                vec![
                    step("Choose the realm; Clients → Create client → OpenID Connect.", Some(("Client ID", "mcphub"))),
                    step("Switch Client authentication on, and Standard flow.", None),
                    redirect_step("Valid redirect URIs.", "Valid redirect URI"),
                    step("Client scopes: add one whose audience mapper names the MCP server.", None),
                    step("Credentials: copy the client secret.", None),
                ],
                "https://www.keycloak.org/docs/latest/server_admin/", "2026-08-20",
            )
        }]
    }

    fn errors() -> Vec<Row> {
        vec![
            error_text(
                "Policy 'Trusted Hosts' rejected",
                ErrorClass::ClientNotAllowlisted(None),
                "the realm registers clients from trusted hosts only; an admin changes that under Client registration",
            ),
            error_text(
                "Invalid parameter: redirect_uri",
                ErrorClass::ClientConfigWrong(ConfigFault::RedirectUri),
                "the redirect URI is not listed at the client",
            ),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_serves_only_where_a_person_names_it() {
        assert!(Keycloak::matching().iter().all(|rule| rule.ask));
    }

    #[test]
    fn the_guide_says_who_names_the_server_as_keycloak_does_not_read_the_resource() {
        let guide = Keycloak::setup().remove(0);

        assert!(guide.steps.iter().any(|step| step.text.contains("audience mapper")));
        assert_eq!(Keycloak::resource_indicator(), ResourceIndicator::default());
    }

    #[test]
    fn a_refused_registration_is_a_matter_of_the_realm() {
        assert_eq!(Keycloak::errors()[0].fault.class, ErrorClass::ClientNotAllowlisted(None));
    }
}
