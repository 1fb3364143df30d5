//! Requests to the MCP server.

use mcphub_oauth::profile::{Requests, TokenPlace};

use crate::bindings::exports::mcphub::provider::requests as wit;
use crate::check::names;
use crate::check::objection::{Broken, Objection, cut};
use crate::check::place::Place;
use crate::check::references::References;
use crate::check::slots::REQUEST;
use crate::check::text;
use crate::convert::template::Reader;

/// Checks the answer of `requests.profile`.
pub(crate) fn requests(requests: wit::Requests, references: &References) -> Result<Requests, Objection> {
    let place = Place::Interface("requests");
    let reader = Reader { slots: REQUEST, references };
    Ok(Requests {
        token: token(&place.field("token"), requests.token)?,
        headers: reader.params(&place.field("headers"), requests.headers, &names::request_header)?,
        query: reader.params(&place.field("query"), requests.query, &names::parameter)?,
    })
}

fn token(place: &Place<'_>, token: wit::TokenPlace) -> Result<TokenPlace, Objection> {
    Ok(match token {
        wit::TokenPlace::Authorization(scheme) => {
            let is_token =
                !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
            if !is_token {
                return Err(place.object(Broken::NotHeader { value: cut(&scheme) }));
            }
            TokenPlace::Authorization(text::word(place, scheme)?)
        }
        wit::TokenPlace::Header(name) => {
            if !name.eq_ignore_ascii_case("authorization") {
                names::request_header(place, &name)?;
            }
            TokenPlace::Header(name)
        }
        wit::TokenPlace::Query(name) => TokenPlace::Query(text::word(place, name)?),
    })
}
