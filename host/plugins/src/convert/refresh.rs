//! Refreshing.

use mcphub_oauth::profile::{Credential, Refresh, Rotation};

use crate::bindings::exports::mcphub::provider::refresh as wit;
use crate::check::objection::Objection;
use crate::check::place::Place;
use crate::check::references::References;
use crate::check::slots::AFTERWARDS;
use crate::convert::request_shape::request_shape;
use crate::convert::template::Reader;

/// Checks the answer of `refresh.profile`.
pub(crate) fn refresh(refresh: wit::Refresh, references: &References) -> Result<Refresh, Objection> {
    let place = Place::Interface("refresh");
    Ok(Refresh {
        presents: match refresh.presents {
            wit::Credential::RefreshToken => Credential::RefreshToken,
            wit::Credential::AccessToken => Credential::AccessToken,
            wit::Credential::ClientOnly => Credential::ClientOnly,
            wit::Credential::None => Credential::None,
        },
        shape: request_shape(&place.field("shape"), refresh.shape, Reader { slots: AFTERWARDS, references })?,
        repeat_scope: refresh.repeat_scope,
        rotation: match refresh.rotation {
            wit::Rotation::Unknown => Rotation::Unknown,
            wit::Rotation::None => Rotation::None,
            wit::Rotation::SingleUse => Rotation::SingleUse,
            wit::Rotation::Grace => Rotation::Grace,
            wit::Rotation::FamilyRevoking => Rotation::FamilyRevoking,
        },
        margin_seconds: refresh.margin_seconds,
        min_age_seconds: refresh.min_age_seconds,
        idle_lifetime_seconds: refresh.idle_lifetime_seconds,
        absolute_lifetime_seconds: refresh.absolute_lifetime_seconds,
        on_demand_only: refresh.on_demand_only,
    })
}
