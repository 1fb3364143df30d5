//! The plugin that serves a login, with the values a person gave it: everything templates and hooks are filled from.

use std::collections::BTreeMap;
use std::time::SystemTime;

use mcphub_oauth::client::Client;
use mcphub_oauth::grant::Grant;
use mcphub_oauth::hook::{ClientView, Context, HeldToken};
use mcphub_oauth::mask;
use mcphub_oauth::profile::{Input, Inputs, Pair, Profile, Target};
use mcphub_oauth::secret::ClientSecret;
use mcphub_oauth::signing::{Algorithm, SigningKey};
use mcphub_oauth::template::Slots;
use mcphub_plugins::Plugin;
use url::Url;

use super::entry::Entry;
use super::error::ConnectError;
use super::hub::Hub;
use super::material;
use super::plugins;
use crate::random::Random;
use crate::settings::Material;

/// A plugin and what it is given.
#[derive(Clone)]
pub(super) struct Party {
    pub(super) plugin: Plugin,
    pub(super) variant: String,
    pub(super) inputs: Inputs,
    /// What a person answered before, or wrote for another plugin: only an answer among those offered comes to bear.
    pub(super) answers: Vec<Pair>,
    pub(super) secrets: BTreeMap<String, ClientSecret>,
    pub(super) signing: Option<SigningKey>,
    /// Titles of inputs that are still to be given, or given anew.
    pub(super) needed: Vec<String>,
}

/// What a login is about, for hooks; grows step by step.
#[derive(Clone, Default)]
pub(super) struct Matter<'a> {
    pub(super) resource: &'a str,
    pub(super) issuer: Option<&'a str>,
    pub(super) protected_resource: Option<String>,
    pub(super) server_metadata: Option<String>,
    pub(super) client: Option<&'a Client>,
    pub(super) redirect_uri: &'a str,
    pub(super) requested: &'a [String],
    pub(super) grant: Option<&'a Grant>,
    pub(super) captured: &'a [Pair],
}

impl Party {
    /// Picks the plugin for a server.
    pub(super) async fn choose(
        hub: &Hub,
        entry: &Entry,
        url: &Url,
        issuer: Option<&str>,
        protected_resource: Option<&str>,
    ) -> Result<Self, ConnectError> {
        let oauth = &entry.server.oauth;
        let target = Target { server: url, issuer };
        let signing = match &oauth.private_key {
            Some(key) => Some(signing_key(hub, key, oauth.signing_algorithm).await?),
            None => None,
        };
        let chosen = plugins::choose(hub, entry, target, protected_resource).await?;
        let mut inputs = Inputs::default();
        let mut secrets = BTreeMap::new();
        for input in &chosen.plugin.profile().inputs {
            if let Some(default) = &input.default {
                inputs.set(&input.key, default);
            }
        }
        // What a person wrote for another plugin, where it may be a secret, is none of this one's business.
        let declared = &chosen.plugin.profile().inputs;
        let is_declared = |key: &str| declared.iter().any(|input| input.key == key) || chosen.plugin.sets(key);
        let (own, others): (Vec<&Pair>, Vec<&Pair>) = oauth.inputs.iter().partition(|(key, _)| is_declared(key));
        let answers = others.into_iter().cloned().collect();
        for (key, value) in chosen.inputs.iter().chain(own) {
            let secret = declared.iter().any(|input| input.secret && input.key == *key);
            if secret {
                hub.parts.egress.redaction().learn(value);
                secrets.insert(key.clone(), ClientSecret::new(value.clone()));
            } else {
                inputs.set(key, value);
            }
        }
        let unfit = |input: &&Input| oauth.inputs.iter().any(|(key, value)| *key == input.key && !fits(input, value));
        let mut needed: Vec<String> = declared.iter().filter(unfit).map(unfit_value).collect();
        let given = |key: &str| inputs.get(key).is_some_and(|value| !value.is_empty()) || secrets.contains_key(key);
        let is_wanted =
            |input: &&Input| (input.required && visible(input, &inputs)) || chosen.needed.contains(&input.key);
        let missing = declared.iter().filter(is_wanted).filter(|input| !given(&input.key));
        needed.extend(missing.map(|input| input.title.clone()));
        Ok(Self { variant: chosen.variant, plugin: chosen.plugin, inputs, answers, secrets, signing, needed })
    }

    pub(super) fn profile(&self) -> &Profile {
        self.plugin.profile()
    }

    pub(super) fn id(&self) -> &str {
        &self.profile().identity.id
    }

    /// Slots with what is always there.
    pub(super) fn slots<'a>(&'a self, now: SystemTime, random: &'a Random) -> Slots<'a> {
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

    /// What hooks are told: never a secret.
    pub(super) fn context(&self, url: &Url, matter: &Matter<'_>, now: SystemTime) -> Context {
        let grant = matter.grant;
        Context {
            variant: self.variant.clone(),
            server_url: mask::address(url),
            resource: matter.resource.to_owned(),
            issuer: matter.issuer.map(str::to_owned),
            protected_resource: matter.protected_resource.clone(),
            server_metadata: matter.server_metadata.clone(),
            inputs: self.inputs.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
            captured: grant.map_or(matter.captured, |grant| &grant.captured).to_vec(),
            client: matter.client.map(view),
            redirect_uri: matter.redirect_uri.to_owned(),
            requested_scopes: grant.map_or(matter.requested, |grant| &grant.requested_scopes).to_vec(),
            granted_scopes: grant.and_then(|grant| grant.granted_scopes.clone()).unwrap_or_default(),
            tokens: grant.map(held).unwrap_or_default(),
            now,
        }
    }
}

async fn signing_key(hub: &Hub, key: &Material, wanted: Option<Algorithm>) -> Result<SigningKey, ConnectError> {
    let text = material::read(hub, "oauth.privateKey", key).await?;
    SigningKey::read(&text, wanted).map_err(ConnectError::Key)
}

/// Whether a person wrote what the plugin takes; a value may come from the settings, where no form has checked it.
fn fits(input: &Input, value: &str) -> bool {
    let is_offered = input.choices.is_empty() || input.choices.iter().any(|(choice, _)| choice == value);
    is_offered && mcphub_plugins::matches_whole(&input.pattern, value)
}

/// The value itself may be a secret.
fn unfit_value(input: &Input) -> String {
    format!("{} (oauth.inputs.{} is not what the plugin takes)", input.title, input.key)
}

/// Whether an input is asked for, given these values.
pub(super) fn visible(input: &Input, inputs: &Inputs) -> bool {
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
