//! Google: <https://developers.google.com/identity/protocols/oauth2/web-server>. The quirks and their sources are in the README beside this crate.

use mcphub_plugin::prelude::*;

struct Google;

#[provider]
impl Provider for Google {
    fn identity() -> Identity {
        identity(
            "google",
            env!("CARGO_PKG_VERSION"),
            "Google",
            "https://developers.google.com/identity/protocols/oauth2/web-server",
            &["accounts.google.com", "oauth2.googleapis.com"],
        )
    }

    fn matching() -> Vec<Rule> {
        vec![
            rule("mcp", [condition(Field::ServerHost, Comparison::Suffix, ".googleapis.com")]),
            rule("mcp", [issuer("https://accounts.google.com")]),
            rule("mcp", [issuer("https://accounts.google.com/")]),
        ]
    }

    fn metadata() -> Metadata {
        // The protected resource names the issuer with a slash, its own metadata without.
        Metadata {
            issuer_aliases: vec!["https://accounts.google.com".into()],
            endpoints: vec![fill(EndpointKind::Revocation, "https://oauth2.googleapis.com/revoke")],
            ..Metadata::default()
        }
    }

    fn registration() -> Registration {
        Registration { preference: vec![IdentitySource::Setup], ..Registration::default() }
    }

    fn authorization() -> Authorization {
        // Without a prompt a second login brings no refresh token.
        Authorization { pkce: Pkce::Supported, extra: vec![param("prompt", "consent")], ..Authorization::default() }
    }

    fn scopes() -> Scopes {
        Scopes { offline: Offline::Param(param("access_type", "offline")), ..Scopes::default() }
    }

    fn refresh() -> Refresh {
        Refresh { rotation: Rotation::None, ..Refresh::default() }
    }

    fn setup() -> Vec<Guide> {
        vec![Guide {
            when_to_choose: "Google hands out clients by hand only.".into(),
            limits: vec![
                "In publishing status Testing a login ends after 7 days; publish the consent screen, or expect that."
                    .into(),
                "Of one account and client 100 logins live; the oldest ends without a word.".into(),
            ],
            later: vec![
                "For a client that strangers use and that asks for sensitive scopes, Google reviews the consent screen."
                    .into(),
            ],
            ..guide(
                "OAuth client",
                "https://console.cloud.google.com/auth/clients",
                vec![
                    step("Choose or make a project; in APIs & Services enable the API and its MCP API.", None),
                    step(
                        "Google Auth Platform → Branding and Audience: set up the consent screen.",
                        Some(("App name", "MCPHub")),
                    ),
                    step("Clients → Create client → Web application.", None),
                    redirect_step("Authorised redirect URIs → Add URI.", "URI"),
                    step("Create, then copy the client ID and the client secret.", None),
                ],
                "https://developers.google.com/identity/protocols/oauth2/web-server",
                "2026-08-20",
            )
        }]
    }

    fn errors() -> Vec<Row> {
        vec![
            error_code(
                "redirect_uri_mismatch",
                ErrorClass::ClientConfigWrong(ConfigFault::RedirectUri),
                "the redirect URI is not listed at the Google client",
            ),
            error_code(
                "deleted_client",
                ErrorClass::ClientConfigWrong(ConfigFault::AppSuspended),
                "the Google client was deleted",
            ),
            error_code(
                "admin_policy_enforced",
                ErrorClass::ApprovalNeeded(None),
                "your organisation's admin must allow this client",
            ),
            error_code(
                "org_internal",
                ErrorClass::AccountNotEligible,
                "the client is for accounts of its own organisation only",
            ),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refresh_token_is_asked_for_by_parameters() {
        assert_eq!(Google::scopes().offline, Offline::Param(param("access_type", "offline")));
        assert_eq!(Google::authorization().extra, [param("prompt", "consent")]);
    }

    #[test]
    fn both_spellings_of_the_issuer_are_its_own() {
        assert!(Google::metadata().issuer_aliases.contains(&"https://accounts.google.com".to_owned()));
        assert!(Google::matching().iter().any(|rule| rule.conditions == [issuer("https://accounts.google.com/")]));
    }
}
