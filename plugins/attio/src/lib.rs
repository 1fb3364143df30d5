//! Attio: <https://docs.attio.com/mcp/overview>. The quirks and their sources are in the README beside this crate.

use mcphub_plugin::prelude::*;

struct Attio;

#[provider]
impl Provider for Attio {
    fn identity() -> Identity {
        identity("attio", env!("CARGO_PKG_VERSION"), "Attio", "https://docs.attio.com/mcp/overview", &["mcp.attio.com"])
    }

    fn matching() -> Vec<Rule> {
        vec![rule("mcp", [server_host("mcp.attio.com")])]
    }

    fn registration() -> Registration {
        // Anything else among the grant types is refused.
        Registration {
            body_patch: Some(r#"{"grant_types":["authorization_code","refresh_token"],"response_types":["code"],"token_endpoint_auth_method":"none"}"#.into()),
            secret: SecretPolicy::Ignore,
            ..Registration::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_registration_states_exactly_the_grants_that_are_used() {
        let patch = Attio::registration().body_patch.unwrap_or_default();

        assert!(patch.contains(r#""grant_types":["authorization_code","refresh_token"]"#));
        assert_eq!(Attio::registration().secret, SecretPolicy::Ignore);
    }
}
