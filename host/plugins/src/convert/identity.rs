//! Who a plugin is.

use mcphub_oauth::profile::Identity;

use crate::bindings::exports::mcphub::provider::identity as wit;
use crate::check::objection::{Broken, Objection, cut};
use crate::check::place::Place;
use crate::check::text::{self, LIST};
use crate::check::{host, url};

/// Checks the answer of `identity.describe`.
pub(crate) fn identity(identity: wit::Identity) -> Result<Identity, Objection> {
    let place = Place::Interface("identity");
    Ok(Identity {
        id: text::id(&place.field("id"), identity.id)?,
        version: version(&place.field("version"), identity.version)?,
        title: text::word(&place.field("title"), identity.title)?,
        description: text::word(&place.field("description"), identity.description)?,
        homepage: text::optional(&place.field("homepage"), identity.homepage, url::page)?,
        hosts: text::list(&place.field("hosts"), identity.hosts, LIST, |place, text| host::pattern(place, &text))?,
    })
}

fn version(place: &Place<'_>, text: String) -> Result<String, Objection> {
    let is_version = text.len() <= 64 && semver::Version::parse(&text).is_ok();
    if is_version { Ok(text) } else { Err(place.object(Broken::NotVersion { value: cut(&text) })) }
}
