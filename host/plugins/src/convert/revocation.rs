//! Taking a grant back.

use mcphub_oauth::profile::{Revocation, WhichToken};

use crate::bindings::exports::mcphub::provider::revocation as wit;
use crate::check::objection::Objection;
use crate::check::place::Place;
use crate::check::references::References;
use crate::check::slots::{AFTERWARDS, REQUEST};
use crate::check::text;
use crate::convert::plan::plan;
use crate::convert::request_shape::authentication;
use crate::convert::template::Reader;

/// Checks the answer of `revocation.profile`.
pub(crate) fn revocation(revocation: wit::Revocation, references: &References) -> Result<Revocation, Objection> {
    let place = Place::Interface("revocation");
    let reader = Reader { slots: AFTERWARDS, references };
    Ok(match revocation {
        wit::Revocation::Rfc7009(rule) => Revocation::Rfc7009 {
            tokens: match rule.tokens {
                wit::WhichToken::RefreshToken => WhichToken::RefreshToken,
                wit::WhichToken::AccessToken => WhichToken::AccessToken,
                wit::WhichToken::Both => WhichToken::Both,
            },
            authentication: text::optional(&place.field("authentication"), rule.authentication, |place, value| {
                authentication(place, value, reader)
            })?,
        },
        wit::Revocation::Plan(value) => Revocation::Plan(plan(&place.field("plan"), value, reader)?),
        wit::Revocation::Page(value) => {
            Revocation::Page(Reader { slots: REQUEST, references }.page(&place.field("page"), value)?)
        }
        wit::Revocation::None => Revocation::None,
    })
}
