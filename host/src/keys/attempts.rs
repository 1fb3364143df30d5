//! How often a key may be guessed: so often from one address, and so often in all.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use super::bucket::TokenBucket;
use crate::settings::RateLimit;

const OF_ONE: RateLimit = RateLimit { per_minute: 6, burst: 10 };
const OF_ALL: RateLimit = RateLimit { per_minute: 60, burst: 100 };
/// Addresses that are remembered. Those whose bucket is full are forgotten first; then the limit for all holds.
const MAX_ADDRESSES: usize = 10_000;

/// The attempts so far.
pub struct Attempts {
    in_all: TokenBucket,
    of_each: Mutex<HashMap<IpAddr, TokenBucket>>,
}

impl Default for Attempts {
    fn default() -> Self {
        Self { in_all: TokenBucket::new(OF_ALL), of_each: Mutex::default() }
    }
}

impl Attempts {
    /// Counts an attempt from this address. If there were too many, the time after which there may be another one: the token is
    /// not even looked at.
    pub fn count(&self, address: IpAddr, now: SystemTime) -> Result<(), Duration> {
        let mut of_each = self.of_each.lock().unwrap_or_else(PoisonError::into_inner);
        if of_each.len() >= MAX_ADDRESSES {
            of_each.retain(|_, bucket| !bucket.is_full(now));
        }
        let has_room = of_each.len() < MAX_ADDRESSES;
        match of_each.get(&site(address)) {
            Some(bucket) => bucket.take(now)?,
            None if has_room => {
                let bucket = TokenBucket::new(OF_ONE);
                bucket.take(now)?;
                of_each.insert(site(address), bucket);
            }
            None => {}
        }
        drop(of_each);
        self.in_all.take(now)
    }
}

/// Who has an IPv6 address has all of its network of 64 bits.
pub(super) fn site(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000 + seconds)
    }

    #[test]
    fn one_address_has_ten_and_then_one_in_ten_seconds() {
        let attempts = Attempts::default();
        let (one, other) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));

        let first = (0..11).filter(|_| attempts.count(one, at(0)).is_ok()).count();

        assert_eq!(first, 10);
        assert_eq!(attempts.count(one, at(4)), Err(Duration::from_secs(6)));
        assert!(attempts.count(one, at(10)).is_ok());
        assert!(attempts.count(other, at(0)).is_ok());
    }

    #[test]
    fn all_addresses_together_have_a_hundred() {
        let attempts = Attempts::default();

        let first = (0..200_u8).filter(|last| attempts.count(IpAddr::from([192, 0, 2, *last]), at(0)).is_ok()).count();

        assert_eq!(first, 100);
    }

    #[test]
    fn the_addresses_of_one_network_count_as_one() {
        let attempts = Attempts::default();
        let of_network = |last: u16| IpAddr::from([0x2001, 0xdb8, 0, 1, 0, 0, 0, last]);

        let first = (0..20).filter(|last| attempts.count(of_network(*last), at(0)).is_ok()).count();

        assert_eq!(first, 10);
        assert!(attempts.count(IpAddr::from([0x2001, 0xdb8, 0, 2, 0, 0, 0, 1]), at(0)).is_ok());
    }
}
