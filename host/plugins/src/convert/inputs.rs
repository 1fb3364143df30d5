//! What a person must give.

use mcphub_oauth::profile::{Input, Rule};

use crate::bindings::exports::mcphub::provider::inputs as wit;
use crate::check::objection::{Broken, Objection, cut};
use crate::check::pattern;
use crate::check::place::Place;
use crate::check::references::References;
use crate::check::text::{self, LIST};

/// `inputs.inputs`; `visible-when` may name an input that a matching rule sets.
pub(crate) fn inputs(inputs: Vec<wit::Input>, rules: &[Rule]) -> Result<Vec<Input>, Objection> {
    let place = Place::Interface("inputs");
    let inputs = text::list(&place, inputs, LIST, input)?;
    text::distinct(&place, inputs.iter().map(|input| input.key.as_str()))?;
    for (index, input) in inputs.iter().enumerate() {
        let declared = |key: &String| inputs.iter().any(|other| other.key == *key);
        let set_by_rule = |key: &String| rules.iter().any(|rule| rule.inputs.iter().any(|(name, _)| name == key));
        let unknown = input.visible_when.iter().find(|(key, _)| !declared(key) && !set_by_rule(key));
        if let Some((key, _)) = unknown {
            return Err(place.item(index).field("visible-when").object(Broken::UnknownInput { key: key.clone() }));
        }
    }
    Ok(inputs)
}

/// Refuses values of the plugin's own, defaults and those of rules, that would open a host which it does not name.
pub(crate) fn opens_no_host(inputs: &[Input], rules: &[Rule], references: &References) -> Result<(), Objection> {
    let refused = |place: Place<'_>, key: &str, value: &str| {
        place.object(Broken::OpensHost { key: key.to_owned(), value: cut(value) })
    };
    for (index, input) in inputs.iter().enumerate() {
        match &input.default {
            Some(default) if references.hosts.opens_itself(&input.key, default) => {
                return Err(refused(Place::Interface("inputs").item(index).field("default"), &input.key, default));
            }
            Some(_) | None => {}
        }
    }
    for (index, rule) in rules.iter().enumerate() {
        if let Some((key, value)) = rule.inputs.iter().find(|(key, value)| references.hosts.opens_itself(key, value)) {
            return Err(refused(Place::Interface("matching").item(index).field("inputs"), key, value));
        }
    }
    Ok(())
}

fn input(place: &Place<'_>, input: wit::Input) -> Result<Input, Objection> {
    let input = Input {
        key: text::key(&place.field("key"), input.key)?,
        title: text::word(&place.field("title"), input.title)?,
        help: text::prose(&place.field("help"), input.help)?,
        pattern: pattern::pattern(&place.field("pattern"), input.pattern)?,
        choices: text::pairs(&place.field("choices"), input.choices)?,
        default: text::optional(&place.field("default"), input.default, text::line)?,
        required: input.required,
        secret: input.secret,
        visible_when: text::keyed(&place.field("visible-when"), input.visible_when)?,
    };
    match &input.default {
        Some(default) if !pattern::matches_whole(&input.pattern, default) => {
            Err(place.field("default").object(Broken::PatternMismatch))
        }
        Some(_) | None => Ok(input),
    }
}

#[cfg(test)]
mod tests {
    use mcphub_oauth::profile::HostPattern;

    use super::*;

    fn refusal(listed: &[HostPattern], default: Option<&str>, of_rule: Option<&str>) -> Option<String> {
        let input = Input {
            key: "address".into(),
            title: String::new(),
            help: String::new(),
            pattern: String::new(),
            choices: Vec::new(),
            default: default.map(str::to_owned),
            required: true,
            secret: false,
            visible_when: Vec::new(),
        };
        let rule = Rule {
            conditions: Vec::new(),
            variant: String::new(),
            priority: 100,
            ask: true,
            inputs: of_rule.map(|value| ("address".to_owned(), value.to_owned())).into_iter().collect(),
        };
        let hosts = [listed, &[HostPattern::Input("address".into())]].concat();
        let (inputs, rules) = ([input], [rule]);
        let references = References::new(hosts, &inputs, &rules, false);
        opens_no_host(&inputs, &rules, &references).err().map(|objection| objection.to_string())
    }

    #[test]
    fn a_default_opens_no_host_that_is_not_named() {
        let told = refusal(&[], Some("https://evil.example"), None).expect("refused");

        assert_eq!(
            told,
            "inputs[0].default gives \"https://evil.example\" for \"address\", which opens a host that identity.hosts does \
             not name; name it there, or let a person write it"
        );
        assert_eq!(refusal(&[HostPattern::Exact("code.example".into())], Some("code.example"), None), None);
    }

    #[test]
    fn a_rule_opens_no_host_that_is_not_named() {
        let told = refusal(&[], None, Some("evil.example")).expect("refused");

        assert!(told.starts_with("matching[0].inputs gives \"evil.example\""), "{told}");
        assert_eq!(refusal(&[HostPattern::Below("example".into())], None, Some("https://eu.example/x")), None);
    }
}
