//! The set-up guide for a terminal: the same steps as on the page, and the fields to fill in.

use std::fmt::Write;

use mcphub_oauth::profile::{Output, OutputKind};
use serde::Serialize;

use super::guide::{FilledGuide, GuidePage};

/// A guide as a terminal shows it.
#[derive(Debug, Clone, Serialize)]
pub struct SetupText {
    /// Name of the server.
    pub server: String,
    /// Name of the provider.
    pub provider: String,
    /// Why a client is needed.
    pub why: String,
    /// The exact redirect URI to enter at the provider.
    pub redirect_uri: String,
    /// The ways to do it, the recommended one first. There are none for a provider without a plugin of its own.
    pub guides: Vec<GuideText>,
    /// What the plugin says about the scopes that the login asks for, one line each.
    pub scopes: Vec<String>,
    /// The values that the hub asks for.
    pub fields: Vec<SetupField>,
}

/// One way to set up a client.
#[derive(Debug, Clone, Serialize)]
pub struct GuideText {
    /// The id by which the answer names this way.
    pub id: String,
    /// The title that a person chooses by.
    pub title: String,
    /// The steps as lines of text.
    pub text: String,
}

/// One value that the hub asks for.
#[derive(Debug, Clone, Serialize)]
pub struct SetupField {
    /// The name of the value in the answer.
    pub name: String,
    /// The label that a person reads.
    pub label: String,
    /// Whether the value is hidden while it is typed.
    pub secret: bool,
    /// Whether the value must be given.
    pub required: bool,
}

/// Renders the guide and its fields as text.
pub(crate) fn text(page: &GuidePage) -> SetupText {
    SetupText {
        server: page.server.clone(),
        provider: page.provider.clone(),
        why: page.why.clone(),
        redirect_uri: page.redirect_uri.clone(),
        guides: page.guides.iter().map(guide).collect(),
        scopes: page.scopes.iter().map(ToString::to_string).collect(),
        fields: fields(page),
    }
}

fn guide(guide: &FilledGuide) -> GuideText {
    let mut text = format!("{}\n", guide.when_to_choose);
    let mut line = |words: String| {
        // Writing into a string cannot fail.
        let _ = writeln!(text, "{words}");
    };
    if !guide.console_url.is_empty() {
        line(format!("Open {}", guide.console_url));
    }
    guide.prerequisites.iter().for_each(|needed| line(format!("You need: {needed}")));
    for (number, step) in guide.steps.iter().enumerate() {
        line(format!("{}. {}", number + 1, step.text));
        if let Some(value) = &step.value {
            line(format!("     {}: {value}", step.field.as_deref().unwrap_or("value")));
        }
    }
    guide.outputs.iter().filter_map(where_found).for_each(&mut line);
    line(guide.redirect_rule.clone());
    for switch in &guide.switches {
        line(format!("{}: {}. {}", switch.name, if switch.on { "on" } else { "off" }, switch.why));
    }
    guide.limits.iter().for_each(|limit| line(format!("Good to know: {limit}")));
    guide.later.iter().for_each(|later| line(format!("Later, by others: {later}")));
    line(format!("Checked on {}. {}", guide.checked_on, guide.docs_url.as_deref().unwrap_or_default()));
    GuideText { id: guide.id.clone(), title: guide.title.clone(), text }
}

/// Where a value is found on the provider's page, and whether it is shown only once.
pub(crate) fn where_found(output: &Output) -> Option<String> {
    let once = output.shown_once.then_some("it is shown only once: copy it before you leave the page");
    let place = Some(output.where_shown.trim_end_matches('.')).filter(|place| !place.is_empty());
    let told: Vec<&str> = place.into_iter().chain(once).collect();
    (!told.is_empty()).then(|| format!("{}: {}.", output.label, told.join("; ")))
}

fn fields(page: &GuidePage) -> Vec<SetupField> {
    let is_kept = |name: &str| page.kept.iter().any(|kept| kept == name);
    let inputs = page.inputs.iter().map(|input| SetupField {
        name: format!("input.{}", input.key),
        label: format!("{} ({})", input.title, input.help.trim_end_matches('.')),
        secret: input.secret,
        required: input.required && input.default.is_none() && !is_kept(&format!("input.{}", input.key)),
    });
    let asks =
        |kind: &OutputKind| page.guides.iter().flat_map(|guide| &guide.outputs).any(|output| output.kind == *kind);
    let known = [
        ("client_id", "Client id", OutputKind::ClientId, true),
        ("client_secret", "Client secret", OutputKind::ClientSecret, false),
        ("private_key", "Private key", OutputKind::PrivateKey, false),
    ];
    let none = page.guides.is_empty();
    let outputs = known.into_iter().filter(|(name, _, kind, _)| asks(kind) || (none && *name != "private_key"));
    inputs
        .chain(outputs.map(|(name, label, _, required)| SetupField {
            name: name.to_owned(),
            label: label.to_owned(),
            secret: name != "client_id",
            required,
        }))
        .collect()
}
