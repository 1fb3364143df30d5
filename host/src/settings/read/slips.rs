//! Keys that look like a slip of another one, in the parts whose keys the hub knows all of.

use super::part::Part;
use crate::settings::nearness::distance;

/// The members that mean something, and what people write instead of them.
#[derive(Clone, Copy)]
pub(super) struct Known {
    keys: &'static [&'static str],
    instead: &'static [(&'static str, &'static str)],
}

/// `oauth` of a server.
pub(super) const OAUTH: Known = Known {
    keys: &[
        "clientId",
        "clientSecret",
        "redirectUri",
        "scopes",
        "accessToken",
        "refreshToken",
        "issuer",
        "resource",
        "authorizationEndpoint",
        "tokenEndpoint",
        "revocationEndpoint",
        "pendingAuthorization",
        "dynamicRegistration",
        "provider",
        "inputs",
        "pkce",
        "accounts",
        "grantType",
        "assertion",
        "tokenEndpointAuthMethod",
        "privateKey",
        "signingAlgorithm",
        "dpop",
        "enterprise",
    ],
    instead: &[
        ("authorizationurl", "authorizationEndpoint"),
        ("authorizeurl", "authorizationEndpoint"),
        ("authurl", "authorizationEndpoint"),
        ("tokenurl", "tokenEndpoint"),
        ("revocationurl", "revocationEndpoint"),
        ("callbackurl", "redirectUri"),
        ("callbackuri", "redirectUri"),
        ("audience", "resource"),
        ("appid", "clientId"),
        ("appsecret", "clientSecret"),
        ("authmethod", "tokenEndpointAuthMethod"),
        ("issuerurl", "issuer"),
        ("registrationendpoint", "dynamicRegistration.registrationEndpoint"),
        ("initialaccesstoken", "dynamicRegistration.initialAccessToken"),
        ("metadata", "dynamicRegistration.metadata"),
    ],
};

/// The keys of `oauth.dynamicRegistration`.
pub(super) const DYNAMIC_REGISTRATION: Known = Known {
    keys: &["enabled", "issuer", "registrationEndpoint", "initialAccessToken", "metadata"],
    instead: &[
        ("issuerurl", "issuer"),
        ("registrationurl", "registrationEndpoint"),
        ("accesstoken", "initialAccessToken"),
        ("token", "initialAccessToken"),
        ("clientmetadata", "metadata"),
    ],
};

/// The keys of `oauth.enterprise`.
pub(super) const ENTERPRISE: Known = Known {
    keys: &["issuer", "tokenEndpoint", "clientId", "clientSecret", "idToken"],
    instead: &[("issuerurl", "issuer"), ("tokenurl", "tokenEndpoint"), ("identitytoken", "idToken")],
};

/// An entry of `mcpServers`, once other programs' words are translated: the keys of which a slip would do harm.
pub(super) const SERVER: Known = Known {
    keys: &[
        "url",
        "command",
        "args",
        "env",
        "cwd",
        "inheritEnv",
        "headers",
        "passthroughHeaders",
        "type",
        "enabled",
        "disabled",
        "tools",
        "disabledTools",
        "includeTools",
        "options",
        "oauth",
        "initTimeout",
        "perSessionClient",
        "startOnDemand",
        "idleTimeoutMs",
        "description",
        "auth",
    ],
    instead: &[("oauth2", "oauth")],
};

/// The keys of `systemConfig.install`.
pub(super) const INSTALL: Known = Known {
    keys: &["baseUrl", "allowedHosts", "pythonIndexUrl", "npmRegistry"],
    instead: &[("publicurl", "baseUrl"), ("hosts", "allowedHosts"), ("allowedhostnames", "allowedHosts")],
};

/// The keys of `systemConfig.egress`.
pub(super) const EGRESS: Known = Known {
    keys: &["allowPrivate"],
    instead: &[("allowprivatehosts", "allowPrivate"), ("privatehosts", "allowPrivate")],
};

/// The keys of `systemConfig.sessions`.
pub(super) const SESSIONS: Known = Known {
    keys: &["max", "idleMinutes", "maxAgeHours"],
    instead: &[
        ("limit", "max"),
        ("maxsessions", "max"),
        ("idletimeout", "idleMinutes"),
        ("timeoutminutes", "idleMinutes"),
        ("agehours", "maxAgeHours"),
        ("maxage", "maxAgeHours"),
    ],
};

/// The keys of `systemConfig.oauthClient`.
pub(super) const OAUTH_CLIENT: Known =
    Known { keys: &["clientIdMetadataUrl"], instead: &[("metadataurl", "clientIdMetadataUrl")] };

/// Warns of every key that is probably meant to be another one. No value is shown: it may be a secret.
pub(super) fn warn(part: &Part<'_>, known: Known) {
    warn_unless(part, known, |_| false);
}

/// The same; keys that are understood in their [`plain`] spelling are no slips.
pub(super) fn warn_unless(part: &Part<'_>, known: Known, is_understood: impl Fn(&str) -> bool) {
    for key in part.names().filter(|key| !known.keys.contains(key) && !is_understood(&plain(key))) {
        if let Some(likely) = likely(&known, key) {
            let remedy = format!("write {likely}");
            let fault = part.findings.fault(&part.path(key), None, "means nothing to the hub", &remedy);
            part.findings.warn(fault);
        }
    }
}

fn likely(known: &Known, key: &str) -> Option<&'static str> {
    let written = plain(key);
    let listed = known.instead.iter().find(|(instead, _)| *instead == written).map(|(_, likely)| *likely);
    let near = || {
        let candidates = known.keys.iter().map(|key| (distance(&plain(key), &written), *key));
        let allowed = if written.len() < 6 { 1 } else { 2 };
        candidates.filter(|(distance, _)| *distance <= allowed).min().map(|(_, key)| key)
    };
    listed.or_else(near)
}

/// Lower case, letters and digits only.
pub(super) fn plain(key: &str) -> String {
    key.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_told_with_the_likely_name() {
        for (written, meant) in [
            ("client_id", "clientId"),
            ("clientID", "clientId"),
            ("cleintSecret", "clientSecret"),
            ("scope", "scopes"),
            ("redirectUrl", "redirectUri"),
            ("tokenUrl", "tokenEndpoint"),
            ("tokenEndPoint", "tokenEndpoint"),
            ("dynamicRegistraton", "dynamicRegistration"),
            ("issuerUrl", "issuer"),
        ] {
            assert_eq!(likely(&OAUTH, written), Some(meant), "{written}");
        }
    }

    #[test]
    fn a_key_that_is_near_to_nothing_is_left_alone() {
        for written in ["comment", "note", "x-mine", "displayName", "type"] {
            assert_eq!(likely(&OAUTH, written), None, "{written}");
        }
    }
}
