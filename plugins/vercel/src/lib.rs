//! Vercel: <https://vercel.com/docs/mcp/vercel-mcp>. The quirks and their sources are in the README beside this crate.

use mcphub_plugin::prelude::*;

struct Vercel;

#[provider]
impl Provider for Vercel {
    fn identity() -> Identity {
        identity(
            "vercel",
            env!("CARGO_PKG_VERSION"),
            "Vercel",
            "https://vercel.com/docs/mcp/vercel-mcp",
            &["mcp.vercel.com"],
        )
    }

    fn matching() -> Vec<Rule> {
        vec![rule("mcp", [server_host("mcp.vercel.com")])]
    }

    fn registration() -> Registration {
        // An https redirect URI is refused with invalid_redirect_uri.
        Registration { redirect: RedirectConstraint::LoopbackAnyPort, ..Registration::default() }
    }

    fn scopes() -> Scopes {
        // The protected resource names `openid` only; without this one a login lasts an hour.
        Scopes { offline: Offline::Scope("offline_access".into()), ..Scopes::default() }
    }

    fn setup() -> Vec<Guide> {
        vec![Guide {
            when_to_choose:
                "When the hub has a public address: clients that register by themselves may use loopback only.".into(),
            switches: vec![Switch {
                name: "Permissions → offline_access".into(),
                on: true,
                why: "Without it a login lasts an hour.".into(),
            }],
            ..guide(
                "Vercel app",
                "https://vercel.com/account/settings/apps",
                vec![
                    step("Settings → Apps → Create.", Some(("Name", "MCPHub"))),
                    redirect_step("General → Callback URLs → Add.", "Callback URL"),
                    step("Permissions: switch offline_access on.", None),
                    step("Authentication → Client Secrets → Generate; copy it and the client ID.", None),
                ],
                "https://vercel.com/docs/sign-in-with-vercel",
                "2026-08-20",
            )
        }]
    }

    fn errors() -> Vec<Row> {
        let refused = ErrorClass::ClientNotAllowlisted(Some("https://vercel.com/account/settings/apps".into()));
        vec![Row {
            operation: Some(Operation::Registration),
            ..error_code("invalid_redirect_uri", refused, "Vercel registers clients with a loopback address only")
        }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_that_registers_by_itself_uses_loopback() {
        assert_eq!(Vercel::registration().redirect, RedirectConstraint::LoopbackAnyPort);
    }

    #[test]
    fn offline_access_is_asked_for_although_nobody_lists_it() {
        assert_eq!(Vercel::scopes().offline, Offline::Scope("offline_access".into()));
    }
}
