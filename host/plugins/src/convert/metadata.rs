//! Fill-ins for metadata.

use mcphub_oauth::profile::{Discovery, Endpoint, EndpointKind, EndpointMode, Metadata};
use serde_json::Map;

use crate::bindings::exports::mcphub::provider::metadata as wit;
use crate::check::objection::{Broken, Objection};
use crate::check::place::Place;
use crate::check::references::References;
use crate::check::slots::ENDPOINT;
use crate::check::text::{self, LIST};
use crate::check::{json, url};
use crate::convert::template::Reader;

/// Checks the answer of `metadata.profile`.
pub(crate) fn metadata(metadata: wit::Metadata, references: &References) -> Result<Metadata, Objection> {
    let place = Place::Interface("metadata");
    let reader = Reader { slots: ENDPOINT, references };
    let discovery = discovery(metadata.discovery);
    if discovery == Discovery::FromIssuer && metadata.issuer.is_none() {
        let because = "discovery from-issuer begins there";
        return Err(place.field("issuer").object(Broken::Missing { because }));
    }
    Ok(Metadata {
        discovery,
        issuer: text::optional(&place.field("issuer"), metadata.issuer, |place, value| reader.url(place, value))?,
        issuer_aliases: text::list(&place.field("issuer-aliases"), metadata.issuer_aliases, LIST, |place, text| {
            url::endpoint(place, &text, references).map(|_| text)
        })?,
        endpoints: text::list(&place.field("endpoints"), metadata.endpoints, LIST, |place, endpoint| {
            Ok(Endpoint {
                kind: kind(endpoint.kind),
                url: reader.url(&place.field("url"), endpoint.url)?,
                mode: match endpoint.mode {
                    wit::EndpointMode::Fill => EndpointMode::Fill,
                    wit::EndpointMode::Override => EndpointMode::Override,
                },
            })
        })?,
        patch: text::optional(&place.field("patch"), metadata.patch, |place, patch| {
            let patch = json::patch(place, &patch, &["issuer"])?;
            json::addresses(place, &patch, &Map::new(), references)?;
            Ok(patch)
        })?,
    })
}

const fn discovery(discovery: wit::Discovery) -> Discovery {
    match discovery {
        wit::Discovery::Standard => Discovery::Standard,
        wit::Discovery::FromIssuer => Discovery::FromIssuer,
        wit::Discovery::None => Discovery::None,
    }
}

const fn kind(kind: wit::EndpointKind) -> EndpointKind {
    match kind {
        wit::EndpointKind::Authorization => EndpointKind::Authorization,
        wit::EndpointKind::Token => EndpointKind::Token,
        wit::EndpointKind::Refresh => EndpointKind::Refresh,
        wit::EndpointKind::Registration => EndpointKind::Registration,
        wit::EndpointKind::Revocation => EndpointKind::Revocation,
        wit::EndpointKind::DeviceAuthorization => EndpointKind::DeviceAuthorization,
    }
}
