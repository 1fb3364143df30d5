//! Spelling and meaning of a provider's scopes.

use super::Param;

/// How much harm a scope can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Risk {
    /// It reads, and changes nothing.
    Low,
    /// It changes what can be changed back.
    Medium,
    /// It deletes, pays or administers.
    High,
}

/// A scope of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeEntry {
    /// As the provider spells it.
    pub name: String,
    /// Short name for people.
    pub title: String,
    /// One sentence about it, for people.
    pub description: String,
    /// Scopes that it includes.
    pub implies: Vec<String>,
    /// Second list that it belongs to.
    pub bucket: Option<String>,
    /// Asked for when nobody says which.
    pub asked_by_default: bool,
    /// How much harm it can do; shown before it is asked for.
    pub risk: Risk,
    /// The provider reviews it.
    pub review_needed: bool,
}

/// A second scope list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    /// Name in the catalogue.
    pub id: String,
    /// The authorize parameter that carries this list.
    pub parameter: String,
}

/// What a tool needs: one scope of each inner list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolNeeds {
    /// Tool name with `*`.
    pub name: String,
    /// One scope of each inner list is needed; the first is asked for.
    pub needs: Vec<Vec<String>>,
}

/// How a refresh token is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Offline {
    /// `offline_access` where the metadata lists it.
    #[default]
    ByMetadata,
    /// This scope is asked for, always.
    Scope(String),
    /// This authorize parameter is sent.
    Param(Param),
    /// Nothing needs to be asked: one comes anyway, or never.
    Nothing,
}

/// How scopes are written, what they mean, and what tools need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scopes {
    /// Between scopes in a request.
    pub separator: String,
    /// Characters between scopes in an answer.
    pub answer_separators: String,
    /// The list is not percent-encoded in the authorize URL.
    pub unencoded: bool,
    /// Scopes that are added whatever else is asked for.
    pub always: Vec<String>,
    /// Instead of anything else.
    pub fixed: Vec<String>,
    /// How a refresh token is asked for.
    pub offline: Offline,
    /// Further scope lists, each in a parameter of its own.
    pub buckets: Vec<Bucket>,
    /// The scopes that the plugin knows.
    pub catalogue: Vec<ScopeEntry>,
    /// Which scopes each tool needs.
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
