//! `resource-indicator`: what goes into `resource`.

use mcphub_oauth::profile::{ResourceIndicator, ResourceMode};

use crate::bindings::exports::mcphub::provider::resource_indicator as wit;
use crate::check::names;
use crate::check::objection::Objection;
use crate::check::place::Place;
use crate::check::references::References;
use crate::check::slots::{AUTHORIZE, RESOURCE};
use crate::check::text;
use crate::convert::template::Reader;

/// Checks the answer of `resource-indicator.profile`.
pub(crate) fn resource_indicator(
    indicator: wit::ResourceIndicator,
    references: &References,
) -> Result<ResourceIndicator, Objection> {
    let place = Place::Interface("resource-indicator");
    Ok(ResourceIndicator {
        authorize: mode(&place.field("authorize"), indicator.authorize, references)?,
        token: mode(&place.field("token"), indicator.token, references)?,
        refresh: mode(&place.field("refresh"), indicator.refresh, references)?,
    })
}

fn mode(place: &Place<'_>, mode: wit::ResourceMode, references: &References) -> Result<ResourceMode, Objection> {
    Ok(match mode {
        wit::ResourceMode::Send => ResourceMode::Send,
        wit::ResourceMode::Omit => ResourceMode::Omit,
        wit::ResourceMode::Fixed(value) => {
            ResourceMode::Fixed(Reader { slots: RESOURCE, references }.template(place, value)?)
        }
        wit::ResourceMode::Named(name) => {
            own_name(place, &name)?;
            ResourceMode::Named(text::word(place, name)?)
        }
        wit::ResourceMode::Instead(param) => {
            ResourceMode::Instead(Reader { slots: AUTHORIZE, references }.param(place, param, &own_name)?)
        }
    })
}

/// The parameter stands in authorization and token requests.
fn own_name(place: &Place<'_>, name: &str) -> Result<(), Objection> {
    if name == "resource" {
        return Ok(());
    }
    names::authorize(place, name)?;
    names::token(place, name, &[])
}
