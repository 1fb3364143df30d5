//! `token-request`: the code exchange.

use mcphub_oauth::profile::{RedirectUriPlace, TokenRequest};

use crate::bindings::exports::mcphub::provider::token_request as wit;
use crate::check::objection::Objection;
use crate::check::place::Place;
use crate::check::references::References;
use crate::check::slots::EXCHANGE;
use crate::convert::request_shape::request_shape;
use crate::convert::template::Reader;

/// Checks the answer of `token-request.profile`.
pub(crate) fn token_request(request: wit::TokenRequest, references: &References) -> Result<TokenRequest, Objection> {
    let place = Place::Interface("token-request");
    Ok(TokenRequest {
        shape: request_shape(&place.field("shape"), request.shape, Reader { slots: EXCHANGE, references })?,
        echo_state: request.echo_state,
        redirect_uri: match request.redirect_uri {
            wit::RedirectUriPlace::WithTheRest => RedirectUriPlace::WithTheRest,
            wit::RedirectUriPlace::Query => RedirectUriPlace::Query,
        },
    })
}
