//! Cloudflare: <https://developers.cloudflare.com/agents/model-context-protocol/mcp-servers-for-cloudflare/>. The quirks and their sources are in the README beside this crate.

use mcphub_plugin::prelude::*;

struct Cloudflare;

#[provider]
impl Provider for Cloudflare {
    fn identity() -> Identity {
        identity(
            "cloudflare",
            env!("CARGO_PKG_VERSION"),
            "Cloudflare",
            "https://developers.cloudflare.com/agents/model-context-protocol/mcp-servers-for-cloudflare/",
            &["*.mcp.cloudflare.com", "mcp.cloudflare.com"],
        )
    }

    fn matching() -> Vec<Rule> {
        vec![
            rule("mcp", [server_host("mcp.cloudflare.com")]),
            rule("mcp", [condition(Field::ServerHost, Comparison::Suffix, ".mcp.cloudflare.com")]),
        ]
    }

    fn scopes() -> Scopes {
        // Permissions are chosen on the consent page.
        Scopes { silence_means_requested: false, ..Scopes::default() }
    }

    fn refresh() -> Refresh {
        Refresh { rotation: Rotation::Grace, ..Refresh::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_products_server_is_served_and_a_customers_worker_is_not() {
        let values: Vec<_> = Cloudflare::matching()
            .into_iter()
            .flat_map(|rule| rule.conditions)
            .map(|condition| condition.value)
            .collect();

        assert_eq!(values, ["mcp.cloudflare.com", ".mcp.cloudflare.com"]);
    }

    #[test]
    fn what_was_granted_is_not_told_by_scopes() {
        assert!(!Cloudflare::scopes().silence_means_requested);
    }
}
