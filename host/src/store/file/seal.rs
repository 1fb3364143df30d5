//! Sealed entries: their secret members are encrypted, and the members that say whose they are stay readable.
//!
//! An entry keeps its place and its identifying members, so that a person can still find and delete it. Its secret members become
//! one text under `sealed`, bound to the identifying ones: moved to another entry, the text does not open. An entry that cannot be
//! opened is kept byte for byte until its key is back or a person deletes it.

use std::sync::{Mutex, PoisonError};

use aws_lc_rs::rand;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::key::{Key, SALT, Salt, SealingKeyError};
use crate::settings::Environment;
use crate::store::error::{KEY, PREVIOUS_KEY, SealFault};

/// The member that holds the sealed text.
const SEALED: &str = "sealed";
/// How a sealed text begins: the format.
const VERSION: &str = "v1.";

/// What can be sealed: entries of one kind, and which of their members.
pub(super) struct Sealable {
    name: &'static str,
    /// The members that nobody else may read.
    secret: &'static [&'static str],
    /// The members that say whose the entry is and where its secrets may go.
    bound: &'static [&'static str],
}

/// The entries of `obtained.grants`.
pub(super) const GRANT: Sealable = Sealable {
    name: "grant",
    secret: &["tokens", "dpopKey", "captured"],
    bound: &["owner", "server", "account", "issuer", "clientId", "resource", "address"],
};

/// The entries of `obtained.clients`.
pub(super) const CLIENT: Sealable = Sealable {
    name: "client",
    secret: &["clientSecret", "registrationAccessToken", "registration"],
    bound: &["server", "issuer", "clientId"],
};

/// What waits for a person, in its own file. Its id is a secret, too: it opens a login.
pub(super) const PENDING: Sealable =
    Sealable { name: "pending", secret: &["id", "data"], bound: &["kind", "server", "endsAt"] };

/// The keys that the environment names. Without one, nothing is sealed.
#[derive(Default)]
pub struct Keys {
    current: Option<Key>,
    previous: Option<Key>,
    /// The salt in use. One for all entries, because making a key from a passphrase and a salt is slow.
    salt: Mutex<Option<Salt>>,
}

/// An entry with its secret members in place, and how they were kept.
pub(super) enum Unsealed {
    /// In the clear, as without a key.
    Clear(Value),
    /// Sealed with the current key.
    Current(Value),
    /// Sealed with the previous key.
    Previous(Value),
    /// Sealed, and none of the keys opens it.
    Closed(SealFault),
}

/// The cipher refused to work, so that nothing was written.
#[derive(Debug)]
pub(super) struct NotSealed;

impl Keys {
    /// The keys that the environment names. A key that could be guessed is an error.
    pub fn of(environment: &Environment) -> Result<Self, SealingKeyError> {
        let key = |variable| environment.get(variable).map(|text| Key::parse(variable, text)).transpose();
        Ok(Self { current: key(KEY)?, previous: key(PREVIOUS_KEY)?, salt: Mutex::default() })
    }

    /// A warning where there is a previous key and no current one: the person may have set the wrong variable.
    pub(super) fn caution(&self) -> Option<String> {
        let opens_only = self.current.is_none() && self.previous.is_some();
        opens_only.then(|| {
            format!(
                "{PREVIOUS_KEY} is set and {KEY} is not: logins are opened, and written in the clear again; set {KEY} to keep them sealed"
            )
        })
    }

    /// A key for this purpose, derived from the current one. `None` without one, or if it cannot be derived.
    pub(super) fn derived_for(&self, purpose: &[u8]) -> Option<[u8; 32]> {
        self.current.as_ref()?.derived_for(purpose)
    }

    /// Whether what is written from now on is sealed.
    pub(super) const fn seals(&self) -> bool {
        self.current.is_some()
    }

    /// The entry as it is written: sealed if there is a current key, and a secret in the entry.
    pub(super) fn seal(&self, kind: &Sealable, entry: &Value) -> Result<Value, NotSealed> {
        let (Some(key), Some(members)) = (&self.current, entry.as_object()) else {
            return Ok(entry.clone());
        };
        let is_secret = |name: &str| kind.secret.contains(&name);
        let (secret, mut open): (Map<String, Value>, Map<String, Value>) =
            members.clone().into_iter().partition(|(name, _)| is_secret(name));
        if secret.values().all(Value::is_null) {
            return Ok(entry.clone());
        }
        let plain = Value::Object(secret).to_string();
        let sealed = key.seal(self.salt()?, &bound(kind, entry), plain.as_bytes()).map_err(|_| NotSealed)?;
        open.insert(SEALED.to_owned(), Value::String(format!("{VERSION}{}", URL_SAFE_NO_PAD.encode(sealed))));
        Ok(Value::Object(open))
    }

    /// Opens an entry with the keys that there are.
    pub(super) fn open(&self, kind: &Sealable, entry: &Value) -> Unsealed {
        let Some(sealed) = entry.get(SEALED) else {
            return Unsealed::Clear(entry.clone());
        };
        let text = sealed.as_str().and_then(|text| text.strip_prefix(VERSION));
        let Some(bytes) = text.and_then(|text| URL_SAFE_NO_PAD.decode(text).ok()) else {
            return Unsealed::Closed(SealFault::UnknownFormat);
        };
        let bound = bound(kind, entry);
        let open = |key: &Option<Key>| {
            let (salt, plain) = key.as_ref()?.open(&bound, &bytes)?;
            Some((salt, with_secrets(entry, &plain)?))
        };
        if let Some((salt, entry)) = open(&self.current) {
            self.salt.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(salt);
            return Unsealed::Current(entry);
        }
        match open(&self.previous) {
            Some((_, entry)) => Unsealed::Previous(entry),
            None if self.current.is_none() && self.previous.is_none() => Unsealed::Closed(SealFault::NoKey),
            // A salt goes with one key: the current key sealed this, and it was changed since.
            None if bytes.get(..SALT).is_some_and(|salt| self.known_salt().is_some_and(|known| known == *salt)) => {
                Unsealed::Closed(SealFault::Altered)
            }
            None => Unsealed::Closed(SealFault::OtherKey),
        }
    }

    /// The entry with its secret members in place, however they were kept. `None` if it cannot be opened.
    pub(super) fn opened(&self, kind: &Sealable, entry: &Value) -> Option<Value> {
        match self.open(kind, entry) {
            Unsealed::Clear(entry) | Unsealed::Current(entry) | Unsealed::Previous(entry) => Some(entry),
            Unsealed::Closed(_) => None,
        }
    }

    /// Finds the salt that the current key goes with, from the first of these entries that it opens.
    pub(super) fn settle<'e>(&self, mut entries: impl Iterator<Item = (&'static Sealable, &'e Value)>) {
        if self.known_salt().is_none() {
            entries.any(|(kind, entry)| matches!(self.open(kind, entry), Unsealed::Current(_)));
        }
    }

    fn known_salt(&self) -> Option<Salt> {
        *self.salt.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn salt(&self) -> Result<Salt, NotSealed> {
        let mut known = self.salt.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(salt) = *known {
            return Ok(salt);
        }
        let mut salt = [0; SALT];
        rand::fill(&mut salt).map_err(|_| NotSealed)?;
        *known = Some(salt);
        Ok(salt)
    }
}

/// What a sealed text is bound to: the kind of the entry, and its identifying members.
fn bound(kind: &Sealable, entry: &Value) -> Vec<u8> {
    let members = kind.bound.iter().map(|name| entry.get(name).cloned().unwrap_or_default());
    let all: Vec<Value> = [Value::from(kind.name)].into_iter().chain(members).collect();
    Value::Array(all).to_string().into_bytes()
}

fn with_secrets(entry: &Value, plain: &[u8]) -> Option<Value> {
    let mut members = entry.as_object()?.clone();
    members.shift_remove(SEALED);
    let secret: Map<String, Value> = serde_json::from_slice(plain).ok()?;
    members.extend(secret);
    Some(Value::Object(members))
}
