//! The one source of randomness.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The source of randomness of all parts. Clones share it.
#[derive(Clone)]
pub struct Random(Arc<Fill>);

/// Fills a buffer with random bytes.
pub type Fill = dyn Fn(&mut [u8]) + Send + Sync;

impl Random {
    /// The operating system's.
    ///
    /// # Panics
    /// When asked for bytes, if the operating system gives none: without them there is no safe way on.
    #[must_use]
    pub fn system() -> Self {
        Self(Arc::new(|bytes| {
            #[expect(clippy::expect_used, reason = "without randomness there is no safe way on")]
            getrandom::fill(bytes).expect("the operating system gives random bytes");
        }))
    }

    /// A source of the caller's, for tests.
    pub fn of(fill: impl Fn(&mut [u8]) + Send + Sync + 'static) -> Self {
        Self(Arc::new(fill))
    }

    /// The source itself, for rules that take it as an argument.
    pub fn source(&self) -> &Fill {
        &*self.0
    }

    /// `N` random bytes, fit for secrets.
    #[must_use]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.0)(&mut bytes);
        bytes
    }

    /// `N` random bytes as base64url text.
    #[must_use]
    pub fn text<const N: usize>(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.bytes::<N>())
    }
}
