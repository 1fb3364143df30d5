//! Which addresses OAuth traffic may go to.
//!
//! A server, its metadata or a plugin may name any URL. What is connected to is decided here, on the resolved address,
//! in canonical form, so that no name and no spelling leads into the person's own network.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Where a flow may go. Public addresses always; the others only because the person configured a server there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reach {
    /// Loopback, and http there.
    pub loopback: bool,
    /// Private networks (RFC 1918, RFC 4193, RFC 6598).
    pub private: bool,
}

/// What kind of address one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Public,
    Private,
    Loopback,
    /// Link-local, multicast, unspecified, documentation, cloud metadata: never.
    Forbidden,
}

impl Reach {
    /// Whether `address` may be connected to.
    #[must_use]
    pub fn admits(self, address: IpAddr) -> bool {
        match kind(address) {
            Kind::Public => true,
            Kind::Private => self.private,
            Kind::Loopback => self.loopback,
            Kind::Forbidden => false,
        }
    }

    /// Wide enough for `address`, which the person configured.
    #[must_use]
    pub(super) fn widened_for(self, address: IpAddr) -> Self {
        match kind(address) {
            Kind::Public | Kind::Forbidden => self,
            Kind::Private => Self { private: true, ..self },
            Kind::Loopback => Self { loopback: true, ..self },
        }
    }
}

pub(super) fn kind(address: IpAddr) -> Kind {
    match address {
        IpAddr::V4(address) => kind_v4(address),
        IpAddr::V6(address) => match embedded_v4(address) {
            Some(inner) => kind_v4(inner),
            None => kind_v6(address),
        },
    }
}

fn kind_v4(address: Ipv4Addr) -> Kind {
    let [a, b, c, _] = address.octets();
    match (a, b, c) {
        (127, ..) => Kind::Loopback,
        (10, ..) | (172, 16..=31, _) | (192, 168, _) | (100, 64..=127, _) => Kind::Private,
        (0 | 224.., ..) | (169, 254, _) | (192, 0, 0 | 2) | (198, 18..=19, _) | (198, 51, 100) | (203, 0, 113) => {
            Kind::Forbidden
        }
        _ => Kind::Public,
    }
}

fn kind_v6(address: Ipv6Addr) -> Kind {
    let [first, second, ..] = address.segments();
    match (first, second) {
        _ if address.is_loopback() => Kind::Loopback,
        _ if address.is_unspecified() => Kind::Forbidden,
        // fd00:ec2::/32 is a cloud's metadata service inside the private range.
        (0xfd00, 0x0ec2) | (0xfe80..=0xffff, _) | (0x2001, 0x0db8) | (0x0100, 0) => Kind::Forbidden,
        (0xfc00..=0xfdff, _) => Kind::Private,
        _ => Kind::Public,
    }
}

/// IPv4 inside IPv6: mapped (`::ffff:0:0/96`), NAT64 (`64:ff9b::/96`), 6to4 (`2002::/16`).
fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [s0, s1, s2, s3, s4, s5, s6, s7] = address.segments();
    let join = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match (s0, s1, s2, s3, s4, s5) {
        (0, 0, 0, 0, 0, 0xffff) | (0x64, 0xff9b, 0, 0, 0, 0) => Some(join(s6, s7)),
        (0, 0, 0, 0, 0, 0) if s6 != 0 => Some(join(s6, s7)),
        (0x2002, high, low, ..) => Some(join(high, low)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind_of(text: &str) -> Kind {
        kind(text.parse().expect("address"))
    }

    #[test]
    fn every_spelling_of_an_inner_address_is_seen_through() {
        assert_eq!(kind_of("::ffff:127.0.0.1"), Kind::Loopback);
        assert_eq!(kind_of("64:ff9b::a00:1"), Kind::Private);
        assert_eq!(kind_of("2002:7f00:1::"), Kind::Loopback);
        assert_eq!(kind_of("::ffff:169.254.169.254"), Kind::Forbidden);
    }

    #[test]
    fn metadata_services_and_link_local_addresses_are_never_reached() {
        let everywhere = Reach { loopback: true, private: true };

        for address in ["169.254.169.254", "fd00:ec2::254", "fe80::1", "0.0.0.0", "224.0.0.1", "::"] {
            assert!(!everywhere.admits(address.parse().expect("address")), "{address}");
        }
    }

    #[test]
    fn private_networks_and_loopback_are_reached_only_by_permission() {
        let nowhere = Reach::default();

        assert!(!nowhere.admits("10.0.0.1".parse().expect("address")));
        assert!(!nowhere.admits("127.0.0.1".parse().expect("address")));
        assert!(!nowhere.admits("::1".parse().expect("address")));
        assert!(nowhere.admits("93.184.216.34".parse().expect("address")));
        assert!(Reach { loopback: true, private: false }.admits("127.0.0.1".parse().expect("address")));
    }
}
