//! Spelling and meaning of a provider's scopes.

use super::Param;

/// How much harm a scope can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Risk {
    /// Reads.
    Low,
    /// Writes.
    Medium,
    /// Destroys or administers.
    High,
}

/// A scope of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeEntry {
    /// As the provider spells it.
    pub name: String,
    /// Short name for people.
    pub title: String,
    /// One sentence.
    pub description: String,
    /// Scopes that it includes.
    pub implies: Vec<String>,
    /// Second list that it belongs to.
    pub bucket: Option<String>,
    /// Asked for when nobody says which.
    pub asked_by_default: bool,
    /// Risk.
    pub risk: Risk,
    /// The provider reviews it.
    pub review_needed: bool,
}

/// A second scope list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    /// Name in the catalogue.
    pub id: String,
    /// Authorize parameter.
    pub parameter: String,
}

/// What a tool needs: one scope of each inner list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolNeeds {
    /// Tool name with `*`.
    pub name: String,
    /// All of any-of.
    pub needs: Vec<Vec<String>>,
}

/// How a refresh token is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Offline {
    /// `offline_access` when advertised.
    #[default]
    ByMetadata,
    /// This scope.
    Scope(String),
    /// This parameter.
    Param(Param),
    /// Not at all.
    Nothing,
}

/// Rules for scopes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scopes {
    /// Between scopes in a request.
    pub separator: String,
    /// Characters between scopes in an answer.
    pub answer_separators: String,
    /// Not percent-encoded.
    pub unencoded: bool,
    /// Always added.
    pub always: Vec<String>,
    /// Instead of anything else.
    pub fixed: Vec<String>,
    /// Refresh tokens.
    pub offline: Offline,
    /// Second lists.
    pub buckets: Vec<Bucket>,
    /// Meaning.
    pub catalogue: Vec<ScopeEntry>,
    /// What tools need.
    pub tools: Vec<ToolNeeds>,
    /// No `scope` in an answer means the requested ones.
    pub silence_means_requested: bool,
}

impl Default for Scopes {
    fn default() -> Self {
        Self {
            separator: " ".into(),
            answer_separators: " ".into(),
            unencoded: false,
            always: Vec::new(),
            fixed: Vec::new(),
            offline: Offline::ByMetadata,
            buckets: Vec::new(),
            catalogue: Vec::new(),
            tools: Vec::new(),
            silence_means_requested: true,
        }
    }
}
