//! What a person must give.

use mcphub_oauth::profile::{Input, Rule};

use crate::bindings::exports::mcphub::provider::inputs as wit;
use crate::check::objection::{Broken, Objection};
use crate::check::pattern;
use crate::check::place::Place;
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
