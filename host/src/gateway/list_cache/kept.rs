//! One list as a server gave it, and how well it is still known.

use std::sync::Arc;
use std::time::Duration;

use serde_json::value::RawValue;
use tokio::time::Instant;

use crate::gateway::json::Fields;
use crate::gateway::repair::ListEntry;

/// A server's list: its entries, and what the result says besides.
#[derive(Debug, Clone, Default)]
pub(crate) struct KeptList {
    pub(crate) entries: Vec<ListEntry>,
    /// The other members of the result: `_meta`, `ttlMs`, `cacheScope`, and those that the hub does not know.
    pub(crate) extras: Fields,
}

/// A list that is shared, not copied.
pub(crate) type Entries = Arc<KeptList>;

/// What is known of a list.
#[derive(Clone)]
pub(crate) struct KnownList {
    pub(crate) list: Entries,
    pub(crate) freshness: Freshness,
    /// What is left of the list's `ttlMs`, if it has one.
    pub(crate) ttl_left: Option<Duration>,
    /// Whether a client with other capabilities was given it. Some servers show other tools to such a client.
    pub(crate) is_of_another: bool,
}

/// What became of a list that was read.
pub(crate) struct Keeping {
    /// The list in the cache: the new one, or the one before if that says the same.
    pub(crate) list: Entries,
    /// Whether clients that were given a list before would see another one now.
    pub(crate) is_changed: bool,
}

/// How well a list is still known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Freshness {
    /// It was read lately, or its `ttlMs` has not ended.
    Fresh,
    /// It may have changed since it was read.
    Old,
    /// The server said that it has changed.
    Changed,
}

/// A list in memory.
pub(super) struct Slot {
    pub(super) list: Entries,
    /// When it was read. `None` if it was read by a hub that ran before this one.
    pub(super) read_at: Option<Instant>,
    pub(super) is_changed: bool,
}

impl Slot {
    /// How well the list is known, where a list without a `ttlMs` of its own is fresh for this long.
    pub(super) fn freshness(&self, usual: Duration) -> Freshness {
        let ttl = self.list.ttl().filter(|ttl| !ttl.is_zero()).unwrap_or(usual);
        match self.read_at {
            _ if self.is_changed => Freshness::Changed,
            Some(at) if at.elapsed() < ttl => Freshness::Fresh,
            Some(_) | None => Freshness::Old,
        }
    }

    /// What is left of the list's `ttlMs`. Nothing of one that an earlier run read, or that has changed.
    pub(super) fn ttl_left(&self) -> Option<Duration> {
        let ttl = self.list.ttl()?;
        let left = self.read_at.filter(|_| !self.is_changed).map(|at| ttl.saturating_sub(at.elapsed()));
        Some(left.unwrap_or_default())
    }
}

impl KeptList {
    /// How long the server says that the list is fresh (Caching, "ttlMs").
    pub(crate) fn ttl(&self) -> Option<Duration> {
        ttl(self.extras.get("ttlMs")?)
    }

    /// Whether another list says the same, member for member.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let entries = |list: &Self| list.entries.len();
        entries(self) == entries(other)
            && are_same(&self.extras, &other.extras)
            && self.entries.iter().zip(&other.entries).all(|(one, two)| are_same(&one.fields, &two.fields))
    }

    /// The size in bytes, approximately.
    pub(super) fn size(&self) -> usize {
        let size = |fields: &Fields| fields.iter().map(|(key, value)| key.len() + value.get().len() + 4).sum::<usize>();
        size(&self.extras) + self.entries.iter().map(|entry| size(&entry.fields)).sum::<usize>()
    }
}

/// A `ttlMs`. A negative one counts as 0.
pub(crate) fn ttl(written: &RawValue) -> Option<Duration> {
    let millis: f64 = serde_json::from_str(written.get()).ok()?;
    Duration::try_from_secs_f64(millis.max(0.0) / 1000.0).ok()
}

fn are_same(one: &Fields, other: &Fields) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(one, two)| one.0 == two.0 && one.1.get() == two.1.get())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::gateway::json::{fields, raw};

    fn slot(extras: &serde_json::Value) -> Slot {
        let list = KeptList { extras: fields(Some(&raw(extras))), ..KeptList::default() };
        Slot { list: Arc::new(list), read_at: Some(Instant::now()), is_changed: false }
    }

    #[tokio::test(start_paused = true)]
    async fn a_list_is_fresh_until_its_own_time_ends() {
        let usual = Duration::from_secs(5);
        let (long, zero, none) = (slot(&json!({ "ttlMs": 60_000 })), slot(&json!({ "ttlMs": 0 })), slot(&json!({})));

        tokio::time::advance(Duration::from_secs(6)).await;

        let all = [&long, &zero, &none].map(|slot| slot.freshness(usual));
        assert_eq!(all, [Freshness::Fresh, Freshness::Old, Freshness::Old]);
    }

    #[tokio::test]
    async fn a_list_that_the_server_changed_or_that_is_from_an_earlier_run_is_not_fresh() {
        let usual = Duration::from_secs(5);
        let changed = Slot { is_changed: true, ..slot(&json!({})) };
        let earlier = Slot { read_at: None, ..slot(&json!({ "ttlMs": 60_000 })) };

        assert_eq!((changed.freshness(usual), earlier.freshness(usual)), (Freshness::Changed, Freshness::Old));
    }
}
