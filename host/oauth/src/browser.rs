//! The browser that a login was started in.

use subtle::ConstantTimeEq;

/// The value of the cookie by which a browser is known again. Not a secret of the provider's, but not shown either.
#[derive(Clone)]
pub struct BrowserId(String);

impl BrowserId {
    /// A new one, of 256 random bits written as base64url.
    #[must_use]
    pub fn new(random: &str) -> Option<Self> {
        Self::parse(random)
    }

    /// What a cookie says, if it can be one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        ((40..=64).contains(&text.len()) && plain).then(|| Self(text.to_owned()))
    }

    /// The value of the cookie that only this browser has.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl PartialEq for BrowserId {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl Eq for BrowserId {}

impl std::fmt::Debug for BrowserId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BrowserId([redacted])")
    }
}
