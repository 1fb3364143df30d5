//! Whether a login uses PKCE (RFC 7636).

use mcphub_oauth::pkce::{self, Setting, Use};

use crate::connect::core::at_issuer::AtIssuer;
use crate::connect::core::error::ConnectError;
use crate::connect::core::target::Source;
use crate::settings::PkceSetting;

/// Decides from the settings, the plugin and the metadata. A server that does not list S256 is an error, unless the
/// plugin or the person vouches for it.
pub(crate) fn decided(at: AtIssuer<'_>) -> Result<Use, ConnectError> {
    let setting = match at.entry.server.oauth.pkce {
        PkceSetting::Required => Setting::Required,
        PkceSetting::Assume => Setting::Assume,
        PkceSetting::Omit => Setting::Omit,
    };
    let offered = at.profile().authorization.pkce;
    let is_assumed = at.discovered.source != Source::Published;
    Ok(pkce::decide(&at.discovered.metadata, offered, setting, is_assumed)?)
}
