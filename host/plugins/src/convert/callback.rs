//! `callback`: the way back from the login page.

use mcphub_oauth::profile::{Callback, Capture};

use crate::bindings::exports::mcphub::provider::callback as wit;
use crate::check::objection::{Broken, Objection};
use crate::check::place::Place;
use crate::check::text::{self, LIST};

/// Checks the answer of `callback.profile`.
pub(crate) fn callback(callback: wit::Callback) -> Result<Callback, Objection> {
    let place = Place::Interface("callback");
    let code = text::word(&place.field("code"), callback.code)?;
    let state = text::word(&place.field("state"), callback.state)?;
    text::distinct(&place, [code.as_str(), state.as_str()].into_iter())?;
    let captures = text::list(&place.field("captures"), callback.captures, LIST, |place, capture| {
        let at = place.field("at");
        if [code.as_str(), state.as_str(), "code", "state"].contains(&capture.at.as_str()) {
            return Err(at.object(Broken::HubsOwn { name: capture.at }));
        }
        Ok(Capture { key: text::key(&place.field("key"), capture.key)?, at: text::word(&at, capture.at)? })
    })?;
    Ok(Callback { code, state, captures })
}
