//! Guides for setting up a client by hand.

use mcphub_oauth::profile::{Guide, GuideStep, Output, OutputKind, Switch};

use crate::bindings::exports::mcphub::provider::setup as wit;
use crate::check::objection::{Broken, Objection};
use crate::check::place::Place;
use crate::check::references::References;
use crate::check::slots::GUIDE;
use crate::check::text::{self, LIST};
use crate::check::{pattern, url};
use crate::convert::template::Reader;

/// Guides of one plugin.
const GUIDES: usize = 16;

/// `setup.guides`, and those of `on-setup`.
pub(crate) fn guides(
    place: &Place<'_>,
    guides: Vec<wit::Guide>,
    references: &References,
) -> Result<Vec<Guide>, Objection> {
    let reader = Reader { slots: GUIDE, references };
    let guides = text::list(place, guides, GUIDES, |place, value| guide(place, value, reader))?;
    text::distinct(place, guides.iter().map(|guide| guide.id.as_str()))?;
    Ok(guides)
}

fn guide(place: &Place<'_>, guide: wit::Guide, reader: Reader<'_>) -> Result<Guide, Objection> {
    let lines = |field, values| text::list(&place.field(field), values, LIST, text::prose);
    Ok(Guide {
        id: text::id(&place.field("id"), guide.id)?,
        title: text::word(&place.field("title"), guide.title)?,
        when_to_choose: text::prose(&place.field("when-to-choose"), guide.when_to_choose)?,
        console_url: reader.page(&place.field("console-url"), guide.console_url)?,
        prerequisites: lines("prerequisites", guide.prerequisites)?,
        steps: text::list(&place.field("steps"), guide.steps, LIST, |place, value| step(place, value, reader))?,
        outputs: text::list(&place.field("outputs"), guide.outputs, LIST, |place, value| {
            output(place, value, reader.references)
        })?,
        redirect_rule: text::prose(&place.field("redirect-rule"), guide.redirect_rule)?,
        switches: text::list(&place.field("switches"), guide.switches, LIST, switch)?,
        limits: lines("limits", guide.limits)?,
        later: lines("later", guide.later)?,
        docs_url: text::optional(&place.field("docs-url"), guide.docs_url, url::page)?,
        checked_on: date(&place.field("checked-on"), guide.checked_on)?,
    })
}

fn step(place: &Place<'_>, step: wit::Step, reader: Reader<'_>) -> Result<GuideStep, Objection> {
    Ok(GuideStep {
        text: text::prose(&place.field("text"), step.text)?,
        field: text::optional(&place.field("field"), step.field, text::line)?,
        value: text::optional(&place.field("value"), step.value, |place, value| reader.body(place, value))?,
        copyable: step.copyable,
    })
}

fn output(place: &Place<'_>, output: wit::Output, references: &References) -> Result<Output, Objection> {
    Ok(Output {
        kind: match output.kind {
            wit::OutputKind::ClientId => OutputKind::ClientId,
            wit::OutputKind::ClientSecret => OutputKind::ClientSecret,
            wit::OutputKind::PrivateKey => OutputKind::PrivateKey,
            wit::OutputKind::Input(key) if references.inputs.contains(&key) || references.secrets.contains(&key) => {
                OutputKind::Input(key)
            }
            wit::OutputKind::Input(key) => return Err(place.field("kind").object(Broken::UnknownInput { key })),
        },
        label: text::word(&place.field("label"), output.label)?,
        where_shown: text::prose(&place.field("where-shown"), output.where_shown)?,
        pattern: pattern::pattern(&place.field("pattern"), output.pattern)?,
        shown_once: output.shown_once,
        required: output.required,
    })
}

fn switch(place: &Place<'_>, switch: wit::Switch) -> Result<Switch, Objection> {
    Ok(Switch {
        name: text::word(&place.field("name"), switch.name)?,
        on: switch.on,
        why: text::prose(&place.field("why"), switch.why)?,
    })
}

fn date(place: &Place<'_>, text: String) -> Result<String, Objection> {
    let shape = |(index, byte): (usize, u8)| if matches!(index, 4 | 7) { byte == b'-' } else { byte.is_ascii_digit() };
    if text.len() == 10 && text.bytes().enumerate().all(shape) { Ok(text) } else { Err(place.object(Broken::NotDate)) }
}
