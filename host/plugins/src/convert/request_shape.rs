//! The shape of requests to the token endpoint, and client authentication.

use mcphub_oauth::auth_method::AuthMethod;
use mcphub_oauth::profile::{
    BasicEncoding, ClientAuthentication, CustomAuthentication, Method, Placement, RequestShape,
};

use crate::bindings::mcphub::provider::types as wit;
use crate::check::names;
use crate::check::objection::Objection;
use crate::check::place::Place;
use crate::check::text::{self, LIST};
use crate::convert::template::Reader;

/// How a request deviates from RFC 6749 §4.1.3 and §6.
pub(crate) fn request_shape(
    place: &Place<'_>,
    shape: wit::RequestShape,
    reader: Reader<'_>,
) -> Result<RequestShape, Objection> {
    let omit = text::list(&place.field("omit"), shape.omit, LIST, |place, name| {
        names::token_changeable(place, &name).map(|()| name)
    })?;
    let renames = text::list(&place.field("renames"), shape.renames, LIST, |place, pair| {
        let to = place.field("value");
        names::token_changeable(&place.field("name"), &pair.name)?;
        names::token_rename_target(&to, &pair.value)?;
        Ok((pair.name, text::word(&to, pair.value)?))
    })?;
    let extra = reader.params(&place.field("extra"), shape.extra, &|place, name| names::token(place, name, &omit))?;
    Ok(RequestShape {
        method: method(shape.method),
        placement: match shape.placement {
            wit::Placement::Form => Placement::Form,
            wit::Placement::Json => Placement::Json,
            wit::Placement::Query => Placement::Query,
        },
        renames,
        omit,
        extra,
        headers: reader.headers(&place.field("headers"), shape.headers)?,
        authentication: text::optional(&place.field("authentication"), shape.authentication, |place, value| {
            authentication(place, value, reader)
        })?,
    })
}

/// Checks a way of client authentication, and the names it sets.
pub(crate) fn authentication(
    place: &Place<'_>,
    authentication: wit::ClientAuthentication,
    reader: Reader<'_>,
) -> Result<ClientAuthentication, Objection> {
    Ok(match authentication {
        wit::ClientAuthentication::Nothing => ClientAuthentication::Nothing,
        wit::ClientAuthentication::None => ClientAuthentication::Method(AuthMethod::None),
        wit::ClientAuthentication::Post => ClientAuthentication::Method(AuthMethod::Post),
        wit::ClientAuthentication::Basic(value) => ClientAuthentication::Basic(encoding(value)),
        wit::ClientAuthentication::BasicWithId(value) => ClientAuthentication::BasicWithId(encoding(value)),
        wit::ClientAuthentication::BasicAndPost(value) => ClientAuthentication::BasicAndPost(encoding(value)),
        wit::ClientAuthentication::PrivateKeyJwt => ClientAuthentication::Method(AuthMethod::PrivateKeyJwt),
        wit::ClientAuthentication::Custom(custom) => ClientAuthentication::Custom(CustomAuthentication {
            headers: reader.headers(&place.field("headers"), custom.headers)?,
            params: reader.params(&place.field("params"), custom.params, &names::authentication)?,
        }),
    })
}

const fn encoding(encoding: wit::BasicEncoding) -> BasicEncoding {
    match encoding {
        wit::BasicEncoding::Urlencoded => BasicEncoding::UrlEncoded,
        wit::BasicEncoding::Raw => BasicEncoding::Raw,
    }
}

/// Method of a request.
pub(crate) const fn method(method: wit::Method) -> Method {
    match method {
        wit::Method::Get => Method::Get,
        wit::Method::Post => Method::Post,
        wit::Method::Put => Method::Put,
        wit::Method::Patch => Method::Patch,
        wit::Method::Delete => Method::Delete,
    }
}
