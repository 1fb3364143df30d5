//! The way back (RFC 6749 §4.1.2, RFC 9207).

use std::time::SystemTime;

use subtle::ConstantTimeEq;

use crate::authorization::PendingAuthorization;
use crate::browser::BrowserId;
use crate::error::{one_line, plain};
use crate::issuer::{Issuer, shortened};
use crate::mask;
use crate::profile::{self, Pair};
use crate::secret::{AuthorizationCode, State};

/// Parameters of a pasted address beyond this many are not read.
const MAX_PARAMS: usize = 64;

/// What a callback says, by the names the provider uses.
#[derive(Debug, Clone)]
pub struct Callback {
    /// Which sign-in it belongs to.
    pub state: State,
    /// `iss` (RFC 9207 §2).
    pub issuer: Option<String>,
    /// Yes or no.
    pub answer: Answer,
    /// Values that the profile keeps.
    pub captured: Vec<Pair>,
}

/// Yes or no.
#[derive(Debug, Clone)]
pub enum Answer {
    /// A code.
    Granted(AuthorizationCode),
    /// RFC 6749 §4.1.2.1.
    Refused {
        /// `error`, made plain.
        error: String,
        /// `error_description`: masked, one line, cut.
        said: Option<String>,
    },
    /// Neither.
    Nothing,
    /// A parameter came more than once, which says nothing (RFC 6749 §3.1).
    Repeated,
}

/// A callback that belongs to a sign-in: only from this is a code exchanged.
#[derive(Debug)]
pub struct AcceptedCallback {
    /// The code.
    pub code: AuthorizationCode,
    /// The sign-in it belongs to.
    pub pending: PendingAuthorization,
    /// Values kept.
    pub captured: Vec<Pair>,
}

/// Why a callback is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallbackError {
    /// RFC 6749 §10.12.
    #[error("this answer does not belong to a sign-in that this hub started, or it was used already")]
    UnknownState,
    /// The sign-in is bound to a browser.
    #[error("this sign-in was started in another browser")]
    OtherBrowser,
    /// The sign-in is bound to a terminal.
    #[error("this sign-in was started in a terminal")]
    AtTerminal,
    /// RFC 6749 §3.1: a parameter that came more than once says two things.
    #[error("the provider's answer says something twice")]
    Repeated,
    /// RFC 9700 §4.4.2: a redirect URI that is one issuer's own takes the answers of that issuer alone.
    #[error("this answer came to another address than the sign-in gave")]
    OtherRedirectUri,
    /// The person took too long.
    #[error("this sign-in took longer than 15 minutes")]
    Expired,
    /// RFC 6749 §4.1.2.1.
    #[error("the provider refused the sign-in ({error}){}", written(said.as_deref()))]
    Refused {
        /// `error`.
        error: String,
        /// What the provider wrote about it.
        said: Option<String>,
    },
    /// RFC 9207 §2.4: compared as strings.
    #[error("{expected} was asked, and {answered} answered")]
    IssuerMismatch {
        /// Asked.
        expected: Issuer,
        /// Answered.
        answered: String,
    },
    /// RFC 9207 §2.4: promised, so required.
    #[error("{expected} promises to name itself in its answer and did not")]
    IssuerMissing {
        /// Asked.
        expected: Issuer,
    },
    /// RFC 6749 §4.1.2.
    #[error("the provider's answer has neither a code nor an error")]
    Nothing,
}

impl CallbackError {
    /// What a person can do.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::OtherBrowser => "Finish in the browser you started in, or get a fresh link and use it here.",
            Self::OtherRedirectUri => "Get a fresh link; if you pasted an address, paste the whole of it.",
            Self::AtTerminal => "Copy the address of this page and paste it into the terminal.",
            Self::Refused { error, .. } if error == "access_denied" => "Get a fresh link and choose Allow.",
            Self::UnknownState | Self::Expired | Self::Nothing | Self::Repeated => {
                "Get a fresh link and sign in again."
            }
            Self::Refused { .. } => {
                "Get a fresh link and try again; if it stays so, the client's set-up at the provider is wrong."
            }
            Self::IssuerMismatch { .. } | Self::IssuerMissing { .. } => {
                "Do not continue: somebody may be in between. If the server was just moved, get a fresh link."
            }
        }
    }
}

fn written(said: Option<&str>) -> String {
    said.map(|said| format!("; the provider writes: {said:?}")).unwrap_or_default()
}

/// Reads the parameters of a callback. None: there is no `state`, so nothing to find a sign-in by.
#[must_use]
pub fn read(params: &[Pair], names: &profile::Callback) -> Option<Callback> {
    let value = |name: &str| {
        params.iter().find(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.clone())
    };
    let is_repeated = |name: &str| params.iter().filter(|(key, _)| key == name).nth(1).is_some();
    let shown = mask::callback(params, names);
    let visible = |name: &str| shown.iter().find(|(key, value)| key == name && !value.is_empty());
    let said = || one_line(&visible("error_description")?.1);
    let answer = match (value("error"), value(&names.code)) {
        _ if [names.code.as_str(), &names.state, "iss", "error"].into_iter().any(is_repeated) => Answer::Repeated,
        (Some(error), _) => Answer::Refused { error: plain(&error), said: said() },
        (None, Some(code)) => Answer::Granted(AuthorizationCode::new(code)),
        (None, None) => Answer::Nothing,
    };
    let kept = |capture: &profile::Capture| Some((capture.key.clone(), visible(&capture.at)?.1.clone()));
    let captured = names.captures.iter().filter_map(kept).collect();
    Some(Callback { state: State::new(value(&names.state)?), issuer: value("iss"), answer, captured })
}

/// The parameters in what a person pasted: an address, or what stands behind its question mark.
#[must_use]
pub fn pasted(text: &str) -> Vec<Pair> {
    let text = text.trim().trim_matches(['"', '\'', '<', '>']);
    let query = text.split_once('?').map_or(text, |(_, query)| query);
    let query = query.split('#').next().unwrap_or_default();
    url::form_urlencoded::parse(query.as_bytes()).into_owned().take(MAX_PARAMS).collect()
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
        callback: Callback,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pasted_address_gives_its_parameters_however_it_is_quoted() {
        let expected = [("code".to_owned(), "a b".to_owned()), ("state".to_owned(), "s".to_owned())];

        for text in [
            "http://localhost:3000/oauth/callback?code=a%20b&state=s",
            "  <http://localhost:3000/oauth/callback?code=a+b&state=s#_=_> ",
            "code=a%20b&state=s\n",
        ] {
            assert_eq!(pasted(text), expected, "{text}");
        }
    }
    use crate::client::{AuthMethod, Client};
    use crate::hook::ClientKind;
    use std::time::{Duration, UNIX_EPOCH};

    fn browser(letter: &str) -> BrowserId {
        BrowserId::parse(&letter.repeat(43)).expect("browser")
    }

    fn pending(issuer_promised: bool) -> PendingAuthorization {
        PendingAuthorization {
            state: State::new("st".into()),
            verifier: None,
            issuer: Issuer::parse("https://as.example").expect("issuer"),
            issuer_promised,
            client: Client {
                issuer: "https://as.example".into(),
                id: "c".into(),
                secret: None,
                secret_expires_at: None,
                method: AuthMethod::None,
                kind: ClientKind::Configured,
                redirect_uri: "http://localhost/cb".into(),
                registration: None,
                registration_access_token: None,
            },
            resource: None,
            scopes: Vec::new(),
            browser: browser("a"),
            expires_at: UNIX_EPOCH + Duration::from_mins(15),
        }
    }

    fn answered(
        query: &str,
        promised: bool,
        browser: Option<&BrowserId>,
        at: u64,
    ) -> Result<AcceptedCallback, CallbackError> {
        let params: Vec<Pair> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let callback = read(&params, &profile::Callback::default()).expect("state");
        pending(promised).accept(callback, browser, UNIX_EPOCH + Duration::from_secs(at))
    }

    #[test]
    fn a_code_for_the_right_state_browser_and_time_is_accepted() {
        let accepted = answered("state=st&code=abc&iss=https%3A%2F%2Fas.example", true, Some(&browser("a")), 10)
            .expect("accepted");

        assert_eq!(accepted.code.secret(), "abc");
    }

    #[test]
    fn every_deviation_is_refused_with_its_own_reason() {
        let (a, b) = (browser("a"), browser("b"));
        let reason = |query, promised, browser, at| answered(query, promised, browser, at).expect_err("refused");

        assert_eq!(reason("state=other&code=abc", false, Some(&a), 10), CallbackError::UnknownState);
        assert_eq!(reason("state=st&code=abc", false, Some(&b), 10), CallbackError::OtherBrowser);
        assert_eq!(reason("state=st&code=abc", false, None, 10), CallbackError::OtherBrowser);
        assert_eq!(reason("state=st&code=abc", false, Some(&a), 901), CallbackError::Expired);
        assert_eq!(reason("state=st", false, Some(&a), 10), CallbackError::Nothing);
        assert_eq!(
            reason("state=st&error=access_denied", false, Some(&a), 10),
            CallbackError::Refused { error: "access_denied".into(), said: None }
        );
        assert!(matches!(reason("state=st&code=abc", true, Some(&a), 10), CallbackError::IssuerMissing { .. }));
        assert!(matches!(
            reason("state=st&code=abc&iss=https://as.example/", false, Some(&a), 10),
            CallbackError::IssuerMismatch { .. }
        ));
    }

    #[test]
    fn what_the_provider_writes_about_a_refusal_is_told_masked_and_in_one_line() {
        let told = |description: &str| {
            let query = url::form_urlencoded::Serializer::new("state=st&error=invalid_scope&code=abcdefgh".to_owned())
                .append_pair("error_description", description)
                .finish();
            answered(&query, false, Some(&browser("a")), 10).expect_err("refused").to_string()
        };

        assert_eq!(
            told("Scope \"x\"\n\u{202e}is not yours"),
            "the provider refused the sign-in (invalid_scope); the provider writes: \"Scope \\\"x\\\" is not yours\""
        );
        assert!(!told("your code is abcdefgh").contains("abcdefgh"));
        assert!(told(&"a ".repeat(5000)).len() < 500);
        assert_eq!(told(" "), "the provider refused the sign-in (invalid_scope)");
    }

    #[test]
    fn a_callback_without_a_state_is_nobodys() {
        assert!(read(&[("code".into(), "abc".into())], &profile::Callback::default()).is_none());
    }
}
