//! What a person reads about scopes before they are asked for.

use std::fmt;

use crate::profile::{Risk, ScopeEntry, Scopes};

/// What a person reads about a scope before it is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeNote {
    /// The scope as the provider spells it.
    pub scope: String,
    /// Its short name; may be empty.
    pub title: String,
    /// One sentence about it; may be empty.
    pub description: String,
    /// How much harm it can do.
    pub risk: Risk,
    /// The provider reviews applications that ask for it.
    pub review_needed: bool,
}

/// Notes on the wanted scopes that the plugin knows, in their order. A scope outside the catalogue has none.
#[must_use]
pub fn notes(profile: &Scopes, wanted: &[String]) -> Vec<ScopeNote> {
    let known = |scope: &String| profile.catalogue.iter().find(|entry| entry.name == *scope);
    let note = |entry: &ScopeEntry| ScopeNote {
        scope: entry.name.clone(),
        title: entry.title.clone(),
        description: entry.description.clone(),
        risk: entry.risk,
        review_needed: entry.review_needed,
    };
    wanted.iter().filter_map(known).map(note).collect()
}

impl fmt::Display for ScopeNote {
    /// One line: ``repo: Repositories. Reads and writes code (can change things; the provider reviews …)``.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.scope)?;
        if !self.title.is_empty() {
            write!(f, ": {}", self.title)?;
        }
        if !self.description.is_empty() {
            write!(f, ". {}", self.description.trim_end_matches('.'))?;
        }
        let risk = match self.risk {
            Risk::Low => None,
            Risk::Medium => Some("can change things"),
            Risk::High => Some("can delete or administer"),
        };
        let review = self.review_needed.then_some("the provider reviews applications that ask for it");
        let warnings: Vec<&str> = risk.into_iter().chain(review).collect();
        if warnings.is_empty() { Ok(()) } else { write!(f, " ({})", warnings.join("; ")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, risk: Risk, review_needed: bool) -> ScopeEntry {
        ScopeEntry {
            name: name.into(),
            title: "Files".into(),
            description: "All of them.".into(),
            implies: Vec::new(),
            bucket: None,
            asked_by_default: false,
            risk,
            review_needed,
        }
    }

    fn lines(wanted: &[&str]) -> Vec<String> {
        let catalogue = vec![entry("read", Risk::Low, false), entry("write", Risk::Medium, true)];
        let wanted: Vec<String> = wanted.iter().map(|scope| (*scope).to_owned()).collect();
        notes(&Scopes { catalogue, ..Scopes::default() }, &wanted).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_wanted_scope_is_told_with_its_risk_and_its_review() {
        assert_eq!(
            lines(&["write"]),
            ["write: Files. All of them (can change things; the provider reviews applications that ask for it)"]
        );
    }

    #[test]
    fn a_scope_that_only_reads_has_no_warning_and_an_unknown_one_no_note() {
        assert_eq!(lines(&["unknown", "read"]), ["read: Files. All of them"]);
    }
}
