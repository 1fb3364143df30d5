//! Supabase: <https://supabase.com/docs/guides/getting-started/mcp>. The quirks and their sources are in the README beside this crate.

use mcphub_plugin::prelude::*;

struct Supabase;

#[provider]
impl Provider for Supabase {
    fn identity() -> Identity {
        identity(
            "supabase",
            env!("CARGO_PKG_VERSION"),
            "Supabase",
            "https://supabase.com/docs/guides/getting-started/mcp",
            &["mcp.supabase.com", "api.supabase.com"],
        )
    }

    fn matching() -> Vec<Rule> {
        vec![rule("mcp", [server_host("mcp.supabase.com")]), rule("mcp", [issuer("https://api.supabase.com")])]
    }

    fn metadata() -> Metadata {
        Metadata {
            endpoints: vec![
                fill(EndpointKind::Authorization, "https://api.supabase.com/v1/oauth/authorize"),
                fill(EndpointKind::Token, "https://api.supabase.com/v1/oauth/token"),
                fill(EndpointKind::Revocation, "https://api.supabase.com/v1/oauth/revoke"),
                fill(EndpointKind::Registration, "https://api.supabase.com/platform/oauth/apps/register"),
            ],
            ..Metadata::default()
        }
    }

    fn authorization() -> Authorization {
        // Without metadata nothing lists S256, and the endpoints above would be of no use.
        Authorization { pkce: Pkce::Supported, ..Authorization::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registration_and_login_need_no_metadata() {
        let kinds: Vec<_> = Supabase::metadata().endpoints.into_iter().map(|endpoint| endpoint.kind).collect();

        let needed = [EndpointKind::Registration, EndpointKind::Authorization, EndpointKind::Token];
        assert!(needed.iter().all(|kind| kinds.contains(kind)));
        assert_eq!(Supabase::authorization().pkce, Pkce::Supported);
    }
}
