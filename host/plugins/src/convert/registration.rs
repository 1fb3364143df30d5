//! How the hub gets a client identity.

use mcphub_oauth::profile::{ApplicationType, IdentitySource, RedirectConstraint, Registration, SecretPolicy};

use crate::bindings::exports::mcphub::provider::registration as wit;
use crate::bindings::mcphub::provider::types;
use crate::check::json;
use crate::check::objection::{Broken, Objection, cut};
use crate::check::place::Place;
use crate::check::text::{self, LIST};

/// What a registration body says that no plugin may say: where codes go, who the hub is, whose keys are the client's.
pub(crate) const UNTOUCHABLE: &[&str] = &["redirect_uris", "client_name", "jwks", "jwks_uri"];

/// Checks the answer of `registration.profile`.
pub(crate) fn registration(registration: wit::Registration) -> Result<Registration, Objection> {
    let place = Place::Interface("registration");
    Ok(Registration {
        preference: preference(&place.field("preference"), &registration.preference)?,
        body_patch: text::optional(&place.field("body-patch"), registration.body_patch, |place, patch| {
            json::patch(place, &patch, UNTOUCHABLE)
        })?,
        redirect: redirect(&place.field("redirect"), registration.redirect)?,
        secret: match registration.secret {
            wit::SecretPolicy::AsReturned => SecretPolicy::AsReturned,
            wit::SecretPolicy::Ignore => SecretPolicy::Ignore,
            wit::SecretPolicy::Require => SecretPolicy::Require,
        },
        application_type: match registration.application_type {
            wit::ApplicationType::ByRedirect => ApplicationType::ByRedirect,
            wit::ApplicationType::Web => ApplicationType::Web,
            wit::ApplicationType::Native => ApplicationType::Native,
        },
        scope_in_body: registration.scope_in_body,
    })
}

fn preference(place: &Place<'_>, sources: &[wit::IdentitySource]) -> Result<Vec<IdentitySource>, Objection> {
    let name = |source: &wit::IdentitySource| match source {
        wit::IdentitySource::MetadataDocument => "metadata-document",
        wit::IdentitySource::Dynamic => "dynamic",
        wit::IdentitySource::Setup => "setup",
    };
    text::distinct(place, sources.iter().map(name))?;
    let convert = |source: &wit::IdentitySource| match source {
        wit::IdentitySource::MetadataDocument => IdentitySource::MetadataDocument,
        wit::IdentitySource::Dynamic => IdentitySource::Dynamic,
        wit::IdentitySource::Setup => IdentitySource::Setup,
    };
    Ok(sources.iter().map(convert).collect())
}

/// Where a person may be sent back to.
fn redirect(place: &Place<'_>, constraint: types::RedirectConstraint) -> Result<RedirectConstraint, Objection> {
    Ok(match constraint {
        types::RedirectConstraint::Any => RedirectConstraint::Any,
        types::RedirectConstraint::Https => RedirectConstraint::Https,
        types::RedirectConstraint::Loopback => RedirectConstraint::Loopback,
        types::RedirectConstraint::LoopbackAnyPort => RedirectConstraint::LoopbackAnyPort,
        types::RedirectConstraint::Exact(uris) => RedirectConstraint::Exact(text::list(place, uris, LIST, uri)?),
    })
}

fn uri(place: &Place<'_>, text: String) -> Result<String, Objection> {
    match url::Url::parse(&text) {
        Ok(_) => text::line(place, text),
        Err(_) => Err(place.object(Broken::NotOneOf { value: cut(&text), allowed: "absolute redirect URIs" })),
    }
}
