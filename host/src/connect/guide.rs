//! Setting up a client by hand: the plugin's guide with its slots filled, and the form for what the provider hands out.

use mcphub_oauth::profile::{Guide, Input, Output, OutputKind, Pair, Switch};
use mcphub_oauth::scopes::{self, ScopeNote, Sources};
use mcphub_oauth::template::{FillError, Slots, fill};
use url::Url;

use super::address::url_of;
use super::discovery::Discovered;
use super::entry::Entry;
use super::error::ConnectError;
use super::hub::Hub;
use super::party::{Party, visible};

/// The page that explains it.
#[derive(Debug, Clone)]
pub struct GuidePage {
    /// Name of the server.
    pub server: String,
    /// Name of the provider.
    pub provider: String,
    /// The link that the form goes back to.
    pub ticket: String,
    /// Why it is needed.
    pub why: String,
    /// The exact redirect URI.
    pub redirect_uri: String,
    /// The plugin's guides; none for a provider without a plugin of its own.
    pub guides: Vec<FilledGuide>,
    /// What the plugin says of the scopes that the login asks for.
    pub scopes: Vec<ScopeNote>,
    /// What else the plugin asks for.
    pub inputs: Vec<Input>,
    /// Values given before, none of them secret.
    pub values: Vec<Pair>,
    /// Fields of secrets that were given before, and need not be given again.
    pub kept: Vec<String>,
    /// What was wrong with the form.
    pub complaint: Option<String>,
}

impl GuidePage {
    /// Whether a form field must not be shown again.
    #[must_use]
    pub fn is_secret(&self, field: &str) -> bool {
        let input = field.strip_prefix("input.").and_then(|key| self.inputs.iter().find(|input| input.key == key));
        matches!(field, "client_secret" | "private_key") || input.is_some_and(|input| input.secret)
    }
}

/// A guide with its slots filled.
#[derive(Debug, Clone)]
pub struct FilledGuide {
    /// Id.
    pub id: String,
    /// Title.
    pub title: String,
    /// When to choose it.
    pub when_to_choose: String,
    /// The provider's page.
    pub console_url: String,
    /// What one must have.
    pub prerequisites: Vec<String>,
    /// Steps in order.
    pub steps: Vec<FilledStep>,
    /// What the provider hands out.
    pub outputs: Vec<Output>,
    /// The provider's rule for redirect URIs.
    pub redirect_rule: String,
    /// Switches.
    pub switches: Vec<Switch>,
    /// Limits.
    pub limits: Vec<String>,
    /// Steps that others take later.
    pub later: Vec<String>,
    /// Manual.
    pub docs_url: Option<String>,
    /// When it was last checked.
    pub checked_on: String,
}

/// A step with its value filled.
#[derive(Debug, Clone)]
pub struct FilledStep {
    /// What to do.
    pub text: String,
    /// Label of the field.
    pub field: Option<String>,
    /// What goes into it.
    pub value: Option<String>,
    /// Shown with a copy button.
    pub copyable: bool,
}

/// Makes the page.
pub(super) async fn page(
    hub: &Hub,
    entry: &Entry,
    discovered: &Discovered,
    ticket: &str,
    why: String,
) -> Result<GuidePage, ConnectError> {
    let party = &discovered.party;
    let redirect_uri = hub.redirect_uri(entry, party.profile());
    let context = party.context(url_of(entry)?, &discovered.matter(&redirect_uri), hub.parts.clock.now());
    let guides = party.plugin.guides(&context).await?.unwrap_or_else(|| party.profile().setup.clone());
    let scope = entry.server.oauth.scopes.clone().unwrap_or_default().join(&party.profile().scopes.separator);
    let slots = Slots {
        redirect_uri: Some(&redirect_uri),
        resource: Some(&discovered.resource),
        scope: Some(&scope),
        ..party.slots(hub.parts.clock.now(), &hub.parts.random)
    };
    let guides = guides.into_iter().filter_map(|guide| filled(guide, &slots).ok()).collect();
    let oauth = &entry.server.oauth;
    let mut values: Vec<Pair> =
        party.inputs.iter().map(|(key, value)| (format!("input.{key}"), value.to_owned())).collect();
    values.extend(oauth.client_id.clone().filter(|id| !id.is_empty()).map(|id| ("client_id".to_owned(), id)));
    Ok(GuidePage {
        server: entry.name().to_owned(),
        provider: party.profile().identity.title.clone(),
        ticket: ticket.to_owned(),
        why: entry.redaction.shown(&why),
        guides,
        scopes: scope_notes(entry, discovered),
        inputs: party.profile().inputs.iter().filter(|input| visible(input, &party.inputs)).cloned().collect(),
        values,
        kept: kept(entry, party),
        complaint: None,
        redirect_uri: redirect_uri.clone(),
    })
}

/// Notes on the scopes that a first login asks for.
fn scope_notes(entry: &Entry, discovered: &Discovered) -> Vec<ScopeNote> {
    let rules = &discovered.party.profile().scopes;
    let published = discovered.protected_resource.as_ref().and_then(|found| found.scopes.as_deref());
    let configured = entry.server.oauth.scopes.as_deref();
    scopes::notes(rules, &scopes::select(rules, Sources { configured, resource: published, ..Sources::default() }))
}

/// Secrets that stand in the settings already.
fn kept(entry: &Entry, party: &Party) -> Vec<String> {
    let oauth = &entry.server.oauth;
    let inputs = party.secrets.keys().map(|key| format!("input.{key}"));
    let client = oauth.client_secret.as_ref().filter(|secret| !secret.secret().is_empty()).map(|_| "client_secret");
    let key = oauth.private_key.as_ref().map(|_| "private_key");
    inputs.chain(client.into_iter().chain(key).map(str::to_owned)).collect()
}

fn filled(guide: Guide, slots: &Slots<'_>) -> Result<FilledGuide, FillError> {
    let step = |step: mcphub_oauth::profile::GuideStep| {
        let value = step.value.as_ref().map(|value| fill(value, slots)).transpose()?;
        Ok(FilledStep { text: step.text, field: step.field, value, copyable: step.copyable })
    };
    Ok(FilledGuide {
        // An address that cannot be filled is left out; the steps say where to go.
        console_url: fill(&guide.console_url, slots).ok().and_then(web_page).unwrap_or_default(),
        steps: guide.steps.into_iter().map(step).collect::<Result<_, FillError>>()?,
        id: guide.id,
        title: guide.title,
        when_to_choose: guide.when_to_choose,
        prerequisites: guide.prerequisites,
        outputs: guide.outputs,
        redirect_rule: guide.redirect_rule,
        switches: guide.switches,
        limits: guide.limits,
        later: guide.later,
        docs_url: guide.docs_url,
        checked_on: guide.checked_on,
    })
}

/// What a form says, checked: the `oauth` members to write into the person's entry.
pub(super) fn read_form(page: &GuidePage, form: &[Pair]) -> Result<Vec<Pair>, ConnectError> {
    let value = |name: &str| {
        form.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    };
    let guide = value("guide").and_then(|id| page.guides.iter().find(|guide| guide.id == id)).or(page.guides.first());
    let mut members = Vec::new();
    for input in &page.inputs {
        match value(&format!("input.{}", input.key)) {
            Some(given) => {
                typed(&input.title, given)?;
                fits(&input.title, &input.pattern, given)?;
                let known = input.choices.is_empty() || input.choices.iter().any(|(choice, _)| choice == given);
                if !known {
                    return Err(ConnectError::Form(format!("{}: choose one of the values offered", input.title)));
                }
                members.push((format!("inputs.{}", input.key), given.to_owned()));
            }
            None if input.required && input.default.is_none() && !has(page, &format!("input.{}", input.key)) => {
                return Err(ConnectError::Form(format!("{} is missing", input.title)));
            }
            None => {}
        }
    }
    for (name, kind, member) in [
        ("client_id", OutputKind::ClientId, "clientId"),
        ("client_secret", OutputKind::ClientSecret, "clientSecret"),
        ("private_key", OutputKind::PrivateKey, "privateKey"),
    ] {
        let output = guide.and_then(|guide| guide.outputs.iter().find(|output| output.kind == kind));
        match (value(name), output) {
            (Some(given), output) => {
                let label = output.map_or(name.replace('_', " "), |output| output.label.clone());
                if kind == OutputKind::PrivateKey {
                    lines(&label, given)?;
                } else {
                    typed(&label, given)?;
                }
                if let Some(output) = output {
                    fits(&output.label, &output.pattern, given)?;
                }
                members.push((member.to_owned(), given.to_owned()));
            }
            (None, Some(output)) if output.required && !page.kept.iter().any(|kept| kept == name) => {
                return Err(ConnectError::Form(format!("{} is missing", output.label)));
            }
            (None, None) if name == "client_id" && guide.is_none() => {
                return Err(ConnectError::Form("the client id is missing".into()));
            }
            (None, _) => {}
        }
    }
    Ok(members)
}

fn has(page: &GuidePage, name: &str) -> bool {
    page.values.iter().any(|(key, value)| key == name && !value.is_empty()) || page.kept.iter().any(|kept| kept == name)
}

/// The most characters of a value.
const MAX_VALUE: usize = 8192;

/// A value of one line. The value itself is never in a sentence: it may be a secret.
fn typed(label: &str, value: &str) -> Result<(), ConnectError> {
    if value.contains(['\n', '\r']) {
        return Err(untypable(label));
    }
    lines(label, value)
}

/// A value that may have several lines, as a PEM key has.
fn lines(label: &str, value: &str) -> Result<(), ConnectError> {
    let is_untypable = |character: char| character.is_control() && character != '\n' && character != '\r';
    if value.len() > MAX_VALUE || value.contains(is_untypable) { Err(untypable(label)) } else { Ok(()) }
}

fn untypable(label: &str) -> ConnectError {
    let advice = "copy it from the provider's page again, without what stands before and behind it";
    ConnectError::Form(format!(
        "{label}: that is too long, or has a line break or characters that cannot be typed; {advice}"
    ))
}

fn fits(label: &str, pattern: &str, value: &str) -> Result<(), ConnectError> {
    if mcphub_plugins::matches_whole(pattern, value) {
        return Ok(());
    }
    let advice = "compare it with the provider's page and paste it again";
    Err(ConnectError::Form(format!("{label} does not look like what the provider hands out; {advice}")))
}

/// An address that a person may be led to. What a slot holds may be anything, a script too.
pub(super) fn web_page(address: String) -> Option<String> {
    let url = Url::parse(&address).ok()?;
    (matches!(url.scheme(), "https" | "http") && url.has_host()).then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_led_to_a_script_or_a_file() {
        for bad in ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "acme.example/apps", ""] {
            assert_eq!(web_page(bad.to_owned()), None, "{bad}");
        }
        assert!(web_page("https://acme.example/apps".to_owned()).is_some());
    }
}
