//! `token-response`: answers of the token endpoint.

use mcphub_oauth::profile::{DisguisedError, TokenResponse};

use crate::bindings::exports::mcphub::provider::token_response as wit;
use crate::check::objection::{Broken, Objection};
use crate::check::place::Place;
use crate::check::text::{self, LIST};
use crate::convert::token_rule::{captures, not_a_token, places, rules, statuses};

/// The slot that MCP requests carry.
const MAIN: &str = "main";

/// Checks the answer of `token-response.profile`.
pub(crate) fn token_response(response: wit::TokenResponse) -> Result<TokenResponse, Objection> {
    let place = Place::Interface("token-response");
    let tokens = rules(&place.field("tokens"), response.tokens)?;
    if !tokens.iter().any(|rule| rule.slot == MAIN) {
        return Err(place.field("tokens").object(Broken::NoMain));
    }
    let held = places(&tokens);
    Ok(TokenResponse {
        accept: statuses(&place.field("accept"), response.accept)?,
        error: text::optional(&place.field("error"), response.error, |place, error| disguised(place, error, &held))?,
        captures: captures(&place.field("captures"), response.captures, &held)?,
        tokens,
    })
}

fn disguised(place: &Place<'_>, error: wit::DisguisedError, held: &[String]) -> Result<DisguisedError, Objection> {
    Ok(DisguisedError {
        at: not_a_token(&place.field("at"), error.at, held)?,
        ok: text::list(&place.field("ok"), error.ok, LIST, text::line)?,
        code: not_a_token(&place.field("code"), error.code, held)?,
    })
}
