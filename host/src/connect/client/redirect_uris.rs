//! Where providers redirect people back to (RFC 6749 §3.1.2).

use mcphub_oauth::client::is_loopback;
use mcphub_oauth::profile::{Profile, RedirectConstraint};

use super::document::{self, IssuerTag};
use crate::addresses;
use crate::connect::core::entry::Entry;
use crate::connect::core::parts::Core;
use crate::connect::core::provider;
use crate::connect::core::target::Discovered;

/// The redirect URIs that a server's login may use.
pub(crate) struct RedirectUris {
    /// The redirect URI to use first.
    pub(crate) preferred: String,
    /// An alternative for a provider that refuses the first one.
    other: Option<String>,
    /// Whether the person wrote the redirect URI in the settings.
    is_written: bool,
}

/// The redirect URI of a server: the one in its settings, or this hub's callback. It is on loopback if the provider
/// demands that.
pub(crate) fn preferred(core: &Core, entry: &Entry, profile: &Profile) -> String {
    of(core, entry, profile).preferred
}

/// All redirect URIs that a server's login may use.
pub(crate) fn of(core: &Core, entry: &Entry, profile: &Profile) -> RedirectUris {
    if let Some(written) = &entry.server.oauth.redirect_uri {
        return RedirectUris { preferred: written.to_string(), other: None, is_written: true };
    }
    let own = core.at(addresses::CALLBACK, &core.parts.base_url).to_string();
    let loopback =
        addresses::below(&core.parts.loopback, addresses::CALLBACK).filter(|_| !is_loopback(&core.parts.base_url));
    match (&profile.registration.redirect, loopback) {
        (RedirectConstraint::Loopback | RedirectConstraint::LoopbackAnyPort, Some(loopback)) => {
            RedirectUris { preferred: loopback.to_string(), other: None, is_written: false }
        }
        (_, loopback) => RedirectUris { preferred: own, other: loopback.map(String::from), is_written: false },
    }
}

impl RedirectUris {
    /// The redirect URIs to register a client with, best first. An issuer that no plugin knows and that does not
    /// promise to name itself in its answers (RFC 9207) gets separate redirect URIs, so that no other server's answer
    /// can be passed off as its own (RFC 9700 §4.4.2). Providers that plugins know may accept only addresses on a list,
    /// so they keep the common ones.
    pub(crate) fn of_registration(&self, discovered: &Discovered) -> Vec<String> {
        let metadata = &discovered.metadata;
        let has_own = !self.is_written
            && provider::is_generic(discovered.provider.profile())
            && !document::says_who_answers(metadata);
        let all = [Some(&self.preferred), self.other.as_ref()].into_iter().flatten();
        let tag = IssuerTag::of(&metadata.issuer);
        all.map(|uri| if has_own { tag.at_the_end_of(uri) } else { uri.clone() }).collect()
    }
}
