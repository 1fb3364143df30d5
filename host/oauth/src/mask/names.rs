//! Names under which secrets stand.

/// What stands where a secret was.
pub const MASK: &str = "***";

/// Parts of names that say so.
const PARTS: [&str; 17] = [
    "token",
    "secret",
    "verifier",
    "assertion",
    "passw",
    "passphrase",
    "credential",
    "cookie",
    "jwt",
    "bearer",
    "apikey",
    "api-key",
    "private-key",
    "signing-key",
    "access-key",
    "device-code",
    "session-key",
];
/// Whole names that do.
const WHOLE: [&str; 8] = [
    "authorization",
    "proxy-authorization",
    "x-authorization",
    "auth-code",
    "authorization-code",
    "pwd",
    "otp",
    "passcode",
];
/// Ends of names that tell something about a secret, not the secret.
const PLAIN_ENDS: [&str; 26] = [
    "-type",
    "-types",
    "-method",
    "-methods",
    "-supported",
    "-alg",
    "-algs",
    "-values",
    "-endpoint",
    "-endpoints",
    "-url",
    "-uri",
    "-at",
    "-in",
    "-hint",
    "-name",
    "-mode",
    "-modes",
    "-status",
    "-count",
    "-limit",
    "-scope",
    "-scopes",
    "-required",
    "-format",
    "-version",
];
/// Parts of such names.
const PLAIN_PARTS: [&str; 2] = ["expir", "lifetime"];
/// Members that are no secret inside of one that is.
const HARMLESS: [&str; 18] = [
    "id",
    "uuid",
    "name",
    "login",
    "email",
    "user",
    "username",
    "type",
    "kind",
    "title",
    "url",
    "scope",
    "scopes",
    "status",
    "account",
    "issuer",
    "description",
    "label",
];

/// What a name says of what stands under it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sound {
    /// What stands under the name is a secret.
    Secret,
    /// What stands under the name is no secret.
    Plain,
    /// The name says nothing either way.
    Silent,
}

/// Whether what stands under a name is a secret.
#[must_use]
pub fn sounds_secret(name: &str) -> bool {
    sound(name) == Sound::Secret
}

/// What a name says about what stands under it.
pub(super) fn sound(name: &str) -> Sound {
    let slug = slug(name);
    let ending = format!("-{slug}");
    let is_plain =
        PLAIN_ENDS.iter().any(|end| ending.ends_with(end)) || PLAIN_PARTS.iter().any(|part| slug.contains(part));
    if is_plain {
        Sound::Plain
    } else if WHOLE.contains(&slug.as_str()) || PARTS.iter().any(|part| slug.contains(part)) {
        Sound::Secret
    } else if HARMLESS.contains(&slug.as_str()) {
        Sound::Plain
    } else {
        Sound::Silent
    }
}

/// Whether it is the name of a code, which may be that of an error.
pub(super) fn is_code(name: &str) -> bool {
    name.eq_ignore_ascii_case("code")
}

/// A name in small letters, with hyphens between its words: `access-token` for `accessToken` and `ACCESS_TOKEN`.
#[must_use]
pub fn slug(name: &str) -> String {
    let mut slug = String::new();
    let mut ends_small = false;
    for c in name.chars() {
        if c.is_ascii_uppercase() && ends_small {
            slug.push('-');
        }
        slug.push(if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' });
        ends_small = c.is_ascii_lowercase() || c.is_ascii_digit();
    }
    slug
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets_sound_secret_in_every_spelling() {
        for name in [
            "access_token",
            "refreshToken",
            "ID-TOKEN",
            "authed_user_token",
            "clientSecret",
            "code_verifier",
            "X-Auth-Token",
            "apiKey",
            "api_key",
            "password",
            "Authorization",
            "client_assertion",
            "sessionJwt",
            "device_code",
        ] {
            assert!(sounds_secret(name), "{name}");
        }
    }

    #[test]
    fn what_is_told_about_secrets_does_not() {
        for name in [
            "token_type",
            "tokenType",
            "token_endpoint",
            "token_endpoint_auth_method",
            "client_secret_expires_at",
            "refresh_token_expires_in",
            "token_name",
            "authorization_servers",
            "code",
            "state",
            "scope",
            "realmId",
            "key",
            "accounts-server",
            "incoming_webhook",
            "session_id",
        ] {
            assert!(!sounds_secret(name), "{name}");
        }
    }
}
