//! What a person's approval of a plugin covers: the servers they saw, servers whose address matches a rule they saw,
//! and a new build that does no more than the one they looked at.
//!
//! Whether a rule about an issuer or a matching function holds is known only when a login begins. The person did not
//! see that server when they approved, so they are asked again.

use mcphub_oauth::profile::{Rule, Target};
use mcphub_oauth::server_address::ServerAddress;
use mcphub_plugins::Plugin;
use url::Url;

use crate::store::ApprovedScope;

/// What a person approves with this plugin, if it serves these servers.
pub(crate) fn scope(plugin: &Plugin, servers: Vec<String>) -> ApprovedScope {
    let rules = plugin.profile().matching.iter().map(ToString::to_string).collect();
    ApprovedScope { servers, rules, exports: plugin.exports().to_vec() }
}

/// How a scope names a server.
pub(crate) fn server(url: &Url) -> String {
    ServerAddress::of(url).as_str().to_owned()
}

/// Whether a plugin with these rules may take over a server from another plugin.
pub(crate) fn covers(scope: &ApprovedScope, rules: &[Rule], url: &Url) -> bool {
    let target = Target { server: url, issuer: None };
    let was_shown = |rule: &&Rule| scope.rules.contains(&rule.to_string());
    scope.servers.contains(&server(url)) || rules.iter().filter(was_shown).any(|rule| rule.holds_for(target).is_some())
}

/// What a new build does that the approval of the previous build does not cover.
pub(crate) fn beyond(scope: &ApprovedScope, rules: &[Rule], exports: &[String]) -> Vec<String> {
    let rules = rules.iter().filter(|rule| !rule.ask).map(ToString::to_string);
    let rules: Vec<String> = rules.filter(|rule| !scope.rules.contains(rule)).collect();
    let exports: Vec<&str> = exports.iter().filter(|name| !scope.exports.contains(name)).map(String::as_str).collect();
    let mut reasons = Vec::new();
    if !rules.is_empty() {
        reasons.push(format!("it matches what it did not match before: {}", rules.join(", ")));
    }
    if !exports.is_empty() {
        reasons.push(format!("it exports what it did not export before: {}", exports.join(", ")));
    }
    reasons
}

#[cfg(test)]
mod tests {
    use mcphub_oauth::profile::{Comparison, Condition, MatchField};

    use super::*;

    fn rule(field: MatchField, value: &str) -> Rule {
        let condition = Condition { field, comparison: Comparison::Exact, value: value.into(), capture: None };
        Rule { conditions: vec![condition], variant: "v".into(), priority: 100, ask: false, inputs: Vec::new() }
    }

    fn approved(rules: &[Rule]) -> ApprovedScope {
        ApprovedScope {
            servers: vec!["https://shown.example/mcp".into()],
            rules: rules.iter().map(ToString::to_string).collect(),
            exports: vec!["identity".into()],
        }
    }

    fn covered(scope: &ApprovedScope, rules: &[Rule], url: &str) -> bool {
        covers(scope, rules, &Url::parse(url).expect("url"))
    }

    #[test]
    fn a_server_added_later_is_covered_by_a_rule_for_its_address_that_was_shown() {
        let rules = [rule(MatchField::ServerHost, "acme.example")];
        let scope = approved(&rules);

        assert!(covered(&scope, &rules, "https://acme.example/other"));
        assert!(covered(&scope, &rules, "https://shown.example/mcp?key=1"));
        assert!(!covered(&scope, &rules, "https://shown.example/other"));
        assert!(!covered(&scope, &[rule(MatchField::ServerHost, "more.example")], "https://more.example/"));
    }

    #[test]
    fn a_rule_for_an_issuer_covers_no_further_server() {
        let rules = [rule(MatchField::Issuer, "https://as.example")];

        assert!(!covered(&approved(&rules), &rules, "https://further.example/mcp"));
    }

    #[test]
    fn a_new_build_that_matches_or_exports_more_goes_beyond_and_one_that_does_less_does_not() {
        let (one, more) = (rule(MatchField::ServerHost, "a.example"), rule(MatchField::Issuer, "https://as.example"));
        let scope = approved(std::slice::from_ref(&one));
        let urgent = Rule { priority: 200, ..one.clone() };
        let (identity, flow) = ("identity".to_owned(), "flow".to_owned());

        assert!(beyond(&scope, std::slice::from_ref(&one), std::slice::from_ref(&identity)).is_empty());
        assert!(beyond(&scope, &[], &[]).is_empty());
        let reasons = beyond(&scope, &[one, more], &[identity, flow]);
        assert_eq!(
            reasons,
            [
                "it matches what it did not match before: issuer is https://as.example (100)",
                "it exports what it did not export before: flow"
            ]
        );
        assert_eq!(beyond(&scope, &[urgent], &[]).len(), 1);
    }
}
