//! Name resolution under the address policy: what is connected to is what was checked.

use std::net::{IpAddr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::address::Reach;

/// Resolves with the system's resolver and keeps only admitted addresses.
pub(super) struct PolicyResolver(pub(super) Reach);

/// Why a name has no address to connect to.
#[derive(Debug, thiserror::Error)]
#[error("{0} has no address that may be reached")]
pub(super) struct NoAddress(String);

impl Resolve for PolicyResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = self.0;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let admitted: Vec<SocketAddr> = found.filter(|address| reach.admits(address.ip())).collect();
            if admitted.is_empty() {
                return Err(NoAddress(name.as_str().to_owned()).into());
            }
            Ok(Box::new(admitted.into_iter()) as Addrs)
        })
    }
}

/// The addresses of a host, literal or by name.
pub(super) async fn addresses(host: url::Host<&str>) -> Vec<IpAddr> {
    match host {
        url::Host::Ipv4(address) => vec![address.into()],
        url::Host::Ipv6(address) => vec![address.into()],
        url::Host::Domain(name) => {
            let found = tokio::net::lookup_host((name, 0)).await;
            found.map(|all| all.map(|address| address.ip()).collect()).unwrap_or_default()
        }
    }
}
