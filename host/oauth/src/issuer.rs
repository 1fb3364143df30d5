//! Issuer identifiers (RFC 8414 §2): compared as the strings they are.

use std::fmt;

use url::Url;

/// An issuer identifier, spelled as its server spells it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Issuer(String);

/// Why a text is no issuer identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IssuerError {
    /// RFC 8414 §2: a URL.
    #[error("{0:?} is not a URL")]
    NotAUrl(String),
    /// RFC 8414 §2: http on loopback is admitted, the egress policy decides where.
    #[error("{0:?} is neither https nor http")]
    Scheme(String),
    /// RFC 8414 §2: no query or fragment components; and no user information.
    #[error("{0:?} has a query, a fragment or user information")]
    QueryOrFragment(String),
}

impl Issuer {
    /// Takes an identifier as it is spelled.
    pub fn parse(text: &str) -> Result<Self, IssuerError> {
        let url = Url::parse(text).map_err(|_| IssuerError::NotAUrl(shortened(text)))?;
        if !matches!(url.scheme(), "https" | "http") || url.host_str().is_none() {
            return Err(IssuerError::Scheme(shortened(text)));
        }
        if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() || url.password().is_some() {
            return Err(IssuerError::QueryOrFragment(shortened(text)));
        }
        Ok(Self(text.to_owned()))
    }

    /// The origin of a URL as an issuer: what servers of the 2025-03-26 revision are asked for.
    #[must_use]
    pub fn origin_of(url: &Url) -> Self {
        Self(url.origin().ascii_serialization())
    }

    /// As it is spelled.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The issuer as a URL; none where it is not one that can be fetched from.
    #[must_use]
    pub fn url(&self) -> Option<Url> {
        Url::parse(&self.0).ok()
    }

    /// RFC 8414 §3.3, with one tolerated difference: a lone trailing slash on an empty path.
    #[must_use]
    pub fn is_answered_by(&self, answered: &str) -> bool {
        self.0 == answered || (self.has_empty_path() && self.0.trim_end_matches('/') == answered.trim_end_matches('/'))
    }

    fn has_empty_path(&self) -> bool {
        self.url().is_some_and(|url| url.path() == "/") && !self.0.ends_with("//")
    }
}

impl fmt::Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A stranger's address as an error shows it: without user information, query and fragment, which may hold secrets, and
/// without characters that a terminal would obey.
pub(crate) fn shortened(text: &str) -> String {
    let public = text.split(['?', '#']).next().unwrap_or_default();
    let (scheme, rest) = match public.split_once("://") {
        Some((scheme, rest)) => (format!("{scheme}://"), rest),
        None => (String::new(), public),
    };
    let (authority, path) = rest.split_at_checked(rest.find('/').unwrap_or(rest.len())).unwrap_or((rest, ""));
    let host = authority.rsplit('@').next().unwrap_or_default();
    let plain = |character: char| if character.is_control() { '_' } else { character };
    format!("{scheme}{host}{path}").chars().map(plain).take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_issuer_shows_no_secret_and_no_control_character() {
        let told = |text: &str| Issuer::parse(text).expect_err("no issuer").to_string();

        assert_eq!(
            told("https://me:canary@as.example/x"),
            "\"https://as.example/x\" has a query, a fragment or user information"
        );
        assert_eq!(
            told("https://as.example/?key=canary"),
            "\"https://as.example/\" has a query, a fragment or user information"
        );
        assert_eq!(told("ftp://as.example/\u{1b}[2J"), "\"ftp://as.example/_[2J\" is neither https nor http");
    }

    #[test]
    fn a_lone_slash_on_an_empty_path_is_tolerated_and_nothing_else() {
        let bare = Issuer::parse("https://as.example").expect("issuer");
        let deep = Issuer::parse("https://as.example/tenant").expect("issuer");

        assert!(bare.is_answered_by("https://as.example/"));
        assert!(!bare.is_answered_by("https://AS.example"));
        assert!(!deep.is_answered_by("https://as.example/tenant/"));
    }

    #[test]
    fn a_query_a_fragment_and_other_schemes_are_refused() {
        for text in
            ["https://as.example?x=1", "https://as.example#x", "ftp://as.example", "as.example", "https://u@as.example"]
        {
            assert!(Issuer::parse(text).is_err(), "{text}");
        }
    }
}
