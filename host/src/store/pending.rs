//! TEMPORARY: pending data in memory, until the real one is merged.
use std::collections::BTreeMap;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::SystemTime;

use serde_json::Value;

use super::{Store, StoreError};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PendingKind {
    Login,
    Ticket,
    Question,
}

#[derive(Debug, Clone)]
pub struct Pending {
    pub server: String,
    pub data: Value,
    pub ends_at: SystemTime,
}

type Map = BTreeMap<(usize, PendingKind, String), Pending>;
static ALL: OnceLock<Mutex<Map>> = OnceLock::new();
fn all() -> std::sync::MutexGuard<'static, Map> {
    ALL.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner)
}

impl Store {
    fn me(&self) -> usize {
        std::sync::Arc::as_ptr(&self.0) as usize
    }
    pub async fn put_pending(&self, kind: PendingKind, id: &str, pending: &Pending) -> Result<(), StoreError> {
        all().insert((self.me(), kind, id.to_owned()), pending.clone());
        Ok(())
    }
    pub async fn pending(&self, kind: PendingKind, id: &str, now: SystemTime) -> Result<Option<Pending>, StoreError> {
        Ok(all().get(&(self.me(), kind, id.to_owned())).filter(|p| p.ends_at > now).cloned())
    }
    pub async fn take_pending(
        &self,
        kind: PendingKind,
        id: &str,
        now: SystemTime,
    ) -> Result<Option<Pending>, StoreError> {
        Ok(all().remove(&(self.me(), kind, id.to_owned())).filter(|p| p.ends_at > now))
    }
    pub async fn change_pending<T>(
        &self,
        kind: PendingKind,
        id: &str,
        now: SystemTime,
        change: impl FnOnce(&mut Pending) -> T + Send + 'static,
    ) -> Result<Option<T>, StoreError> {
        Ok(all().get_mut(&(self.me(), kind, id.to_owned())).filter(|p| p.ends_at > now).map(change))
    }
    pub async fn end_pending(&self, kind: PendingKind, server: &str) -> Result<(), StoreError> {
        all().retain(|(me, k, _), p| !(*me == self.me() && *k == kind && p.server == server));
        Ok(())
    }
    pub async fn pending_of(
        &self,
        kind: PendingKind,
        server: &str,
        now: SystemTime,
    ) -> Result<Vec<(String, Pending)>, StoreError> {
        Ok(all()
            .iter()
            .filter(|((me, k, _), p)| *me == self.me() && *k == kind && p.server == server && p.ends_at > now)
            .map(|((_, _, id), p)| (id.clone(), p.clone()))
            .collect())
    }
}
