//! What must not be shown, wherever a provider repeats it: to a plugin, to a person, in a log.
//!
//! A [`Mask`] is made where a request is built, from everything secret that went into it. It travels with the request and
//! its answer as an extension, so that reading the answer masks what was sent. What an answer brings itself is
//! found by the plugin's rules, by names that sound secret and by look.

//! A [`Redactor`] knows secrets by hashes of their parts and finds them in any text, however they are written. The mask of
//! a request is made of one; what people read goes through one that knows everything that the hub sent.

mod answer;
mod names;
mod patterns;
mod redactor;
mod said;

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use http::{Request, Response};
use url::Url;

pub use answer::{document_text, mask, mask_text, shown};
pub use names::{MASK, slug, sounds_secret};
pub use redactor::Redactor;

use crate::profile::{self, Pair, Template};
use crate::template::{Slots, fill_secrets};

/// Secrets that are known. Cheap to clone.
#[derive(Clone, Default)]
pub struct Mask {
    secrets: Arc<BTreeSet<String>>,
    /// Made of them when a text is first masked: most requests are answered by nothing that needs it.
    redactor: Arc<OnceLock<Redactor>>,
}

impl std::fmt::Debug for Mask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mask").field("secrets", &self.secrets.len()).finish_non_exhaustive()
    }
}

impl Mask {
    /// A mask that knows these secrets.
    pub fn of(secrets: impl IntoIterator<Item = String>) -> Self {
        Self::default().with(secrets)
    }

    /// Everything secret that can go into a request, and what `templates` make of it.
    #[must_use]
    pub fn of_slots<'t>(slots: &Slots<'_>, templates: impl IntoIterator<Item = &'t Template>) -> Self {
        let made = templates.into_iter().flat_map(|template| fill_secrets(template, slots));
        Self::of(slots.secrets().into_iter().chain(made))
    }

    /// What went along with the request that was answered so.
    #[must_use]
    pub fn of_answer(response: &Response<Vec<u8>>) -> Self {
        response.extensions().get::<Self>().cloned().unwrap_or_default()
    }

    /// The same, with further secrets.
    #[must_use]
    pub fn with(self, secrets: impl IntoIterator<Item = String>) -> Self {
        let mut new =
            secrets.into_iter().filter(|secret| !secret.is_empty() && !self.secrets.contains(secret)).peekable();
        if new.peek().is_none() {
            return self;
        }
        Self { secrets: Arc::new(self.secrets.iter().cloned().chain(new).collect()), redactor: Arc::default() }
    }

    /// The same, with what another one knows.
    #[must_use]
    pub fn and(self, other: &Self) -> Self {
        self.with(other.secrets.iter().cloned())
    }

    /// The secrets that it knows, for those who store it.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        self.secrets.iter().map(String::as_str)
    }

    /// Lets the request and its answer carry it.
    #[must_use]
    pub fn on(self, mut request: Request<Vec<u8>>) -> Request<Vec<u8>> {
        let known = request.extensions_mut().remove::<Self>().unwrap_or_default();
        request.extensions_mut().insert(known.and(&self));
        request
    }

    /// A text without the secrets that are known, and without what looks like one.
    #[must_use]
    pub fn text(&self, text: &str) -> String {
        patterns::masked(&self.known(text))
    }

    /// A text without the secrets that are known. One that is too short to be looked for (see [`Redactor`]) is masked
    /// where it is the whole text: elsewhere it stands for something else.
    #[must_use]
    pub fn known(&self, text: &str) -> String {
        if self.secrets.contains(text) {
            return MASK.to_owned();
        }
        self.redactor.get_or_init(|| self.secrets.iter().map(String::as_str).collect()).hide(text).into_owned()
    }
}

/// Lets an answer carry what its request carried.
#[must_use]
pub fn carried(sent: Option<Mask>, mut response: Response<Vec<u8>>) -> Response<Vec<u8>> {
    if let Some(mask) = sent {
        response.extensions_mut().insert(mask);
    }
    response
}

/// The parameters of a callback as a plugin may see them.
#[must_use]
pub fn callback(params: &[Pair], names: &profile::Callback) -> Vec<Pair> {
    let is_own = |name: &str| name == names.code || name == names.state || name == "code" || name == "state";
    let is_secret = |name: &str| is_own(name) || sounds_secret(name) || name.contains("code");
    let of_hub = params.iter().filter(|(name, _)| is_secret(name)).map(|(_, value)| value.clone());
    let mask = Mask::of(of_hub);
    let shown = |(name, value): &Pair| (name.clone(), if is_secret(name) { MASK.to_owned() } else { mask.text(value) });
    params.iter().map(shown).collect()
}

/// An address as a plugin may see it: without user information, and without values that sound secret.
#[must_use]
pub fn address(url: &Url) -> String {
    let has_user = !url.username().is_empty() || url.password().is_some();
    let has_secret = url.query_pairs().any(|(name, _)| sounds_secret(&name));
    if !has_user && !has_secret {
        return url.to_string();
    }
    let mut shown = url.clone();
    // An http(s) address takes both.
    let _ = shown.set_username("");
    let _ = shown.set_password(None);
    if has_secret {
        let pairs = url.query_pairs().map(|(name, value)| {
            let value = if sounds_secret(&name) { MASK.to_owned() } else { value.into_owned() };
            (name.into_owned(), value)
        });
        let pairs: Vec<Pair> = pairs.collect();
        shown.query_pairs_mut().clear().extend_pairs(pairs);
    }
    shown.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_secret_is_masked_however_it_is_written() {
        let mask = Mask::of(["s3cr/t+va&lue".to_owned()]);

        for text in [
            "it was s3cr/t+va&lue.",
            "it was s3cr%2Ft%2Bva%26lue.",
            "it was s3cr%2ft%2bva%26lue.",
            "it was s3cr/t+va&amp;lue.",
            "it was s3cr\\/t+va&lue.",
        ] {
            assert_eq!(mask.text(text), "it was ***.", "{text}");
        }
    }

    #[test]
    fn a_short_secret_is_masked_as_a_whole_value_only() {
        let mask = Mask::of(["4711".to_owned()]);

        assert_eq!((mask.text("4711").as_str(), mask.text("in 4711 seconds").as_str()), (MASK, "in 4711 seconds"));
    }

    #[test]
    fn the_signature_of_a_jwt_is_masked_by_itself() {
        let mask = Mask::of(["eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg".to_owned()]);

        assert_eq!(mask.text("its end is c2lnbmF0dXJlLW9mLXRoZS10b2tlbg"), "its end is ***");
    }

    #[test]
    fn a_callback_shows_neither_code_nor_state_under_any_name() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let params = [
            pair("code", "the-code-1"),
            pair("state", "the-state-1"),
            pair("again", "x the-code-1 the-state-1"),
            pair("access_token", "at"),
            pair("realmId", "42"),
        ];

        let shown = callback(&params, &profile::Callback::default());

        let values: Vec<&str> = shown.iter().map(|(_, value)| value.as_str()).collect();
        assert_eq!(values, ["***", "***", "x *** ***", "***", "42"]);
    }

    #[test]
    fn an_address_shows_no_key_that_stands_in_it() {
        let url = Url::parse("https://ann:pw@mcp.example/mcp?api_key=k1&project=p").expect("url");

        assert_eq!(address(&url), "https://mcp.example/mcp?api_key=***&project=p");
    }

    #[test]
    fn a_mask_shows_nothing_of_what_it_knows() {
        assert_eq!(format!("{:?}", Mask::of(["s3cret".to_owned()])), "Mask { secrets: 1, .. }");
    }
}
