//! `TRUST_PROXY`: the proxies in front of the hub whose word counts about who asks, by which name and over what.

use std::net::IpAddr;

/// Ranges of addresses that have names.
const NAMED: &[(&str, &[&str])] = &[
    ("loopback", &["127.0.0.0/8", "::1/128"]),
    ("linklocal", &["169.254.0.0/16", "fe80::/10"]),
    ("uniquelocal", &["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"]),
];

/// Ranges of addresses. Of none, nothing is believed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<AddressRange>);

/// The addresses that begin with the same bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct AddressRange {
    first: IpAddr,
    bits: u8,
}

impl TrustedProxies {
    /// Reads a list such as `loopback, 10.0.0.0/8, 192.0.2.7`. What cannot be read trusts nobody, and is told.
    #[must_use]
    pub fn read(text: &str) -> (Self, Vec<String>) {
        let (mut ranges, mut faults) = (Vec::new(), Vec::new());
        for part in text.split([',', ' ']).filter(|part| !part.is_empty() && !matches!(*part, "false" | "0")) {
            let named = NAMED.iter().find(|(name, _)| *name == part).map(|(_, ranges)| *ranges);
            let read: Option<Vec<AddressRange>> =
                named.unwrap_or(&[part]).iter().map(|range| AddressRange::read(range)).collect();
            match read {
                Some(read) => ranges.extend(read),
                None => faults.push(format!(
                    "TRUST_PROXY: {part:?} names no addresses and trusts nobody; write the proxy's address, such as loopback or 10.0.0.0/8"
                )),
            }
        }
        (Self(ranges), faults)
    }

    /// Whether nobody is trusted.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this address is a trusted proxy's.
    #[must_use]
    pub fn has(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|range| range.has(address))
    }
}

impl AddressRange {
    fn read(text: &str) -> Option<Self> {
        let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let first: IpAddr = address.parse().ok()?;
        let most = if first.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(most), str::parse).ok().filter(|bits| *bits <= most)?;
        Some(Self { first: first.to_canonical(), bits })
    }

    fn has(self, address: IpAddr) -> bool {
        let differ = match (self.first, address) {
            (IpAddr::V4(first), IpAddr::V4(other)) => (first.to_bits() ^ other.to_bits()).leading_zeros(),
            (IpAddr::V6(first), IpAddr::V6(other)) => (first.to_bits() ^ other.to_bits()).leading_zeros(),
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => return false,
        };
        differ >= self.bits.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_ranges_and_their_names_are_understood() {
        let (proxies, faults) = TrustedProxies::read("loopback, 10.1.0.0/16,192.0.2.7 2001:db8::/32");

        assert_eq!(faults, Vec::<String>::new());
        for address in ["127.0.0.1", "127.9.9.9", "::1", "10.1.255.1", "192.0.2.7", "::ffff:192.0.2.7", "2001:db8::7"] {
            assert!(proxies.has(address.parse().expect("an address")), "{address}");
        }
        for address in ["10.2.0.1", "192.0.2.8", "2001:db9::1", "203.0.113.1"] {
            assert!(!proxies.has(address.parse().expect("an address")), "{address}");
        }
    }

    #[test]
    fn nobody_is_trusted_where_no_address_is_named() {
        for text in ["", "false", "0"] {
            assert_eq!(TrustedProxies::read(text), (TrustedProxies::default(), Vec::new()), "{text}");
        }
        for text in ["true", "1", "10.0.0.0/33", "proxy.example"] {
            let (proxies, faults) = TrustedProxies::read(text);
            assert!(proxies.is_empty() && faults.len() == 1, "{text}: {faults:?}");
        }
    }
}
