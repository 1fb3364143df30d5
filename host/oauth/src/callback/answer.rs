//! What a provider's answer says, by the names that its profile gives.

use crate::error::{one_line, plain};
use crate::mask;
use crate::profile::{self, Pair};
use crate::secret::{AuthorizationCode, State};

/// Parameters of a pasted address beyond this many are not read.
const MAX_PARAMS: usize = 64;

/// What a callback says, by the names the provider uses.
#[derive(Debug, Clone)]
pub struct CallbackAnswer {
    /// Which sign-in it belongs to.
    pub state: State,
    /// `iss` (RFC 9207 §2).
    pub issuer: Option<String>,
    /// What the provider decided.
    pub answer: Answer,
    /// Values that the profile keeps.
    pub captured: Vec<Pair>,
}

/// What a provider decided about a login.
#[derive(Debug, Clone)]
pub enum Answer {
    /// It gave a code.
    Granted(AuthorizationCode),
    /// It refused (RFC 6749 §4.1.2.1).
    Refused {
        /// The `error` parameter, made plain.
        error: String,
        /// `error_description`: masked, one line, cut.
        said: Option<String>,
    },
    /// It gave neither a code nor an error.
    Nothing,
    /// A parameter came more than once, which says nothing (RFC 6749 §3.1).
    Repeated,
}

/// Reads the parameters of a callback. None: there is no `state`, so nothing to find a sign-in by.
#[must_use]
pub fn read(params: &[Pair], names: &profile::Callback) -> Option<CallbackAnswer> {
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
    Some(CallbackAnswer { state: State::new(value(&names.state)?), issuer: value("iss"), answer, captured })
}

/// The parameters in what a person pasted: an address, or what stands behind its question mark.
#[must_use]
pub fn pasted(text: &str) -> Vec<Pair> {
    let text = text.trim().trim_matches(['"', '\'', '<', '>']);
    let query = text.split_once('?').map_or(text, |(_, query)| query);
    let query = query.split('#').next().unwrap_or_default();
    url::form_urlencoded::parse(query.as_bytes()).into_owned().take(MAX_PARAMS).collect()
}
