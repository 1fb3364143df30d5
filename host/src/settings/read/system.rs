//! `systemConfig`, as far as the hub uses it.

use super::part::{Findings, Part, address};
use super::slips;
use crate::settings::model::System;

/// Reads the part; what it does not say, the environment may.
pub(super) fn read(part: Option<&Part<'_>>, findings: &Findings<'_>) -> System {
    if let Some(oauth_client) = part.and_then(|part| part.member_object("oauthClient")) {
        slips::warn(&oauth_client, slips::OAUTH_CLIENT);
    }
    let install = part.and_then(|part| part.member_object("install"));
    let base_url = match install.filter(|install| install.filled("baseUrl").is_some()) {
        Some(install) => install.url("baseUrl"),
        None => {
            let environment = Findings::of("environment", findings.environment);
            let text = findings.environment.get("INSTALL_BASE_URL");
            let url = text.and_then(|text| address(&environment, "INSTALL_BASE_URL", text));
            environment.take_faults().into_iter().for_each(|fault| findings.object_to(fault));
            url
        }
    };
    let separator = part.and_then(|part| part.filled("nameSeparator"));
    System { base_url, name_separator: separator.unwrap_or_else(|| System::default().name_separator) }
}
