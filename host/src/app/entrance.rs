//! What the entrance of the hub remembers: who is logged in, how often somebody tried, and whose word counts.

use super::trusted_proxies::TrustedProxies;
use crate::keys::{Attempts, Logins, WrongKeys};
use crate::settings::Environment;

/// The entrance of one hub.
#[derive(Default)]
pub struct Entrance {
    /// Browsers that showed an admin key.
    pub logins: Logins,
    /// Attempts to show one.
    pub attempts: Attempts,
    /// Wrong keys that came with requests.
    pub wrong_keys: WrongKeys,
    /// The proxies whose word counts about who asks: `TRUST_PROXY`.
    pub trusted_proxies: TrustedProxies,
}

impl Entrance {
    /// An entrance that nobody has used yet.
    pub(super) fn of(environment: &Environment) -> Self {
        let (trusted_proxies, faults) = TrustedProxies::read(environment.get("TRUST_PROXY").unwrap_or_default());
        for fault in faults {
            tracing::warn!("{fault}");
        }
        Self { trusted_proxies, ..Self::default() }
    }
}
