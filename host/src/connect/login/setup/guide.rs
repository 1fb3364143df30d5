//! Setting up a client by hand: the plugin's guide with its slots filled in, and the form for what the provider hands
//! out.

use mcphub_oauth::profile::{Guide, Input, Output, Pair, Switch};
use mcphub_oauth::scopes::{self, ScopeNote, Sources};
use mcphub_oauth::template::{FillError, Slots, fill};

use crate::connect::client::redirect_uris;
use crate::connect::core::address::url_of;
use crate::connect::core::at_issuer::AtIssuer;
use crate::connect::core::entry::Entry;
use crate::connect::core::error::ConnectError;
use crate::connect::core::provider::{Provider, visible};
use crate::connect::core::web_page::web_page;

/// The page that explains how to set up a client.
#[derive(Debug, Clone)]
pub struct GuidePage {
    /// Name of the server.
    pub server: String,
    /// Name of the provider.
    pub provider: String,
    /// The ticket of the connect link, to which the form is sent.
    pub ticket: String,
    /// Why a client is needed.
    pub why: String,
    /// The exact redirect URI to enter at the provider.
    pub redirect_uri: String,
    /// The plugin's guides. There are none for a provider without a plugin of its own.
    pub guides: Vec<FilledGuide>,
    /// What the plugin says about the scopes that the login asks for.
    pub scopes: Vec<ScopeNote>,
    /// The other values that the plugin asks for.
    pub inputs: Vec<Input>,
    /// Values that were given before. None of them is secret.
    pub values: Vec<Pair>,
    /// Fields of secrets that were given before. They can be left empty.
    pub kept: Vec<String>,
    /// What is wrong with the form that was sent.
    pub complaint: Option<String>,
}

impl GuidePage {
    /// Whether the value of a form field must not be shown again.
    #[must_use]
    pub fn is_secret(&self, field: &str) -> bool {
        let input = field.strip_prefix("input.").and_then(|key| self.inputs.iter().find(|input| input.key == key));
        matches!(field, "client_secret" | "private_key") || input.is_some_and(|input| input.secret)
    }
}

/// A guide with its slots filled in.
#[derive(Debug, Clone)]
pub struct FilledGuide {
    /// The id by which the form names the guide.
    pub id: String,
    /// The title that a person chooses by.
    pub title: String,
    /// When to choose it.
    pub when_to_choose: String,
    /// The address of the provider's page. It is empty if it cannot be filled in.
    pub console_url: String,
    /// What a person must have before they start.
    pub prerequisites: Vec<String>,
    /// The steps in the order to follow.
    pub steps: Vec<FilledStep>,
    /// What the provider hands out.
    pub outputs: Vec<Output>,
    /// The provider's rule for redirect URIs.
    pub redirect_rule: String,
    /// Switches to set on the provider's page, and how.
    pub switches: Vec<Switch>,
    /// Limits of the provider that a person should know.
    pub limits: Vec<String>,
    /// Steps that other people take later.
    pub later: Vec<String>,
    /// The address of the provider's manual.
    pub docs_url: Option<String>,
    /// The date when the guide was last checked.
    pub checked_on: String,
}

/// A step with its value filled in.
#[derive(Debug, Clone)]
pub struct FilledStep {
    /// What the person has to do.
    pub text: String,
    /// The label of the field.
    pub field: Option<String>,
    /// What goes into it.
    pub value: Option<String>,
    /// Whether the value is shown with a copy button.
    pub copyable: bool,
}

/// Fills in the guides and the form for a server. Values that are secret are not part of the page.
pub(crate) async fn page(at: AtIssuer<'_>, ticket: &str, why: String) -> Result<GuidePage, ConnectError> {
    let AtIssuer { core, entry, discovered } = at;
    let provider = &discovered.provider;
    let redirect_uri = redirect_uris::preferred(core, entry, provider.profile());
    let context = provider.context(url_of(entry)?, &discovered.hook_input(&redirect_uri), core.now());
    let guides = provider.plugin.guides(&context).await?.unwrap_or_else(|| provider.profile().setup.clone());
    let scope = entry.server.oauth.scopes.clone().unwrap_or_default().join(&provider.profile().scopes.separator);
    let slots = Slots {
        redirect_uri: Some(&redirect_uri),
        resource: Some(&discovered.resource),
        scope: Some(&scope),
        ..provider.slots(core.now(), &core.parts.random)
    };
    let guides = guides.into_iter().filter_map(|guide| filled(guide, &slots).ok()).collect();
    let oauth = &entry.server.oauth;
    let mut values: Vec<Pair> =
        provider.inputs.iter().map(|(key, value)| (format!("input.{key}"), value.to_owned())).collect();
    values.extend(oauth.client_id.clone().filter(|id| !id.is_empty()).map(|id| ("client_id".to_owned(), id)));
    Ok(GuidePage {
        server: entry.name().to_owned(),
        provider: provider.profile().identity.title.clone(),
        ticket: ticket.to_owned(),
        why: entry.redaction.shown(&why),
        guides,
        scopes: scope_notes(at),
        inputs: provider.profile().inputs.iter().filter(|input| visible(input, &provider.inputs)).cloned().collect(),
        values,
        kept: kept(entry, provider),
        complaint: None,
        redirect_uri: redirect_uri.clone(),
    })
}

/// Notes on the scopes that a first login asks for.
fn scope_notes(at: AtIssuer<'_>) -> Vec<ScopeNote> {
    let rules = &at.profile().scopes;
    let published = at.discovered.protected_resource.as_ref().and_then(|found| found.scopes.as_deref());
    let configured = at.entry.server.oauth.scopes.as_deref();
    scopes::notes(rules, &scopes::select(rules, Sources { configured, resource: published, ..Sources::default() }))
}

/// The fields of secrets that are in the settings already.
fn kept(entry: &Entry, provider: &Provider) -> Vec<String> {
    let oauth = &entry.server.oauth;
    let inputs = provider.secrets.keys().map(|key| format!("input.{key}"));
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
        // An address that cannot be filled in is left out. The steps say where to go.
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
