//! Picks the plugin for a server and fills in the values from the settings.

use std::collections::BTreeMap;

use mcphub_oauth::profile::{Input, Inputs, Pair, Target};
use mcphub_oauth::secret::ClientSecret;
use mcphub_oauth::signing::{Algorithm, SigningKey};
use url::Url;

use crate::connect::core::entry::Entry;
use crate::connect::core::error::{ConnectError, ServerError};
use crate::connect::core::parts::Core;
use crate::connect::core::provider::{Provider, visible};
use crate::connect::trust::choice;
use crate::settings::{Material, read_key_material};

/// Picks the plugin for a server and reads its values from the settings.
pub(crate) async fn choose(
    core: &Core,
    entry: &Entry,
    url: &Url,
    issuer: Option<&str>,
    protected_resource: Option<&str>,
) -> Result<Provider, ConnectError> {
    let oauth = &entry.server.oauth;
    let target = Target { server: url, issuer };
    let signing = match &oauth.private_key {
        Some(key) => Some(signing_key(core, key, oauth.signing_algorithm).await?),
        None => None,
    };
    let chosen = choice::choose(core, entry, target, protected_resource).await?;
    let mut inputs = Inputs::default();
    let mut secrets = BTreeMap::new();
    for input in &chosen.plugin.profile().inputs {
        if let Some(default) = &input.default {
            inputs.set(&input.key, default);
        }
    }
    // A value that the person wrote for another plugin may be secret, so this plugin does not see it.
    let declared = &chosen.plugin.profile().inputs;
    let is_declared = |key: &str| declared.iter().any(|input| input.key == key) || chosen.plugin.sets(key);
    let (own, others): (Vec<&Pair>, Vec<&Pair>) = oauth.inputs.iter().partition(|(key, _)| is_declared(key));
    let answers = others.into_iter().cloned().collect();
    for (key, value) in chosen.inputs.iter().chain(own) {
        let secret = declared.iter().any(|input| input.secret && input.key == *key);
        if secret {
            core.parts.egress.redaction().learn(value);
            secrets.insert(key.clone(), ClientSecret::new(value.clone()));
        } else {
            inputs.set(key, value);
        }
    }
    let unfit = |input: &&Input| oauth.inputs.iter().any(|(key, value)| *key == input.key && !fits(input, value));
    let mut needed: Vec<String> = declared.iter().filter(unfit).map(unfit_value).collect();
    let given = |key: &str| inputs.get(key).is_some_and(|value| !value.is_empty()) || secrets.contains_key(key);
    let is_wanted = |input: &&Input| (input.required && visible(input, &inputs)) || chosen.needed.contains(&input.key);
    let missing = declared.iter().filter(is_wanted).filter(|input| !given(&input.key));
    needed.extend(missing.map(|input| input.title.clone()));
    Ok(Provider { variant: chosen.variant, plugin: chosen.plugin, inputs, answers, secrets, signing, needed })
}

async fn signing_key(core: &Core, key: &Material, wanted: Option<Algorithm>) -> Result<SigningKey, ConnectError> {
    let text = read_key_material(core.parts.settings.path(), "oauth.privateKey", key).await?;
    Ok(SigningKey::read(&text, wanted).map_err(ServerError::Key)?)
}

/// Whether the value is one that the plugin accepts. It may come from the settings, where no form has checked it.
fn fits(input: &Input, value: &str) -> bool {
    let is_offered = input.choices.is_empty() || input.choices.iter().any(|(choice, _)| choice == value);
    is_offered && mcphub_plugins::matches_whole(&input.pattern, value)
}

/// Names the input and not its value, because the value may be a secret.
fn unfit_value(input: &Input) -> String {
    format!("{} (oauth.inputs.{} is not what the plugin takes)", input.title, input.key)
}
