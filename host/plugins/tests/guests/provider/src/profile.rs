//! Who it is, what it serves, what it asks a person.

use crate::exports::mcphub::provider::identity::{self, Identity};
use crate::exports::mcphub::provider::inputs::{self, Input};
use crate::exports::mcphub::provider::matching::{self, Comparison, Condition, Field, Rule};
use crate::exports::mcphub::provider::setup::{self, Guide, Output, OutputKind, Step, Switch};
use crate::mcphub::provider::types::Slot;
use crate::{Provider, literal, order, ordered, pair, slot};

impl identity::Guest for Provider {
    fn describe() -> Identity {
        if ordered("spin when loaded") {
            spin();
        }
        let host = if ordered("any host") { "*" } else { "api.example.com" };
        Identity {
            id: if ordered("bad id") { "Not An Id" } else { order("id").unwrap_or("example") }.into(),
            version: if ordered("bad version") { "one" } else { "1.2.3" }.into(),
            title: if ordered("bad title") { "Example\u{1b}[2J" } else { "Example" }.into(),
            description: "Serves example.com.".into(),
            homepage: Some("https://docs.example.net/hub".into()),
            hosts: vec![host.into(), "*.tenant.example.com".into(), "{address}".into()],
        }
    }
}

impl matching::Guest for Provider {
    fn rules() -> Vec<Rule> {
        let condition = |value: &str, comparison, capture: Option<&str>| Condition {
            field: Field::ServerHost,
            comparison,
            value: value.into(),
            capture: capture.map(str::to_owned),
        };
        let rule = |conditions, variant: &str| Rule {
            conditions,
            variant_id: variant.into(),
            priority: order("priority").and_then(|text| text.parse().ok()).unwrap_or(100),
            ask: order("ask").is_some(),
            inputs: Vec::new(),
        };
        if ordered("take everything") {
            return vec![rule(Vec::new(), "all")];
        }
        if order("priority") == Some("0") {
            return vec![rule(Vec::new(), "generic")];
        }
        let host = order("host").unwrap_or("mcp.example.com");
        vec![
            rule(vec![condition(host, Comparison::Exact, None)], "cloud"),
            rule(vec![condition(".tenant.example.com", Comparison::Suffix, Some("tenant"))], "tenant"),
        ]
    }
}

impl inputs::Guest for Provider {
    fn inputs() -> Vec<Input> {
        let input = |key: &str, secret| Input {
            key: key.into(),
            title: key.into(),
            help: String::new(),
            pattern: String::new(),
            choices: Vec::new(),
            default: None,
            required: false,
            secret,
            visible_when: Vec::new(),
        };
        let pattern = if ordered("backtrack") { r"(a+)\1" } else { "https://.+" };
        vec![
            Input { pattern: pattern.into(), ..input("address", false) },
            Input {
                choices: vec![pair("eu", "Europe"), pair("us", "America")],
                default: Some("eu".into()),
                ..input("region", false)
            },
            Input { visible_when: vec![pair("region", "eu")], ..input("signing-key", true) },
        ]
    }
}

impl setup::Guest for Provider {
    fn guides() -> Vec<Guide> {
        let value = if ordered("secret in a guide") { Slot::ClientSecret } else { Slot::RedirectUri };
        let console =
            if ordered("console without https") { "http://example.com/apps" } else { "https://example.com/apps" };
        vec![Guide {
            id: "app".into(),
            title: "Make an application".into(),
            when_to_choose: "Always.".into(),
            console_url: literal(console),
            prerequisites: vec!["An account.".into()],
            steps: vec![Step {
                text: "Enter the callback URL.".into(),
                field: Some("Callback URL".into()),
                value: Some(slot(value)),
                copyable: true,
            }],
            outputs: vec![Output {
                kind: OutputKind::ClientId,
                label: "Client ID".into(),
                where_shown: "At the top.".into(),
                pattern: "[a-z0-9]{4,}".into(),
                shown_once: false,
                required: true,
            }],
            redirect_rule: "https, or http on loopback".into(),
            switches: vec![Switch { name: "Confidential".into(), on: true, why: "A secret is needed.".into() }],
            limits: Vec::new(),
            later: Vec::new(),
            docs_url: Some("https://docs.example.net/apps".into()),
            checked_on: if ordered("bad date") { "yesterday" } else { "2026-01-31" }.into(),
        }]
    }
}

/// Computes without end.
pub(crate) fn spin() -> ! {
    let mut count = 0_u64;
    loop {
        count = std::hint::black_box(count.wrapping_add(1));
    }
}
