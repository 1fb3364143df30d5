//! What the hub fills into the slots of one request, and why a slot may stay empty.

use std::collections::BTreeMap;
use std::time::SystemTime;

use crate::assertion::Made;
use crate::client::Client;
use crate::grant::Token;
use crate::profile::{BasicEncoding, Inputs, Pair};
use crate::secret::{AuthorizationCode, ClientSecret, PkceCodeVerifier, State};
use crate::signing::{KeyError, SigningKey};

/// What can go into slots in one request.
#[derive(Clone, Copy)]
pub struct Slots<'a> {
    /// Inputs that are not secret.
    pub inputs: &'a Inputs,
    /// Values of secret inputs, by key.
    pub extra_secrets: &'a BTreeMap<String, ClientSecret>,
    /// Values captured earlier in this login; of two with one key the later counts.
    pub captured: &'a [Pair],
    /// The client that makes the request.
    pub client: Option<&'a Client>,
    /// The authorization code, during the exchange only.
    pub code: Option<&'a AuthorizationCode>,
    /// The PKCE verifier, during the exchange only.
    pub verifier: Option<&'a PkceCodeVerifier>,
    /// The `state` of the login that is under way.
    pub state: Option<&'a State>,
    /// The redirect URI of this login.
    pub redirect_uri: Option<&'a str>,
    /// The resource indicator; none once it was refused.
    pub resource: Option<&'a str>,
    /// The requested scopes, joined by the profile's separator.
    pub scope: Option<&'a str>,
    /// Held tokens by slot.
    pub tokens: Option<&'a BTreeMap<String, Token>>,
    /// The client's private key.
    pub key: Option<&'a SigningKey>,
    /// When the request is made.
    pub now: SystemTime,
    /// Fills a slice with random bytes.
    pub random: &'a (dyn Fn(&mut [u8]) + Sync),
}

/// Why a template cannot be filled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FillError {
    /// A person has not given this input.
    #[error("the value for {0:?} is not set; give it in oauth.inputs")]
    Input(String),
    /// A captured value never came.
    #[error("nothing was captured as {0:?}")]
    Captured(String),
    /// This step has no such value.
    #[error("there is no {0} in this step")]
    Absent(&'static str),
    /// Signed assertions need a private key.
    #[error("this needs a private key, and none is configured in oauth.privateKey")]
    NoPrivateKey,
    /// It does not sign as wanted.
    #[error(transparent)]
    Key(#[from] KeyError),
}

impl std::fmt::Debug for Slots<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Slots").field("inputs", self.inputs).finish_non_exhaustive()
    }
}

impl Slots<'_> {
    /// When an assertion for this request is made.
    pub(crate) fn made(&self) -> Made<'_> {
        Made { now: self.now, random: self.random }
    }

    /// Everything secret that can be filled in, and the client's credentials as HTTP Basic joins them.
    #[must_use]
    pub fn secrets(&self) -> Vec<String> {
        let mut all: Vec<String> = self.extra_secrets.values().map(|secret| secret.secret().clone()).collect();
        if let Some(client) = self.client {
            all.extend(client.registration_access_token.iter().map(|token| token.secret().clone()));
            if let Some(secret) = client.secret.as_ref().map(ClientSecret::secret) {
                all.extend(client.basic_credentials(BasicEncoding::Raw));
                all.extend(client.basic_credentials(BasicEncoding::UrlEncoded));
                all.push(secret.clone());
            }
        }
        all.extend(self.code.map(|code| code.secret().clone()));
        all.extend(self.verifier.map(|verifier| verifier.secret().clone()));
        all.extend(self.state.map(|state| state.secret().clone()));
        for token in self.tokens.into_iter().flat_map(BTreeMap::values) {
            all.push(token.access.secret().clone());
            all.extend(token.refresh.as_ref().map(|refresh| refresh.secret().clone()));
        }
        all
    }
}
