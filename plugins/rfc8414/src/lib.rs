//! The generic provider: what the RFCs and the MCP specification say, and nothing else. It serves every server that no
//! other plugin serves.

use mcphub_plugin::{Identity, Provider, Rule, provider};

struct Rfc8414;

#[provider]
impl Provider for Rfc8414 {
    fn identity() -> Identity {
        Identity {
            id: "rfc8414".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            title: "Any provider".into(),
            description: "Any authorization server that keeps to the RFCs".into(),
            homepage: None,
            hosts: Vec::new(),
        }
    }

    fn matching() -> Vec<Rule> {
        vec![Rule { conditions: Vec::new(), variant_id: "rfc8414".into(), priority: 0, ask: false, inputs: Vec::new() }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mcphub_plugin::{Metadata, Registration, Scopes, TokenRequest};

    #[test]
    fn it_serves_anything_with_the_lowest_priority() {
        let rules = Rfc8414::matching();

        assert_eq!(rules.len(), 1);
        assert!(rules.iter().all(|rule| rule.priority == 0 && rule.conditions.is_empty() && !rule.ask));
    }

    #[test]
    fn it_names_no_host_and_deviates_nowhere() {
        assert!(Rfc8414::identity().hosts.is_empty());
        assert_eq!(Rfc8414::metadata(), Metadata::default());
        assert_eq!(Rfc8414::registration(), Registration::default());
        assert_eq!(Rfc8414::scopes(), Scopes::default());
        assert_eq!(Rfc8414::token_request(), TokenRequest::default());
    }
}
