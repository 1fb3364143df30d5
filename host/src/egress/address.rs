//! What kind of address one is, by the special-purpose registries of IANA (RFC 6890) and what clouds keep to themselves.
//!
//! A server, its metadata or a plugin may name any URL. What is connected to is decided on the resolved address, in
//! canonical form, so that no name and no spelling leads into the person's own network.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Where a flow may go. Public addresses always; the others only because the person configured a server there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct AddressPolicy {
    /// Loopback, and http there.
    pub loopback: bool,
    /// Private networks (RFC 1918, RFC 4193, RFC 6598).
    pub private: bool,
}

/// What kind of address one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AddressKind {
    Public,
    Private,
    Loopback,
    /// Link-local, multicast, unspecified, documentation, cloud metadata, and what no host has an address in: never.
    Forbidden,
}

impl AddressPolicy {
    /// Everywhere that anybody may go.
    pub(super) const EVERYWHERE: Self = Self { loopback: true, private: true };

    /// Whether `address` may be connected to.
    #[must_use]
    pub fn admits(self, address: IpAddr) -> bool {
        match kind(address) {
            AddressKind::Public => true,
            AddressKind::Private => self.private,
            AddressKind::Loopback => self.loopback,
            AddressKind::Forbidden => false,
        }
    }

    /// Wide enough for `address`, which the person wrote.
    #[must_use]
    pub(super) fn widened_for(self, address: IpAddr) -> Self {
        match kind(address) {
            AddressKind::Public | AddressKind::Forbidden => self,
            AddressKind::Private => Self { private: true, ..self },
            AddressKind::Loopback => Self { loopback: true, ..self },
        }
    }
}

pub(super) fn kind(address: IpAddr) -> AddressKind {
    match address {
        IpAddr::V4(address) => kind_v4(address),
        IpAddr::V6(address) => match embedded_v4(address) {
            Some(inner) => kind_v4(inner),
            None => kind_v6(address),
        },
    }
}

fn kind_v4(address: Ipv4Addr) -> AddressKind {
    let octets = address.octets();
    // Metadata services and hosts' own agents of clouds, outside the link-local range.
    if matches!(octets, [168, 63, 129, 16] | [100, 100, 100, 200]) {
        return AddressKind::Forbidden;
    }
    match octets {
        [127, ..] => AddressKind::Loopback,
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] | [100, 64..=127, ..] => AddressKind::Private,
        [0 | 224.., ..]
        | [169, 254, ..]
        | [192, 0, 0 | 2, _]
        | [192, 88, 99, _]
        | [198, 18..=19, ..]
        | [198, 51, 100, _]
        | [203, 0, 113, _] => AddressKind::Forbidden,
        _ => AddressKind::Public,
    }
}

fn kind_v6(address: Ipv6Addr) -> AddressKind {
    let segments = address.segments();
    // Metadata services of clouds inside the private range.
    if matches!(segments, [0xfd00, 0x0ec2, ..] | [0xfd20, 0x00ce, ..]) {
        return AddressKind::Forbidden;
    }
    let outer = match segments {
        _ if address.is_loopback() => AddressKind::Loopback,
        [0xfc00..=0xfdff, ..] => AddressKind::Private,
        // IETF protocol assignments, Teredo and ORCHID among them; documentation.
        [0x2001, 0..=0x01ff | 0x0db8, ..] | [0x3fff, 0..=0x0fff, ..] => AddressKind::Forbidden,
        // Nothing else is assigned to hosts (RFC 4291 §2.4).
        [0x2000..=0x3fff, ..] => AddressKind::Public,
        _ => AddressKind::Forbidden,
    };
    match (outer, isatap(segments).map(kind_v4)) {
        (AddressKind::Public | AddressKind::Private, Some(inner)) if inner != AddressKind::Public => inner,
        (outer, _) => outer,
    }
}

/// IPv4 inside IPv6: mapped (`::ffff:0:0/96`), translated (`::ffff:0:0:0/96`, RFC 2765), NAT64 (`64:ff9b::/96`), 6to4
/// (`2002::/16`), compatible (`::/96`). The local prefix of NAT64 (`64:ff9b:1::/48`, RFC 8215) is not seen through: what
/// it leads to is the network's own affair.
fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    match address.segments() {
        [0, 0, 0, 0, 0, 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x2002, high, low, ..] => Some(join(high, low)),
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 => Some(join(high, low)),
        _ => None,
    }
}

/// The IPv4 address in an ISATAP interface identifier (RFC 5214 §6.1), whatever the prefix.
fn isatap([_, _, _, _, flags, mark, high, low]: [u16; 8]) -> Option<Ipv4Addr> {
    (flags & 0xfcff == 0 && mark == 0x5efe).then(|| join(high, low))
}

fn join(high: u16, low: u16) -> Ipv4Addr {
    Ipv4Addr::from((u32::from(high) << 16) | u32::from(low))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expect(kind_wanted: AddressKind, addresses: &[&str]) {
        for address in addresses {
            assert_eq!(kind(address.parse().expect("address")), kind_wanted, "{address}");
        }
    }

    #[test]
    fn every_spelling_of_an_inner_address_is_seen_through() {
        expect(AddressKind::Loopback, &["::ffff:127.0.0.1", "2002:7f00:1::", "::ffff:0:127.0.0.1", "::127.0.0.1"]);
        expect(AddressKind::Private, &["64:ff9b::a00:1", "::ffff:0:10.0.0.1", "2002:c0a8:1::1"]);
        expect(AddressKind::Forbidden, &["::ffff:169.254.169.254", "::ffff:0:168.63.129.16", "64:ff9b::a9fe:a9fe"]);
    }

    #[test]
    fn tunnels_and_translators_of_the_network_itself_are_no_way_in() {
        expect(AddressKind::Forbidden, &["64:ff9b:1::a00:1", "64:ff9b:1:7f00:0:100::", "2001::1", "2001:0:7f00:1::"]);
        expect(AddressKind::Loopback, &["2606:4700::5efe:127.0.0.1", "fd12::200:5efe:127.0.0.1"]);
        expect(AddressKind::Private, &["2606:4700::200:5efe:10.0.0.1"]);
        expect(AddressKind::Forbidden, &["2606:4700::5efe:169.254.169.254", "fe80::5efe:10.0.0.1"]);
    }

    #[test]
    fn metadata_services_and_link_local_addresses_are_never_reached() {
        let addresses = ["169.254.169.254", "fd00:ec2::254", "fd20:ce::254", "168.63.129.16", "100.100.100.200"];
        for address in [&addresses[..], &["192.0.0.192", "fe80::1", "fec0::1", "0.0.0.0", "224.0.0.1", "::"]].concat() {
            assert!(!AddressPolicy::EVERYWHERE.admits(address.parse().expect("address")), "{address}");
        }
    }

    #[test]
    fn what_no_host_has_an_address_in_is_never_reached() {
        let v4 = ["0.1.2.3", "192.0.0.8", "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.19.255.255", "198.51.100.1"];
        expect(AddressKind::Forbidden, &v4);
        expect(AddressKind::Forbidden, &["203.0.113.1", "240.0.0.1", "255.255.255.255", "239.255.255.250"]);
        let v6 = ["100::1", "100:0:0:1::1", "2001:2::1", "2001:10::1", "2001:20::1", "2001:30::1", "2001:db8::1"];
        expect(AddressKind::Forbidden, &v6);
        expect(AddressKind::Forbidden, &["3fff::1", "5f00::1", "ff02::1", "4000::1", "1::1"]);
    }

    #[test]
    fn hosts_of_the_internet_are_public() {
        expect(
            AddressKind::Public,
            &["93.184.216.34", "100.63.0.1", "100.128.0.1", "172.32.0.1", "192.0.1.1", "198.20.0.1"],
        );
        expect(
            AddressKind::Public,
            &["2606:4700::1", "2001:200::1", "2001:4860:4860::8888", "2a00:1450::1", "64:ff9b::808:808"],
        );
    }

    #[test]
    fn private_networks_and_loopback_are_reached_only_by_permission() {
        let nowhere = AddressPolicy::default();

        assert!(!nowhere.admits("10.0.0.1".parse().expect("address")));
        assert!(!nowhere.admits("127.0.0.1".parse().expect("address")));
        assert!(!nowhere.admits("::1".parse().expect("address")));
        assert!(nowhere.admits("93.184.216.34".parse().expect("address")));
        assert!(AddressPolicy { loopback: true, private: false }.admits("127.0.0.1".parse().expect("address")));
    }
}
