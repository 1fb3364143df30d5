//! In whose place a plugin serves: told before anybody finds out by a login.

use std::collections::BTreeSet;

use mcphub_oauth::profile::{Comparison, MatchField, Rule, Target};
use url::Url;

use super::choose::{best, wins};
use crate::catalogue::{Catalogue, is_bundled};
use crate::plugin::Plugin;

impl Catalogue {
    /// Ids of the plugins in whose place this one serves, or would serve: the bundled one of its own id, and those that
    /// would serve a server that one of its rules is for.
    #[must_use]
    pub fn overrides(&self, plugin: &Plugin) -> Vec<String> {
        if is_bundled(plugin) {
            return Vec::new();
        }
        let others = self.plugins().into_iter().filter(|other| other.origin() != plugin.origin());
        let (twins, strangers): (Vec<Plugin>, Vec<Plugin>) = others.partition(|other| other.id() == plugin.id());
        let bundled = twins.iter().filter(|twin| is_bundled(twin));
        let mut overridden: BTreeSet<String> = bundled.map(|twin| twin.id().to_owned()).collect();
        for rule in &plugin.profile().matching {
            let Some((server, issuer)) = example(rule) else { continue };
            let target = Target { server: &server, issuer: issuer.as_deref() };
            let Some(own) = best(std::slice::from_ref(plugin), target, Rule::holds_for) else { continue };
            // Whoever serves anything is in nobody's way.
            let other = best(&strangers, target, Rule::holds_for).filter(|other| other.priority > 0);
            overridden.extend(other.filter(|other| wins(&own, other)).map(|other| other.plugin.id().to_owned()));
        }
        overridden.into_iter().collect()
    }
}

/// A server that the rule is for, and its issuer; none where there is none that a URL could name.
fn example(rule: &Rule) -> Option<(Url, Option<String>)> {
    let (mut host, mut path, mut issuer) = ("mcp.invalid".to_owned(), "/".to_owned(), None);
    for condition in &rule.conditions {
        let value = condition.value.as_str();
        let of_host = || match condition.comparison {
            Comparison::Exact => value.to_owned(),
            Comparison::Prefix => format!("{}.invalid", value.trim_end_matches('.')),
            Comparison::Suffix => format!("any.{}", value.trim_start_matches('.')),
        };
        match condition.field {
            MatchField::ServerHost => host = of_host(),
            MatchField::ServerPath => path = format!("/{}", value.trim_start_matches('/')),
            MatchField::Issuer => issuer = Some(value.to_owned()),
            MatchField::IssuerHost => issuer = Some(format!("https://{}", of_host())),
        }
    }
    Some((Url::parse(&format!("https://{host}{path}")).ok()?, issuer))
}
