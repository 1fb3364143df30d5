//! Wrong keys at the endpoints and the API: how many came from where, and when the operator hears of it.
//!
//! Only wrong keys count, and the right one goes on working meanwhile: several people may share an address behind a proxy, and
//! one who guesses must not shut out the others. So this does not make a key that can be guessed safe; keys are random, and too
//! long for that. What it does: the operator hears of it, in few lines however many keys come; and a client that asks again and
//! again with a key that was revoked is told how long to wait.

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use indexmap::IndexMap;

use super::attempts::{Attempts, site};

/// Addresses of which it is remembered what the operator heard. While there are more, there are no lines about new ones.
const MAX_ADDRESSES: usize = 1000;
/// An address from which no wrong key came for this long is as if none had ever come.
const QUIET: Duration = Duration::from_mins(10);

/// The wrong keys so far. Counted apart from attempts to log in, so that neither uses up the other's.
#[derive(Default)]
pub struct WrongKeys {
    attempts: Attempts,
    heard: Mutex<IndexMap<IpAddr, Heard>>,
}

/// What the operator should hear about an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WrongKeyNews {
    /// A wrong key came from it.
    First,
    /// So many came that more are not even called wrong.
    TooMany,
}

struct Heard {
    news: WrongKeyNews,
    last: SystemTime,
}

impl WrongKeys {
    /// Counts a wrong key from this address. Returns the time after which there may be another one, if there were too many, and
    /// what the operator has not heard yet.
    pub fn count(&self, address: IpAddr, now: SystemTime) -> (Result<(), Duration>, Option<WrongKeyNews>) {
        let counted = self.attempts.count(address, now);
        let news = if counted.is_ok() { WrongKeyNews::First } else { WrongKeyNews::TooMany };
        (counted, self.is_new(address, news, now).then_some(news))
    }

    fn is_new(&self, address: IpAddr, news: WrongKeyNews, now: SystemTime) -> bool {
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        if heard.len() >= MAX_ADDRESSES {
            heard.retain(|_, heard| !heard.is_over(now));
        }
        let has_room = heard.len() < MAX_ADDRESSES;
        match heard.get_mut(&site(address)) {
            Some(known) => {
                let is_new = known.is_over(now) || (known.news, news) == (WrongKeyNews::First, WrongKeyNews::TooMany);
                if is_new {
                    known.news = news;
                }
                known.last = now;
                is_new
            }
            None if has_room => heard.insert(site(address), Heard { news, last: now }).is_none(),
            None => false,
        }
    }
}

impl Heard {
    /// A clock that was set back must not keep an address for ever.
    fn is_over(&self, now: SystemTime) -> bool {
        now.duration_since(self.last).map_or(true, |since| since >= QUIET)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESS: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000 + seconds)
    }

    #[test]
    fn the_operator_hears_of_the_first_wrong_key_of_too_many_and_of_the_next_after_a_while() {
        let wrong = WrongKeys::default();

        let news: Vec<_> = (0..30).filter_map(|_| wrong.count(ADDRESS, at(0)).1).collect();
        let one_more = wrong.count(ADDRESS, at(60)).1;
        let later = wrong.count(ADDRESS, at(60 + QUIET.as_secs())).1;

        assert_eq!(news, [WrongKeyNews::First, WrongKeyNews::TooMany]);
        assert_eq!((one_more, later), (None, Some(WrongKeyNews::First)));
    }

    #[test]
    fn wrong_keys_from_many_addresses_make_no_more_lines_than_addresses_are_remembered() {
        let wrong = WrongKeys::default();
        let address = |number: u32| IpAddr::from(number.to_be_bytes());

        let lines = (0..3000).filter(|number| wrong.count(address(*number), at(0)).1.is_some()).count();

        assert_eq!(lines, MAX_ADDRESSES);
        assert!(wrong.count(ADDRESS, at(QUIET.as_secs())).1.is_some());
    }
}
