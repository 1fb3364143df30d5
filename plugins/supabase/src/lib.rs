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
            &["mcp.supabase.com", "api.supabase.com", "supabase.com"],
        )
    }

    fn rules() -> Vec<Rule> {
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_own_metadata_comes_before_what_the_plugin_knows() {
        assert!(Supabase::metadata().endpoints.iter().all(|endpoint| endpoint.mode == EndpointMode::Fill));
    }

    #[test]
    fn a_client_can_be_registered_where_no_metadata_says_so() {
        assert!(Supabase::metadata().endpoints.iter().any(|endpoint| endpoint.kind == EndpointKind::Registration));
    }
}
