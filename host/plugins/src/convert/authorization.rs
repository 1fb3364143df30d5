//! The authorization request, the way back, and the resource indicator.

use mcphub_oauth::profile::{Authorization, Callback, Capture, Pair, Pkce, ResourceIndicator, ResourceMode};

use crate::bindings::exports::mcphub::provider::{
    authorization as wit, callback as wit_callback, resource_indicator as wit_resource,
};
use crate::bindings::mcphub::provider::types;
use crate::check::names;
use crate::check::objection::{Broken, Objection, cut};
use crate::check::place::Place;
use crate::check::reach::Reach;
use crate::check::slots::{AUTHORIZE, RESOURCE};
use crate::check::text::{self, LIST};
use crate::convert::template::Reader;

/// `authorization.profile`.
pub(crate) fn authorization(authorization: wit::Authorization, reach: &Reach) -> Result<Authorization, Objection> {
    let place = Place::Interface("authorization");
    let reader = Reader { slots: AUTHORIZE, reach };
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

/// `callback.profile`.
pub(crate) fn callback(callback: wit_callback::Callback) -> Result<Callback, Objection> {
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

/// `resource-indicator.profile`.
pub(crate) fn resource(
    indicator: wit_resource::ResourceIndicator,
    reach: &Reach,
) -> Result<ResourceIndicator, Objection> {
    let place = Place::Interface("resource-indicator");
    Ok(ResourceIndicator {
        authorize: mode(&place.field("authorize"), indicator.authorize, reach)?,
        token: mode(&place.field("token"), indicator.token, reach)?,
        refresh: mode(&place.field("refresh"), indicator.refresh, reach)?,
    })
}

fn mode(place: &Place<'_>, mode: wit_resource::ResourceMode, reach: &Reach) -> Result<ResourceMode, Objection> {
    Ok(match mode {
        wit_resource::ResourceMode::Send => ResourceMode::Send,
        wit_resource::ResourceMode::Omit => ResourceMode::Omit,
        wit_resource::ResourceMode::Fixed(value) => {
            ResourceMode::Fixed(Reader { slots: RESOURCE, reach }.template(place, value)?)
        }
        wit_resource::ResourceMode::Named(name) => {
            own_name(place, &name)?;
            ResourceMode::Named(text::word(place, name)?)
        }
        wit_resource::ResourceMode::Instead(param) => {
            ResourceMode::Instead(Reader { slots: AUTHORIZE, reach }.param(place, param, &own_name)?)
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
