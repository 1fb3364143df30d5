//! The rules of sharing and of order, on plain values: who may use which grant, which one counts, and what may take its place.
//!
//! They stand apart from every kind of store, so that a file and a database cannot differ in them. Nothing here reads or writes.

use mcphub_oauth::client::Client;
use mcphub_oauth::grant::{Binding, Grant, GrantKey};
use mcphub_oauth::server_address::ServerAddress;

use super::error::SealFault;
use super::model::Stored;

/// A server that uses the grant of another one.
#[derive(Debug, Clone)]
pub(super) struct Share {
    /// The server without a grant of its own.
    pub(super) key: GrantKey,
    /// The server whose grant it uses.
    pub(super) with: GrantKey,
    /// What that grant was good for when it was shared. The share holds only while that stays the same.
    pub(super) binding: Binding,
}

/// What can be read of a grant that is sealed and cannot be opened.
#[derive(Debug, Clone)]
pub(super) struct SealedGrant {
    pub(super) key: GrantKey,
    pub(super) why: SealFault,
    pub(super) issuer: String,
    pub(super) client_id: String,
}

/// All grants of a store, and who shares them.
///
/// A key may have several grants, such as a preset one in front of one for an earlier address: the first one counts.
#[derive(Debug, Clone, Default)]
pub(super) struct Grants {
    pub(super) all: Vec<(GrantKey, Stored<Grant>)>,
    pub(super) shares: Vec<Share>,
    pub(super) sealed: Vec<SealedGrant>,
}

/// Where a new grant goes, and which version must stand there.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct GrantPlacement {
    pub(super) key: GrantKey,
    /// The version that was seen there. `None`: no grant may be there.
    pub(super) after: Option<u64>,
}

/// Another version stands there than the one that was seen.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Stale;

impl Grants {
    /// The grant that serves this key at this address: its own, else the one it shares. Never one that was obtained for another
    /// address.
    pub(super) fn find(&self, key: &GrantKey, address: &ServerAddress) -> Option<&Stored<Grant>> {
        self.own(&self.place_of(key, address), address)
    }

    /// The grant that the key has itself, if it is for this address.
    pub(super) fn own(&self, key: &GrantKey, address: &ServerAddress) -> Option<&Stored<Grant>> {
        let first = self.all.iter().find(|(of, _)| of == key).map(|(_, grant)| grant);
        first.filter(|grant| grant.value.address == *address)
    }

    /// The key under which the grant of [`Self::find`] is kept, or would be.
    pub(super) fn place_of(&self, key: &GrantKey, address: &ServerAddress) -> GrantKey {
        if self.own(key, address).is_some() {
            return key.clone();
        }
        let share = self.shares.iter().find(|share| share.key == *key);
        let holds =
            |share: &&Share| self.own(&share.with, address).is_some_and(|of| of.value.binding() == share.binding);
        share.filter(holds).map_or_else(|| key.clone(), |share| share.with.clone())
    }

    /// The other keys that use the grant of this key at this address.
    pub(super) fn sharers(&self, key: &GrantKey, address: &ServerAddress) -> Vec<GrantKey> {
        let place = self.place_of(key, address);
        let others = self.shares.iter().map(|share| &share.key).chain([&place]);
        others.filter(|other| *other != key && self.place_of(other, address) == place).cloned().collect()
    }

    /// Why the grant that serves this key at this address cannot be opened, if it cannot.
    pub(super) fn sealed(&self, key: &GrantKey, address: &ServerAddress) -> Option<SealFault> {
        let of = |key: &GrantKey| self.sealed.iter().find(|sealed| sealed.key == *key).map(|sealed| sealed.why);
        let shared = || self.shares.iter().find(|share| share.key == *key).and_then(|share| of(&share.with));
        of(key).or_else(|| shared().filter(|_| self.own(key, address).is_none()))
    }

    /// The grants of an issuer, in their order.
    pub(super) fn of_issuer(&self, issuer: &str) -> Vec<(GrantKey, Stored<Grant>)> {
        self.all.iter().filter(|(_, grant)| grant.value.issuer() == Some(issuer)).cloned().collect()
    }

    /// Where this grant of this key goes. A key that shares a grant replaces the shared one, unless the new grant is good for
    /// something else: then it becomes the key's own, and the others keep theirs.
    pub(super) fn placement(&self, key: &GrantKey, grant: &Grant, after: Option<u64>) -> GrantPlacement {
        let place = self.place_of(key, &grant.address);
        let is_same = self.find(key, &grant.address).is_some_and(|of| of.value.binding() == grant.binding());
        if place == *key || is_same {
            return GrantPlacement { key: place, after };
        }
        GrantPlacement { key: key.clone(), after: None }
    }

    /// Takes in a grant that the person wrote into the settings. It counts only while there is no other for its address, and
    /// not after a logout (`is_dropped`), until the person writes another token.
    pub(super) fn add_preset(&mut self, key: GrantKey, grant: Grant, is_dropped: bool) {
        let has_another = self.find(&key, &grant.address).is_some() || self.sealed(&key, &grant.address).is_some();
        if !has_another && !is_dropped {
            // A grant for an earlier address of the server stands behind it, so that the preset one is found first.
            self.all.insert(0, (key, Stored { value: grant, version: 0 }));
        }
    }

    /// Whether a grant was issued to this client. Without the client, the grant can be neither refreshed nor revoked.
    pub(super) fn needs_client(&self, client: &Client) -> bool {
        let open = self.all.iter().map(|(_, grant)| (grant.value.issuer(), grant.value.client_id.as_deref()));
        let sealed = self.sealed.iter().map(|sealed| (Some(sealed.issuer.as_str()), Some(sealed.client_id.as_str())));
        open.chain(sealed).any(|(issuer, id)| issuer == Some(client.issuer.as_str()) && id == client.id.as_deref())
    }

    /// Whether `new`, registered for the same server, takes the place of `known`. One that a grant needs stays beside it.
    pub(super) fn replaces_client(&self, known: &Client, new: &Client) -> bool {
        known.issuer == new.issuer && (known.id == new.id || !self.needs_client(known))
    }
}

/// The version of a grant that is put after the one that was seen (`after`; `None`: there was none). `stored` is the version
/// that stands there now; `highest` is the highest version ever seen, so that no version comes back after a deletion.
pub(super) fn next_version(stored: Option<u64>, after: Option<u64>, highest: u64) -> Result<u64, Stale> {
    // A preset grant has version 0 and is nowhere stored: to have seen it is to have seen nothing stored.
    let stored = stored.unwrap_or(0);
    if stored != after.unwrap_or(0) {
        return Err(Stale);
    }
    Ok(stored.max(highest).saturating_add(1))
}

#[cfg(test)]
mod tests;
