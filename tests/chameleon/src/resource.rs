//! The resource indicator (RFC 8707).

use mcphub_plugin::prelude::*;

use crate::quirks::{Quirks, slots};

pub(crate) fn indicator(quirks: &Quirks) -> ResourceIndicator {
    if let Some(audience) = quirks.text("authz.audience") {
        return ResourceIndicator {
            authorize: ResourceMode::Instead(param("audience", &audience)),
            token: ResourceMode::Omit,
            refresh: ResourceMode::Omit,
        };
    }
    if quirks.scopes_name_the_api() {
        let (authorize, token, refresh) = (ResourceMode::Omit, ResourceMode::Omit, ResourceMode::Omit);
        return ResourceIndicator { authorize, token, refresh };
    }
    match quirks.text("authz.resource_param") {
        Some(resource) => {
            let fixed = || ResourceMode::Fixed(template(&slots(&resource)));
            ResourceIndicator { authorize: fixed(), token: fixed(), refresh: fixed() }
        }
        None => ResourceIndicator::default(),
    }
}

/// The same for requests that the steps describe.
pub(crate) fn param_of_steps(quirks: &Quirks) -> Option<Param> {
    if quirks.has("authz.audience") || quirks.scopes_name_the_api() {
        return None;
    }
    let fixed = quirks.text("authz.resource_param").map(|resource| slots(&resource));
    Some(param("resource", fixed.as_deref().unwrap_or("{resource-uri}")))
}
