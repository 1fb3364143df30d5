//! The network around the hub, as the person describes it: which names may lead inside, which proxies there are, and how
//! names are looked up.
//!
//! What is written decides, not what a name resolves to: a literal address, `localhost`, or a name that the settings list
//! under `systemConfig.egress.allowPrivate`.

use std::collections::BTreeSet;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use futures::future::BoxFuture;
use url::{Host, Url};

use super::address::{AddressKind, AddressPolicy, kind};
use super::host::{bare, is_localhost};
use super::own::Own;
use super::proxies::Proxies;

/// Looks a name up.
pub type Lookup = dyn Fn(String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> + Send + Sync;
/// Names of servers that are remembered to have led outside.
const MAX_REMEMBERED: usize = 10_000;

/// The network around the hub. Clones share everything.
#[derive(Clone)]
pub(crate) struct Network(Arc<Inner>);

struct Inner {
    allowed: RwLock<Arc<BTreeSet<String>>>,
    proxies: Proxies,
    lookup: Arc<Lookup>,
    /// Names of configured servers that have led to public addresses.
    led_outside: Mutex<BTreeSet<String>>,
    own: RwLock<Arc<Own>>,
}

impl Default for Network {
    fn default() -> Self {
        Self::new(Proxies::default(), Arc::new(|name| Box::pin(system(name))))
    }
}

impl Network {
    pub(super) fn new(proxies: Proxies, lookup: Arc<Lookup>) -> Self {
        let (allowed, led_outside, own) = (RwLock::default(), Mutex::default(), RwLock::default());
        Self(Arc::new(Inner { allowed, proxies, lookup, led_outside, own }))
    }

    pub(super) fn with_proxies(&self, proxies: Proxies) -> Self {
        Self::new(proxies, self.0.lookup.clone())
    }

    pub(super) fn with_lookup(&self, lookup: Arc<Lookup>) -> Self {
        Self::new(self.0.proxies.clone(), lookup)
    }

    /// From now on these names, and no others, may lead inside. True: that is another list than before.
    pub(super) fn allow(&self, names: &[String]) -> bool {
        let names: BTreeSet<String> = names.iter().map(|name| bare(name)).collect();
        let mut allowed = self.0.allowed.write().unwrap_or_else(PoisonError::into_inner);
        let is_other = **allowed != names;
        *allowed = Arc::new(names);
        is_other
    }

    /// From now on the hub is here.
    pub(super) fn set_own(&self, own: Own) {
        *self.0.own.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(own);
    }

    /// Where the hub itself is.
    pub(super) fn own(&self) -> Arc<Own> {
        self.0.own.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether the person lists this host, however it is spelled.
    pub(super) fn allows(&self, host: &str) -> bool {
        let allowed = self.0.allowed.read().unwrap_or_else(PoisonError::into_inner).clone();
        allowed.contains(&bare(host))
    }

    /// How far these addresses, which the person wrote, let a flow go.
    pub(super) fn policy_for(&self, written: &[Url]) -> AddressPolicy {
        written.iter().filter_map(Url::host).fold(AddressPolicy::default(), |policy, host| match host {
            Host::Ipv4(address) => policy.widened_for(address.into()),
            Host::Ipv6(address) => policy.widened_for(address.into()),
            Host::Domain(name) if is_localhost(name) => AddressPolicy { loopback: true, ..policy },
            Host::Domain(name) if self.allows(name) => AddressPolicy { private: true, ..policy },
            Host::Domain(_) => policy,
        })
    }

    /// The proxy for a request; none where it goes by itself. What is inside is reached directly.
    pub(crate) fn proxy(&self, url: &Url) -> Option<&Url> {
        let is_inside = match url.host()? {
            Host::Ipv4(address) => kind(address.into()) != AddressKind::Public,
            Host::Ipv6(address) => kind(address.into()) != AddressKind::Public,
            Host::Domain(name) => is_localhost(name) || self.allows(name),
        };
        if is_inside { None } else { self.0.proxies.of(url) }
    }

    /// Whether any request may go through a proxy.
    pub(crate) fn has_proxies(&self) -> bool {
        !self.0.proxies.is_empty()
    }

    /// All addresses of a name. Those of `localhost` are known (RFC 6761 §6.3).
    pub(super) async fn look_up(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        if is_localhost(name) {
            return Ok(vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]);
        }
        (self.0.lookup)(name.to_owned()).await
    }

    pub(super) fn has_led_outside(&self, name: &str) -> bool {
        self.0.led_outside.lock().unwrap_or_else(PoisonError::into_inner).contains(&bare(name))
    }

    pub(super) fn leads_outside(&self, name: &str) {
        let mut led = self.0.led_outside.lock().unwrap_or_else(PoisonError::into_inner);
        if led.len() < MAX_REMEMBERED {
            led.insert(bare(name));
        }
    }
}

async fn system(name: String) -> io::Result<Vec<IpAddr>> {
    Ok(tokio::net::lookup_host((name, 0)).await?.map(|address| address.ip()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy_for(allowed: &[&str], written: &str) -> AddressPolicy {
        let network = Network::default();
        network.allow(&allowed.iter().map(|&name| name.to_owned()).collect::<Vec<_>>());
        network.policy_for(&[Url::parse(written).expect("url")])
    }

    #[test]
    fn what_is_written_as_inside_opens_the_inside() {
        let (loopback, private) =
            (AddressPolicy { loopback: true, private: false }, AddressPolicy { loopback: false, private: true });

        for url in ["http://localhost:4000/mcp", "http://dev.localhost/", "http://127.0.0.2/", "http://[::1]/"] {
            assert_eq!(policy_for(&[], url), loopback, "{url}");
        }
        for url in ["https://10.0.0.1/mcp", "https://[fd12::1]/", "https://192.168.1.1:8443/"] {
            assert_eq!(policy_for(&[], url), private, "{url}");
        }
        assert_eq!(policy_for(&["mcp.corp.example"], "https://MCP.corp.example./mcp"), private);
    }

    #[test]
    fn a_name_that_is_not_listed_opens_nothing() {
        for url in ["https://mcp.example/mcp", "https://localhost.example/", "https://mcp.corp.example.evil.example/"] {
            assert_eq!(policy_for(&["mcp.corp.example"], url), AddressPolicy::default(), "{url}");
        }
    }

    #[test]
    fn metadata_services_open_nothing_however_they_are_written() {
        assert_eq!(policy_for(&[], "http://169.254.169.254/latest"), AddressPolicy::default());
    }
}
