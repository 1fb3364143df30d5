//! The check of a callback against the sign-in that it claims to belong to.

use std::time::SystemTime;

use subtle::ConstantTimeEq;

use super::answer::{Answer, CallbackAnswer};
use super::error::CallbackError;
use crate::authorization::PendingAuthorization;
use crate::browser::BrowserId;
use crate::issuer::shortened;
use crate::profile::Pair;
use crate::secret::AuthorizationCode;

/// A callback that belongs to a sign-in: only from this is a code exchanged.
#[derive(Debug)]
pub struct AcceptedCallback {
    /// The code, which is exchanged once.
    pub code: AuthorizationCode,
    /// The sign-in it belongs to.
    pub pending: PendingAuthorization,
    /// Values that the profile keeps for later requests.
    pub captured: Vec<Pair>,
}

impl PendingAuthorization {
    /// Whether a callback of `browser` may use this sign-in at all; asked before it is consumed.
    #[must_use]
    pub fn started_in(&self, browser: Option<&BrowserId>) -> bool {
        browser.is_some_and(|browser| *browser == self.browser)
    }

    /// Checks a callback against this sign-in.
    pub fn accept(
        self,
        callback: CallbackAnswer,
        browser: Option<&BrowserId>,
        now: SystemTime,
    ) -> Result<AcceptedCallback, CallbackError> {
        if !bool::from(self.state.secret().as_bytes().ct_eq(callback.state.secret().as_bytes())) {
            return Err(CallbackError::UnknownState);
        }
        if !self.started_in(browser) {
            return Err(CallbackError::OtherBrowser);
        }
        if now > self.expires_at {
            return Err(CallbackError::Expired);
        }
        if matches!(callback.answer, Answer::Repeated) {
            return Err(CallbackError::Repeated);
        }
        self.check_issuer(callback.issuer.as_deref())?;
        match callback.answer {
            Answer::Granted(code) => Ok(AcceptedCallback { code, pending: self, captured: callback.captured }),
            Answer::Refused { error, said } => Err(CallbackError::Refused { error, said }),
            Answer::Repeated => Err(CallbackError::Repeated),
            Answer::Nothing => Err(CallbackError::Nothing),
        }
    }

    fn check_issuer(&self, answered: Option<&str>) -> Result<(), CallbackError> {
        match answered {
            Some(answered) if answered == self.issuer.as_str() => Ok(()),
            Some(answered) => {
                Err(CallbackError::IssuerMismatch { expected: self.issuer.clone(), answered: shortened(answered) })
            }
            None if self.issuer_promised => Err(CallbackError::IssuerMissing { expected: self.issuer.clone() }),
            None => Ok(()),
        }
    }
}
