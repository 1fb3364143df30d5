//! Which MCP servers a provider's rules hold for.

use std::fmt;

use url::Url;

use super::Pair;

/// What a condition looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MatchField {
    /// Host of the server's URL.
    ServerHost,
    /// Path of the server's URL.
    ServerPath,
    /// The issuer identifier, once discovery knows it.
    Issuer,
    /// Host of the issuer.
    IssuerHost,
}

/// How it is compared; the order is that of specificity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Comparison {
    /// The value begins so.
    Prefix,
    /// The value ends so.
    Suffix,
    /// The value is this.
    Exact,
}

/// One condition of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// What is looked at.
    pub field: MatchField,
    /// How the field and the value are compared.
    pub comparison: Comparison,
    /// The value that the field is compared with.
    pub value: String,
    /// Input that the rest becomes.
    pub capture: Option<String>,
}

/// A rule: all conditions hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// All of these must hold.
    pub conditions: Vec<Condition>,
    /// Which variant of the provider this is.
    pub variant: String,
    /// 0 for a plugin that serves anything, 100 for an ordinary one.
    pub priority: u8,
    /// Never holds by itself: a person names the plugin.
    pub ask: bool,
    /// Inputs that the rule sets.
    pub inputs: Vec<Pair>,
}

/// What rules are compared with.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// URL of the MCP server.
    pub server: &'a Url,
    /// The issuer, once known.
    pub issuer: Option<&'a str>,
}

/// How specific a rule is; greater wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Specificity {
    priority: u8,
    comparison: Option<Comparison>,
    conditions: usize,
    length: usize,
}

/// A rule that held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matched {
    /// Variant of the provider.
    pub variant: String,
    /// Inputs set or captured.
    pub inputs: Vec<Pair>,
    /// For choosing among several.
    pub specificity: Specificity,
}

impl Rule {
    /// What the rule says of `target`, if all its conditions hold.
    #[must_use]
    pub fn holds_for(&self, target: Target<'_>) -> Option<Matched> {
        if self.ask {
            return None;
        }
        self.compare(target)
    }

    /// Like [`Self::holds_for`], for a plugin that a person named: rules that ask are tried too.
    #[must_use]
    pub fn holds_when_named(&self, target: Target<'_>) -> Option<Matched> {
        self.compare(target)
    }

    fn compare(&self, target: Target<'_>) -> Option<Matched> {
        let mut inputs = self.inputs.clone();
        for condition in &self.conditions {
            let rest = condition.rest(target)?;
            if let Some(key) = &condition.capture {
                inputs.push((key.clone(), rest));
            }
        }
        Some(Matched { variant: self.variant.clone(), inputs, specificity: self.specificity() })
    }

    fn specificity(&self) -> Specificity {
        Specificity {
            priority: self.priority,
            comparison: self.conditions.iter().map(|condition| condition.comparison).max(),
            conditions: self.conditions.len(),
            length: self.conditions.iter().map(|condition| condition.value.len()).sum(),
        }
    }
}

impl Condition {
    /// What the comparison leaves over, if it holds.
    fn rest(&self, target: Target<'_>) -> Option<String> {
        let subject = self.subject(target)?;
        let value = if self.is_host() { self.value.to_ascii_lowercase() } else { self.value.clone() };
        let rest = match self.comparison {
            Comparison::Exact => (subject == value).then_some("")?,
            Comparison::Prefix => subject.strip_prefix(value.as_str())?,
            Comparison::Suffix => subject.strip_suffix(value.as_str())?,
        };
        Some(rest.trim_matches('.').to_owned())
    }

    fn subject(&self, target: Target<'_>) -> Option<String> {
        match self.field {
            MatchField::ServerHost => host(target.server),
            MatchField::ServerPath => Some(target.server.path().to_owned()),
            MatchField::Issuer => target.issuer.map(str::to_owned),
            MatchField::IssuerHost => host(&Url::parse(target.issuer?).ok()?),
        }
    }

    const fn is_host(&self) -> bool {
        matches!(self.field, MatchField::ServerHost | MatchField::IssuerHost)
    }
}

/// All that decides when it holds and whether it wins: `server host is mcp.example.com and issuer begins with https://a (100)`.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, condition) in self.conditions.iter().enumerate() {
            write!(f, "{}{condition}", if index == 0 { "" } else { " and " })?;
        }
        let anything = if self.conditions.is_empty() { "anything" } else { "" };
        write!(f, "{anything} ({}{})", self.priority, if self.ask { ", only when named" } else { "" })
    }
}

/// `server host ends with .example.com`.
impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let field = match self.field {
            MatchField::ServerHost => "server host",
            MatchField::ServerPath => "server path",
            MatchField::Issuer => "issuer",
            MatchField::IssuerHost => "issuer's host",
        };
        let comparison = match self.comparison {
            Comparison::Exact => "is",
            Comparison::Prefix => "begins with",
            Comparison::Suffix => "ends with",
        };
        write!(f, "{field} {comparison} {}", self.value)
    }
}

fn host(url: &Url) -> Option<String> {
    url.host_str().map(str::to_ascii_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(comparison: Comparison, value: &str) -> Rule {
        let condition = Condition {
            field: MatchField::ServerHost,
            comparison,
            value: value.into(),
            capture: Some("tenant".into()),
        };
        Rule { conditions: vec![condition], variant: "v".into(), priority: 100, ask: false, inputs: Vec::new() }
    }

    #[test]
    fn a_suffix_captures_what_stands_before_it() {
        let server = Url::parse("https://Acme.example.com/mcp").expect("url");

        let matched = rule(Comparison::Suffix, ".example.com").holds_for(Target { server: &server, issuer: None });

        assert_eq!(matched.expect("holds").inputs, [("tenant".to_owned(), "acme".to_owned())]);
    }

    #[test]
    fn an_exact_host_is_more_specific_than_a_suffix() {
        let server = Url::parse("https://acme.example.com/mcp").expect("url");
        let target = Target { server: &server, issuer: None };

        let exact = rule(Comparison::Exact, "acme.example.com").holds_for(target).expect("holds");
        let suffix = rule(Comparison::Suffix, "acme.example.com").holds_for(target).expect("holds");

        assert!(exact.specificity > suffix.specificity);
    }

    #[test]
    fn a_rule_that_asks_holds_only_when_the_plugin_is_named() {
        let server = Url::parse("https://git.corp.example/mcp").expect("url");
        let target = Target { server: &server, issuer: None };
        let asking = Rule { conditions: Vec::new(), ask: true, ..rule(Comparison::Exact, "") };

        assert_eq!(asking.holds_for(target), None);
        assert!(asking.holds_when_named(target).is_some());
    }
}
