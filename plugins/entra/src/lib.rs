//! Microsoft Entra ID: <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow>. The quirks and their sources are in the README beside this crate.

use mcphub_plugin::prelude::*;

struct Entra;

#[provider]
impl Provider for Entra {
    fn identity() -> Identity {
        identity(
            "entra",
            env!("CARGO_PKG_VERSION"),
            "Microsoft Entra ID",
            "https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow",
            &[],
        )
    }

    fn matching() -> Vec<Rule> {
        // Not version 1 (sts.windows.net): there the resource is a parameter, and here it is left out.
        let of = |host: &str| rule("v2", [condition(Field::IssuerHost, Comparison::Exact, host)]);
        vec![
            of("login.microsoftonline.com"),
            of("login.microsoftonline.us"),
            of("login.microsoftonline.de"),
            of("login.partner.microsoftonline.cn"),
        ]
    }

    fn registration() -> Registration {
        Registration { preference: vec![IdentitySource::Setup], ..Registration::default() }
    }

    fn authorization() -> Authorization {
        // S256 works; the metadata does not say so.
        Authorization { pkce: Pkce::Supported, response_mode: Some("query".into()), ..Authorization::default() }
    }

    fn resource_indicator() -> ResourceIndicator {
        // AADSTS9010010: the scope names the resource already.
        let (authorize, token, refresh) = (ResourceMode::Omit, ResourceMode::Omit, ResourceMode::Omit);
        ResourceIndicator { authorize, token, refresh }
    }

    fn scopes() -> Scopes {
        Scopes { offline: Offline::Scope("offline_access".into()), ..Scopes::default() }
    }

    fn refresh() -> Refresh {
        // Without a scope the answer is a token for Microsoft Graph.
        Refresh { repeat_scope: true, rotation: Rotation::None, ..Refresh::default() }
    }

    fn revocation() -> Revocation {
        Revocation::Page(literal("https://myapps.microsoft.com"))
    }

    fn setup() -> Vec<Guide> {
        vec![Guide {
            when_to_choose: "Entra hands out clients by hand only.".into(),
            prerequisites: vec!["You may register applications in the tenant, or an admin does it for you.".into()],
            later: vec!["API permissions that need it get admin consent from an admin of the tenant.".into()],
            limits: vec!["A client secret ends on the day that you choose; note it.".into()],
            ..guide(
                "App registration",
                "https://entra.microsoft.com/#view/Microsoft_AAD_RegisteredApps/ApplicationsListBlade",
                vec![
                    step("App registrations → New registration.", Some(("Name", "MCPHub"))),
                    step("Choose whose accounts may sign in.", None),
                    redirect_step("Redirect URI: platform Web.", "Redirect URI"),
                    step("API permissions → Add a permission → the MCP server's API → the scopes it names.", None),
                    step("Certificates & secrets → New client secret; copy its Value, which is shown once.", None),
                    step("Overview: copy the Application (client) ID.", None),
                ],
                "https://learn.microsoft.com/entra/identity-platform/quickstart-register-app",
                "2026-08-20",
            )
        }]
    }

    fn errors() -> Vec<Row> {
        vec![
            error_text(
                "AADSTS9010010",
                ErrorClass::ResourceRejected,
                "Entra takes no resource parameter beside a scope",
            ),
            error_text("AADSTS901002", ErrorClass::ResourceRejected, "Entra takes no resource parameter"),
            error_text(
                "AADSTS650053",
                ErrorClass::ClientConfigWrong(ConfigFault::ScopeNotEnabled),
                "the application has no permission for a scope that was asked for",
            ),
            error_text(
                "AADSTS65001",
                ErrorClass::ApprovalNeeded(None),
                "an admin of the tenant must consent to the application",
            ),
            error_text(
                "AADSTS50011",
                ErrorClass::ClientConfigWrong(ConfigFault::RedirectUri),
                "the redirect URI is not listed at the application",
            ),
            error_text(
                "AADSTS7000215",
                ErrorClass::ClientConfigWrong(ConfigFault::Secret),
                "the client secret is wrong; copy its Value, not its ID",
            ),
            error_text(
                "AADSTS7000222",
                ErrorClass::ClientConfigWrong(ConfigFault::Secret),
                "the client secret has ended; make a new one",
            ),
            error_text("AADSTS700082", ErrorClass::ReauthRequired, "the login was not used for too long"),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_resource_is_sent_at_any_step() {
        let indicator = Entra::resource_indicator();

        assert!(
            [indicator.authorize, indicator.token, indicator.refresh].iter().all(|mode| *mode == ResourceMode::Omit)
        );
    }

    #[test]
    fn a_refresh_repeats_the_scope() {
        assert!(Entra::refresh().repeat_scope);
    }

    #[test]
    fn every_cloud_is_served_and_version_1_is_not() {
        let hosts: Vec<_> =
            Entra::matching().into_iter().flat_map(|rule| rule.conditions).map(|host| host.value).collect();

        assert_eq!(
            hosts,
            [
                "login.microsoftonline.com",
                "login.microsoftonline.us",
                "login.microsoftonline.de",
                "login.partner.microsoftonline.cn"
            ]
        );
    }
}
