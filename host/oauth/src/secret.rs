//! Values that must never be shown: the types of the `oauth2` crate, whose `Debug` is redacted and which have no
//! `Display`. `.secret()` is called only where bytes leave for their owner.

pub use oauth2::{AccessToken, AuthorizationCode, ClientSecret, CsrfToken as State, PkceCodeVerifier, RefreshToken};

/// `device_code` (RFC 8628 §3.2).
#[derive(Clone, PartialEq, Eq)]
pub struct DeviceCode(String);

impl DeviceCode {
    /// Wraps the text; from here on it is redacted wherever it is printed.
    #[must_use]
    pub const fn new(code: String) -> Self {
        Self(code)
    }

    /// The text itself. Called only where it leaves for its owner or is sealed.
    #[must_use]
    pub fn secret(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for DeviceCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DeviceCode([redacted])")
    }
}

/// An ID token, kept for identity assertions; never parsed as proof of anything.
#[derive(Clone, PartialEq, Eq)]
pub struct IdToken(String);

impl IdToken {
    /// Wraps the text; from here on it is redacted wherever it is printed.
    #[must_use]
    pub const fn new(token: String) -> Self {
        Self(token)
    }

    /// The text itself. Called only where it leaves for its owner or is sealed.
    #[must_use]
    pub fn secret(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for IdToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("IdToken([redacted])")
    }
}
