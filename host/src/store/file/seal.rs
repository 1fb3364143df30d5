//! Sealed entries: what is secret in them is encrypted, what says whose they are stays readable.
//!
//! An entry keeps its place and its identifying members, so that a person can still find it and delete it; its secret members
//! are one text under `sealed`, bound to the identifying ones: put into another entry, it opens nothing. An entry that cannot
//! be opened is kept as it is, byte for byte, until its key is back or a person deletes it.

use std::sync::{Mutex, PoisonError};

use aws_lc_rs::rand;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::key::{Key, KeyError, SALT, Salt};
use crate::settings::Environment;
use crate::store::error::{KEY, PREVIOUS_KEY, SealFault};

/// The member that holds what is sealed.
const SEALED: &str = "sealed";
/// How it begins: the way it was sealed.
const VERSION: &str = "v1.";

/// Entries of one list.
pub(super) struct Kind {
    name: &'static str,
    /// The members that nobody else may read.
    secret: &'static [&'static str],
    /// The members that say whose the entry is and where its secrets may go.
    bound: &'static [&'static str],
}

/// `obtained.grants`.
pub(super) const GRANT: Kind = Kind {
    name: "grant",
    secret: &["tokens", "dpopKey", "captured"],
    bound: &["owner", "server", "account", "issuer", "clientId", "resource", "address"],
};

/// `obtained.clients`.
pub(super) const CLIENT: Kind = Kind {
    name: "client",
    secret: &["clientSecret", "registrationAccessToken", "registration"],
    bound: &["server", "issuer", "clientId"],
};

/// What waits for a person, in its own file. Its id is a secret, too: it opens a login.
pub(super) const PENDING: Kind =
    Kind { name: "pending", secret: &["id", "data"], bound: &["kind", "server", "endsAt"] };

/// The keys of the environment; none: nothing is sealed.
#[derive(Default)]
pub struct Keys {
    current: Option<Key>,
    previous: Option<Key>,
    /// The salt in use, so that a slow key is made once.
    salt: Mutex<Option<Salt>>,
}

/// An entry, looked into.
pub(super) enum Opened {
    /// Nothing of it is sealed.
    Clear(Value),
    /// It was sealed with the current key.
    Current(Value),
    /// It was sealed with the key from before.
    Previous(Value),
    /// It cannot be opened.
    Closed(SealFault),
}

/// The cipher refused to work, so that nothing was written.
#[derive(Debug)]
pub(super) struct NotSealed;

impl Keys {
    /// Those that the environment names.
    pub fn of(environment: &Environment) -> Result<Self, KeyError> {
        let key = |variable| environment.get(variable).map(|text| Key::parse(variable, text)).transpose();
        Ok(Self { current: key(KEY)?, previous: key(PREVIOUS_KEY)?, salt: Mutex::default() })
    }

    /// A key that opens and none that seals: who names only the one from before may have meant the other variable.
    pub(super) fn caution(&self) -> Option<String> {
        let opens_only = self.current.is_none() && self.previous.is_some();
        opens_only.then(|| {
            format!(
                "{PREVIOUS_KEY} is set and {KEY} is not: logins are opened, and written in the clear again; set {KEY} to keep them sealed"
            )
        })
    }

    /// Whether what is written from now on is sealed.
    pub(super) const fn seals(&self) -> bool {
        self.current.is_some()
    }

    /// The entry as it is written: sealed, if there is a key and something to seal.
    pub(super) fn seal(&self, kind: &Kind, entry: &Value) -> Result<Value, NotSealed> {
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

    /// The entry with its secret members in place.
    pub(super) fn open(&self, kind: &Kind, entry: &Value) -> Opened {
        let Some(sealed) = entry.get(SEALED) else {
            return Opened::Clear(entry.clone());
        };
        let text = sealed.as_str().and_then(|text| text.strip_prefix(VERSION));
        let Some(bytes) = text.and_then(|text| URL_SAFE_NO_PAD.decode(text).ok()) else {
            return Opened::Closed(SealFault::UnknownFormat);
        };
        let bound = bound(kind, entry);
        let open = |key: &Option<Key>| {
            let (salt, plain) = key.as_ref()?.open(&bound, &bytes)?;
            Some((salt, with_secrets(entry, &plain)?))
        };
        if let Some((salt, entry)) = open(&self.current) {
            self.salt.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(salt);
            return Opened::Current(entry);
        }
        match open(&self.previous) {
            Some((_, entry)) => Opened::Previous(entry),
            None if self.current.is_none() && self.previous.is_none() => Opened::Closed(SealFault::NoKey),
            // A salt goes with one key.
            None if bytes.get(..SALT).is_some_and(|salt| self.known_salt().is_some_and(|known| known == *salt)) => {
                Opened::Closed(SealFault::Altered)
            }
            None => Opened::Closed(SealFault::OtherKey),
        }
    }

    /// The same, where it does not matter how it was kept.
    pub(super) fn opened(&self, kind: &Kind, entry: &Value) -> Option<Value> {
        match self.open(kind, entry) {
            Opened::Clear(entry) | Opened::Current(entry) | Opened::Previous(entry) => Some(entry),
            Opened::Closed(_) => None,
        }
    }

    /// Learns from the first of these entries that opens which salt the current key goes with.
    pub(super) fn settle<'e>(&self, mut entries: impl Iterator<Item = (&'static Kind, &'e Value)>) {
        if self.known_salt().is_none() {
            entries.any(|(kind, entry)| matches!(self.open(kind, entry), Opened::Current(_)));
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

/// The kind and the identifying members: what a sealed text cannot be parted from.
fn bound(kind: &Kind, entry: &Value) -> Vec<u8> {
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
