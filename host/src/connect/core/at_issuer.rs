//! One server at its authorization server: what nearly every step of a login works on.

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
    /// What is peculiar to the provider.
    pub(crate) fn profile(self) -> &'a Profile {
        self.discovered.provider.profile()
    }

    /// What templates are filled from: the values that are always there.
    pub(crate) fn slots(self) -> Slots<'a> {
        self.discovered.provider.slots(self.core.now(), &self.core.parts.random)
    }

    /// What a hook of the plugin sees; never a secret.
    pub(crate) fn context(self, input: &HookInput<'_>) -> Result<Context, ConnectError> {
        Ok(self.discovered.provider.context(url_of(self.entry)?, input, self.core.now()))
    }
}
