//! The plugin that serves a login, and the values that a person gave it. Templates and hooks are filled from both.

use std::collections::BTreeMap;
use std::time::SystemTime;

use mcphub_oauth::client::Client;
use mcphub_oauth::grant::Grant;
use mcphub_oauth::hook::{ClientView, Context, HeldToken};
use mcphub_oauth::mask;
use mcphub_oauth::profile::{Input, Inputs, Pair, Profile};
use mcphub_oauth::secret::ClientSecret;
use mcphub_oauth::signing::SigningKey;
use mcphub_oauth::template::Slots;
use mcphub_plugins::Plugin;
use url::Url;

use crate::random::Random;

/// A plugin and its values.
#[derive(Clone)]
pub(crate) struct Provider {
    pub(crate) plugin: Plugin,
    pub(crate) variant: String,
    pub(crate) inputs: Inputs,
    /// What a person answered before, or wrote for another plugin. An answer counts only if the question offers it.
    pub(crate) answers: Vec<Pair>,
    pub(crate) secrets: BTreeMap<String, ClientSecret>,
    pub(crate) signing: Option<SigningKey>,
    /// Titles of the inputs that are missing, or that must be given again.
    pub(crate) needed: Vec<String>,
}

/// What a login is about, for hooks. More is filled in with every step.
#[derive(Clone, Default)]
pub(crate) struct HookInput<'a> {
    pub(crate) resource: &'a str,
    pub(crate) issuer: Option<&'a str>,
    pub(crate) protected_resource: Option<String>,
    pub(crate) server_metadata: Option<String>,
    pub(crate) client: Option<&'a Client>,
    pub(crate) redirect_uri: &'a str,
    pub(crate) requested: &'a [String],
    pub(crate) grant: Option<&'a Grant>,
    pub(crate) captured: &'a [Pair],
}

impl Provider {
    pub(crate) fn profile(&self) -> &Profile {
        self.plugin.profile()
    }

    pub(crate) fn id(&self) -> &str {
        &self.profile().identity.id
    }

    /// Slots with the values that are always there.
    pub(crate) fn slots<'a>(&'a self, now: SystemTime, random: &'a Random) -> Slots<'a> {
        Slots {
            inputs: &self.inputs,
            extra_secrets: &self.secrets,
            captured: &[],
            client: None,
            code: None,
            verifier: None,
            state: None,
            redirect_uri: None,
            resource: None,
            scope: None,
            tokens: None,
            key: self.signing.as_ref(),
            now,
            random: random.source(),
        }
    }

    /// The context that hooks see. It never holds a secret.
    pub(crate) fn context(&self, url: &Url, hook_input: &HookInput<'_>, now: SystemTime) -> Context {
        let grant = hook_input.grant;
        Context {
            variant: self.variant.clone(),
            server_url: mask::address(url),
            resource: hook_input.resource.to_owned(),
            issuer: hook_input.issuer.map(str::to_owned),
            protected_resource: hook_input.protected_resource.clone(),
            server_metadata: hook_input.server_metadata.clone(),
            inputs: self.inputs.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
            captured: grant.map_or(hook_input.captured, |grant| &grant.captured).to_vec(),
            client: hook_input.client.map(view),
            redirect_uri: hook_input.redirect_uri.to_owned(),
            requested_scopes: grant.map_or(hook_input.requested, |grant| &grant.requested_scopes).to_vec(),
            granted_scopes: grant.and_then(|grant| grant.granted_scopes.clone()).unwrap_or_default(),
            tokens: grant.map(held).unwrap_or_default(),
            now,
        }
    }
}

/// Whether the form asks for an input, given these values.
pub(crate) fn visible(input: &Input, inputs: &Inputs) -> bool {
    input.visible_when.is_empty()
        || input.visible_when.iter().any(|(key, value)| inputs.get(key) == Some(value.as_str()))
}

fn view(client: &Client) -> ClientView {
    ClientView {
        id: client.id.clone().unwrap_or_default(),
        kind: client.kind,
        authentication_method: client.method.name().to_owned(),
        registration: client.registration.as_deref().map(mask::document_text),
    }
}

fn held(grant: &Grant) -> Vec<HeldToken> {
    let seconds = |at: SystemTime| at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let token = |(slot, token): (&String, &mcphub_oauth::grant::Token)| HeldToken {
        slot: slot.clone(),
        expires_at: token.expires_at.map(seconds),
        refreshable: token.refresh.is_some(),
    };
    grant.tokens.iter().map(token).collect()
}

/// Whether this is the plugin for providers that have no plugin of their own.
pub(crate) fn is_generic(profile: &Profile) -> bool {
    profile.matching.iter().all(|rule| rule.priority == 0)
}
