//! A sign-in that has begun.

use std::time::{Duration, SystemTime};

use crate::browser::BrowserId;
use crate::client::Client;
use crate::issuer::Issuer;
use crate::secret::{PkceCodeVerifier, State};

/// How long a person may take at the login page.
pub const LIFETIME: Duration = Duration::from_mins(15);

/// A sign-in under way. It is consumed by its callback.
#[derive(Debug)]
pub struct PendingAuthorization {
    /// 256 bits; known to the hub, the browser and the provider.
    pub state: State,
    /// None: the provider refuses PKCE.
    pub verifier: Option<PkceCodeVerifier>,
    /// The issuer as its metadata spells it.
    pub issuer: Issuer,
    /// The metadata promises `iss` in the callback (RFC 9207 §3).
    pub issuer_promised: bool,
    /// The client that asked.
    pub client: Client,
    /// The frozen resource indicator.
    pub resource: Option<String>,
    /// What was asked for.
    pub scopes: Vec<String>,
    /// The browser that it was started in.
    pub browser: BrowserId,
    /// From then on its callback is refused.
    pub expires_at: SystemTime,
}
