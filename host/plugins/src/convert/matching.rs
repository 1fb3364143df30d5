//! Which MCP servers a plugin serves.

use mcphub_oauth::profile::{Comparison, Condition, MatchField, Rule};

use crate::bindings::exports::mcphub::provider::matching as wit;
use crate::check::objection::{Broken, Objection};
use crate::check::place::Place;
use crate::check::text::{self, LIST};

/// Conditions of one rule.
const CONDITIONS: usize = 16;

/// Checks the answer of `matching.rules`.
pub(crate) fn rules(rules: Vec<wit::Rule>) -> Result<Vec<Rule>, Objection> {
    text::list(&Place::Interface("matching"), rules, LIST, rule)
}

fn rule(place: &Place<'_>, rule: wit::Rule) -> Result<Rule, Objection> {
    if rule.conditions.is_empty() && !rule.ask && rule.priority > 0 {
        return Err(place.object(Broken::TakesEverything));
    }
    Ok(Rule {
        conditions: text::list(&place.field("conditions"), rule.conditions, CONDITIONS, condition)?,
        variant: text::line(&place.field("variant-id"), rule.variant_id)?,
        priority: rule.priority,
        ask: rule.ask,
        inputs: text::keyed(&place.field("inputs"), rule.inputs)?,
    })
}

fn condition(place: &Place<'_>, condition: wit::Condition) -> Result<Condition, Objection> {
    Ok(Condition {
        field: match condition.field {
            wit::Field::ServerHost => MatchField::ServerHost,
            wit::Field::ServerPath => MatchField::ServerPath,
            wit::Field::Issuer => MatchField::Issuer,
            wit::Field::IssuerHost => MatchField::IssuerHost,
        },
        comparison: match condition.comparison {
            wit::Comparison::Exact => Comparison::Exact,
            wit::Comparison::Prefix => Comparison::Prefix,
            wit::Comparison::Suffix => Comparison::Suffix,
        },
        value: text::word(&place.field("value"), condition.value)?,
        capture: text::optional(&place.field("capture"), condition.capture, text::key)?,
    })
}
