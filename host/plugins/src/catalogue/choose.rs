//! Which plugin serves a server: the one a person named; else the one whose rule is the most specific; else one whose
//! hook says so; else the one for anything.

use std::cmp::Reverse;

use mcphub_oauth::mask;
use mcphub_oauth::profile::{Matched, Pair, Rule, Target};

use crate::catalogue::Catalogue;
use crate::origin::Origin;
use crate::plugin::Plugin;

/// The plugin for a server.
#[derive(Debug, Clone)]
pub struct Chosen {
    /// The plugin that serves the server.
    pub plugin: Plugin,
    /// Variant of the rule that held; empty where a person named the plugin and no rule held.
    pub variant: String,
    /// Inputs that the rule or the hook found.
    pub inputs: Vec<Pair>,
    /// Inputs that the hook says are still to be asked for.
    pub needed: Vec<String>,
}

/// No plugin serves a server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChooseError {
    /// A person named a plugin that is not there.
    #[error("there is no plugin {id:?}; known are {}; correct oauth.provider or drop the plugin into the plugins directory", known.join(", "))]
    Unknown {
        /// The id that `oauth.provider` names.
        id: String,
        /// Ids of those that serve.
        known: Vec<String>,
    },
    /// The one that a person named waits for their word.
    #[error("plugin {id:?} waits to be approved; look at it and let it serve with mcphub plugins approve {id}")]
    Waits {
        /// The id that `oauth.provider` names.
        id: String,
    },
    /// Not even one for anything.
    #[error("no plugin serves {server}; name one with oauth.provider, or drop one into the plugins directory")]
    None {
        /// Host of the server.
        server: String,
    },
}

/// A rule that held.
pub(super) struct Candidate {
    pub(super) plugin: Plugin,
    matched: Matched,
    pub(super) priority: u8,
}

impl Catalogue {
    /// Picks the plugin for a server. `protected_resource` is its metadata (RFC 9728), once known; `named` is
    /// `oauth.provider`.
    pub async fn choose(
        &self,
        target: Target<'_>,
        protected_resource: Option<&str>,
        named: Option<&str>,
    ) -> Result<Chosen, ChooseError> {
        let plugins = self.serving();
        if let Some(id) = named {
            return match plugins.iter().find(|plugin| plugin.id() == id) {
                Some(plugin) => Ok(when_named(plugin.clone(), target, protected_resource).await),
                None if self.waits(id) => Err(ChooseError::Waits { id: id.to_owned() }),
                None => Err(unknown(id, &plugins)),
            };
        }
        let candidate = best(&plugins, target, Rule::holds_for);
        if candidate.as_ref().is_none_or(|candidate| candidate.priority == 0)
            && let Some(chosen) = by_hook(&plugins, target, protected_resource).await
        {
            return Ok(chosen);
        }
        let server = target.server.host_str().unwrap_or_default().to_owned();
        candidate.map(Chosen::from).ok_or(ChooseError::None { server })
    }
}

impl From<Candidate> for Chosen {
    fn from(candidate: Candidate) -> Self {
        let Matched { variant, inputs, .. } = candidate.matched;
        Self { plugin: candidate.plugin, variant, inputs, needed: Vec::new() }
    }
}

fn unknown(id: &str, plugins: &[Plugin]) -> ChooseError {
    let known = plugins.iter().map(|plugin| plugin.id().to_owned()).collect();
    ChooseError::Unknown { id: id.to_owned(), known }
}

/// A plugin that a person named serves in any case; its rules and its hook still say as what.
async fn when_named(plugin: Plugin, target: Target<'_>, protected_resource: Option<&str>) -> Chosen {
    let alone = [plugin.clone()];
    if let Some(candidate) = best(&alone, target, Rule::holds_when_named) {
        return candidate.into();
    }
    let found = by_hook(&alone, target, protected_resource).await;
    found.unwrap_or(Chosen { plugin, variant: String::new(), inputs: Vec::new(), needed: Vec::new() })
}

/// The most specific rule of all plugins that holds; among equals a dropped-in plugin, then the first id.
pub(super) fn best(
    plugins: &[Plugin],
    target: Target<'_>,
    holds: impl Fn(&Rule, Target<'_>) -> Option<Matched>,
) -> Option<Candidate> {
    let of_plugin = |plugin: &Plugin| {
        let held = plugin.profile().matching.iter().filter_map(|rule| Some((rule.priority, holds(rule, target)?)));
        let (priority, matched) = held.max_by_key(|(_, matched)| matched.specificity)?;
        Some(Candidate { plugin: plugin.clone(), matched, priority })
    };
    plugins.iter().filter_map(of_plugin).max_by(|a, b| rank(a).cmp(&rank(b)))
}

/// Whether the first serves rather than the second.
pub(super) fn wins(one: &Candidate, other: &Candidate) -> bool {
    rank(one) > rank(other)
}

/// What candidates are compared by; the greatest wins.
fn rank(candidate: &Candidate) -> impl Ord {
    let is_file = matches!(candidate.plugin.origin(), Origin::File(_));
    (candidate.matched.specificity, is_file, Reverse(candidate.plugin.id().to_owned()))
}

/// The first plugin whose hook knows the server, dropped-in ones first. One that fails is passed over.
async fn by_hook(plugins: &[Plugin], target: Target<'_>, protected_resource: Option<&str>) -> Option<Chosen> {
    let is_file = |plugin: &&Plugin| matches!(plugin.origin(), Origin::File(_));
    let in_order = plugins.iter().filter(is_file).chain(plugins.iter().filter(|plugin| !is_file(plugin)));
    let server = mask::address(target.server);
    for plugin in in_order {
        match plugin.match_server(&server, target.issuer, protected_resource).await {
            Ok(None) => {}
            Ok(Some(found)) => {
                let (variant, inputs, needed) = (found.variant, found.inputs, found.needed);
                return Some(Chosen { plugin: plugin.clone(), variant, inputs, needed });
            }
            Err(error) => tracing::warn!(plugin.id = plugin.id(), %error, "a plugin is passed over"),
        }
    }
    None
}
