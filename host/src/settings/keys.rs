//! The keys by which clients of the hub say who they are. Only digests are here: a token that stands in the file is hashed as
//! it is read.

use http::HeaderName;
use http::header::AUTHORIZATION;
use sha2::{Digest, Sha256};

use super::group::Member;

/// SHA-256 of a token.
pub type KeyDigest = [u8; 32];

/// What the file says about keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientKeys {
    /// Whether a request needs one: a key is written, whether or not it can be used, and `routing.enableBearerAuth` is not
    /// `false`. So a mistake in the only key closes the hub and does not open it.
    pub are_demanded: bool,
    /// `routing.bearerAuthHeaderName`: the header that carries `Bearer` and the token.
    pub header: HeaderName,
    /// Those that can be used, in the file's order. No two have the same name or the same token.
    pub usable: Vec<ClientKey>,
}

/// A key that can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientKey {
    /// Its name, which no other key has.
    pub name: String,
    /// The digest of its token; the token itself is not kept.
    pub digest: KeyDigest,
    /// Which servers its holder sees.
    pub reach: KeyReach,
    /// Whether its holder may also use the API and the pages.
    pub is_admin: bool,
    /// How often it may be used.
    pub rate: Option<RateLimit>,
    /// Whether the hub made it, so that it stands under `obtained`.
    pub is_own: bool,
}

/// Which servers the holder of a key sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyReach {
    /// Every server, also those that are added later.
    All,
    /// These, and of each what is listed. One that is listed twice shows what either entry has.
    Only(Vec<Member>),
}

/// How often a key may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    /// Requests in a minute, spread evenly.
    pub per_minute: u32,
    /// How many may come at once.
    pub burst: u32,
}

impl ClientKeys {
    /// Whether requests need a key and there is one to send.
    #[must_use]
    pub fn are_in_force(&self) -> bool {
        self.are_demanded && !self.usable.is_empty()
    }
}

impl Default for ClientKeys {
    fn default() -> Self {
        Self { are_demanded: false, header: AUTHORIZATION, usable: Vec::new() }
    }
}

/// The digest of a token.
#[must_use]
pub fn digest_of(token: &[u8]) -> KeyDigest {
    Sha256::digest(token).into()
}
