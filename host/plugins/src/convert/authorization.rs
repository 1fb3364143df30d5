//! `authorization`: the authorization request.

use mcphub_oauth::profile::{Authorization, Pair, Pkce};

use crate::bindings::exports::mcphub::provider::authorization as wit;
use crate::bindings::mcphub::provider::types;
use crate::check::names;
use crate::check::objection::{Broken, Objection, cut};
use crate::check::place::Place;
use crate::check::references::References;
use crate::check::slots::AUTHORIZE;
use crate::check::text::{self, LIST};
use crate::convert::template::Reader;

/// Checks the answer of `authorization.profile`.
pub(crate) fn authorization(
    authorization: wit::Authorization,
    references: &References,
) -> Result<Authorization, Objection> {
    let place = Place::Interface("authorization");
    let reader = Reader { slots: AUTHORIZE, references };
    Ok(Authorization {
        pkce: match authorization.pkce {
            wit::Pkce::ByMetadata => Pkce::ByMetadata,
            wit::Pkce::Supported => Pkce::Supported,
            wit::Pkce::Unsupported => Pkce::Unsupported,
        },
        extra: reader.params(&place.field("extra"), authorization.extra, &names::authorize)?,
        renames: text::list(&place.field("renames"), authorization.renames, LIST, rename)?,
        drop_empty: authorization.drop_empty,
        response_mode: text::optional(&place.field("response-mode"), authorization.response_mode, response_mode)?,
        nonce: authorization.nonce,
        in_fragment: authorization.in_fragment,
    })
}

fn rename(place: &Place<'_>, pair: types::Pair) -> Result<Pair, Objection> {
    names::authorize_rename(place, &pair.name, &pair.value)?;
    Ok((pair.name, text::word(&place.field("value"), pair.value)?))
}

pub(crate) fn response_mode(place: &Place<'_>, mode: String) -> Result<String, Objection> {
    if ["query", "form_post"].contains(&mode.as_str()) {
        return Ok(mode);
    }
    Err(place.object(Broken::NotOneOf { value: cut(&mode), allowed: "query, form_post" }))
}
