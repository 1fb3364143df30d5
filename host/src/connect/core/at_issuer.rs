//! One server at its authorization server: the context of nearly every step of a login.

use mcphub_oauth::hook::Context;
use mcphub_oauth::profile::Profile;
use mcphub_oauth::template::Slots;

use super::address::url_of;
use super::entry::Entry;
use super::error::ConnectError;
use super::parts::Core;
use super::provider::HookInput;
use super::target::Discovered;

/// A server, what was discovered about its authorization server, and the hub's means to talk to both.
#[derive(Clone, Copy)]
pub(crate) struct AtIssuer<'a> {
    pub(crate) core: &'a Core,
    pub(crate) entry: &'a Entry,
    pub(crate) discovered: &'a Discovered,
}

impl<'a> AtIssuer<'a> {
    /// The profile of the provider's plugin.
    pub(crate) fn profile(self) -> &'a Profile {
        self.discovered.provider.profile()
    }

    /// The values that are always there to fill templates from.
    pub(crate) fn slots(self) -> Slots<'a> {
        self.discovered.provider.slots(self.core.now(), &self.core.parts.random)
    }

    /// The context that a hook of the plugin sees. It never holds a secret.
    pub(crate) fn context(self, input: &HookInput<'_>) -> Result<Context, ConnectError> {
        Ok(self.discovered.provider.context(url_of(self.entry)?, input, self.core.now()))
    }
}
