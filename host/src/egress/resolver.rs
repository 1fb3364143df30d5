//! Name resolution under the address policy: what is connected to is what was checked.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::address::{AddressKind, AddressPolicy, kind};
use super::network::Network;

/// For OAuth traffic: only what the flow may reach.
pub(super) struct PolicyResolver {
    pub(super) network: Network,
    pub(super) policy: AddressPolicy,
    /// Whether the connection is plain http, which is for loopback only.
    pub(super) is_plain: bool,
    /// The port, where the hub listens at it, too.
    pub(super) own_port: Option<u16>,
}

/// For the configured servers themselves: a person wrote their names, so these may lead inside. A name that has led
/// outside does not turn inwards later, and none leads to link-local or metadata addresses.
struct ServerResolver(Network);

/// Why a name has no address to connect to.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoAddress {
    #[error("{0} has no address that may be reached")]
    Refused(String),
    #[error(
        "{0} led to a public address before and leads inside now; if that is right, list it in systemConfig.egress.allowPrivate"
    )]
    TurnedInside(String),
}

/// The resolver for requests to the configured servers themselves.
pub(crate) fn for_servers(network: &Network) -> Arc<dyn Resolve> {
    Arc::new(ServerResolver(network.clone()))
}

impl Resolve for PolicyResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (network, policy, is_plain) = (self.network.clone(), self.policy, self.is_plain);
        let own_port = self.own_port;
        Box::pin(async move {
            let found = network.look_up(name.as_str()).await?;
            let is_listed = network.allows(name.as_str());
            let admits = |address: &IpAddr| match kind(*address) {
                AddressKind::Public => !is_plain,
                AddressKind::Private => !is_plain && (policy.private || is_listed),
                AddressKind::Loopback => policy.loopback || is_listed,
                AddressKind::Forbidden => false,
            };
            let own = network.own();
            let is_own = |address: &IpAddr| own_port.is_some_and(|port| own.listens_at(*address, port));
            addresses(found.into_iter().filter(|address| admits(address) && !is_own(address)).collect())
                .ok_or_else(|| NoAddress::Refused(name.as_str().to_owned()).into())
        })
    }
}

/// The addresses of a configured server's name that may be connected to.
pub(crate) async fn addresses_of_server(network: &Network, name: &str) -> io::Result<Vec<IpAddr>> {
    let mut found = network.look_up(name).await?;
    found.retain(|address| kind(*address) != AddressKind::Forbidden);
    let outside: Vec<IpAddr> = found.iter().copied().filter(|address| kind(*address) == AddressKind::Public).collect();
    if outside.is_empty() && network.has_led_outside(name) && !network.allows(name) {
        return Err(io::Error::other(NoAddress::TurnedInside(name.to_owned())));
    }
    if !outside.is_empty() {
        network.leads_outside(name);
    }
    let found = if outside.is_empty() || network.allows(name) { found } else { outside };
    if found.is_empty() { Err(io::Error::other(NoAddress::Refused(name.to_owned()))) } else { Ok(found) }
}

impl Resolve for ServerResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let network = self.0.clone();
        Box::pin(async move {
            let found = addresses_of_server(&network, name.as_str()).await?;
            addresses(found).ok_or_else(|| NoAddress::Refused(name.as_str().to_owned()).into())
        })
    }
}

fn addresses(found: Vec<IpAddr>) -> Option<Addrs> {
    (!found.is_empty()).then(|| Box::new(found.into_iter().map(|address| SocketAddr::new(address, 0))) as Addrs)
}

#[cfg(test)]
mod tests {
    use std::str::FromStr;
    use std::sync::Mutex;

    use super::*;

    /// A network in which every name leads to the addresses in the cell.
    fn network(cell: &Arc<Mutex<&'static str>>) -> Network {
        let cell = cell.clone();
        Network::default().with_lookup(Arc::new(move |_| {
            let all: Vec<IpAddr> =
                cell.lock().expect("lock").split(' ').map(|text| text.parse().expect("address")).collect();
            Box::pin(async { Ok(all) })
        }))
    }

    async fn led(resolver: &dyn Resolve, name: &str) -> Result<Vec<String>, String> {
        let found = resolver.resolve(Name::from_str(name).expect("name")).await;
        found.map(|all| all.map(|address| address.ip().to_string()).collect()).map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn a_name_leads_inside_only_where_the_flow_may_go_or_the_person_lists_it() {
        let network = network(&Arc::new(Mutex::new("93.184.216.34 10.0.0.1 127.0.0.1 169.254.169.254")));
        let resolver = |policy| PolicyResolver { network: network.clone(), policy, is_plain: false, own_port: None };
        let (nowhere, loopback) = (AddressPolicy::default(), AddressPolicy { loopback: true, private: false });

        assert_eq!(led(&resolver(nowhere), "as.example").await, Ok(vec!["93.184.216.34".to_owned()]));
        assert_eq!(led(&resolver(loopback), "as.example").await.map(|all| all.len()), Ok(2));
        network.allow(&["as.example".to_owned()]);
        assert_eq!(led(&resolver(nowhere), "as.example").await.map(|all| all.len()), Ok(3));
        assert_eq!(led(&resolver(nowhere), "other.example").await.map(|all| all.len()), Ok(1));
    }

    #[tokio::test]
    async fn plain_http_goes_to_loopback_only() {
        let network = network(&Arc::new(Mutex::new("93.184.216.34 10.0.0.1 127.0.0.1")));
        network.allow(&["as.example".to_owned()]);
        let resolver = PolicyResolver { network, policy: AddressPolicy::EVERYWHERE, is_plain: true, own_port: None };

        assert_eq!(led(&resolver, "as.example").await, Ok(vec!["127.0.0.1".to_owned()]));
    }

    #[tokio::test]
    async fn a_configured_server_may_live_inside_but_does_not_move_there() {
        let address = Arc::new(Mutex::new("10.0.0.1"));
        let network = network(&address);
        let resolver = ServerResolver(network.clone());

        assert_eq!(led(&resolver, "mcp.corp.example").await, Ok(vec!["10.0.0.1".to_owned()]));
        *address.lock().expect("lock") = "93.184.216.34 127.0.0.1";
        assert_eq!(led(&resolver, "mcp.example").await, Ok(vec!["93.184.216.34".to_owned()]));
        *address.lock().expect("lock") = "127.0.0.1";
        assert!(led(&resolver, "mcp.example").await.expect_err("refused").contains("allowPrivate"));
        network.allow(&["mcp.example".to_owned()]);
        assert_eq!(led(&resolver, "mcp.example").await, Ok(vec!["127.0.0.1".to_owned()]));
    }

    #[tokio::test]
    async fn a_configured_servers_name_never_leads_to_a_metadata_service() {
        let resolver = ServerResolver(network(&Arc::new(Mutex::new("169.254.169.254"))));

        assert_eq!(
            led(&resolver, "mcp.example").await,
            Err("mcp.example has no address that may be reached".to_owned())
        );
    }
}
