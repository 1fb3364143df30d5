//! Guides for setting up a client by hand.

use super::Template;

/// A step of a guide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuideStep {
    /// What to do.
    pub text: String,
    /// Label of the field on the provider's page.
    pub field: Option<String>,
    /// What goes into it.
    pub value: Option<Template>,
    /// Shown with a copy button.
    pub copyable: bool,
}

/// What the provider hands out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutputKind {
    /// Client id.
    ClientId,
    /// Client secret.
    ClientSecret,
    /// Private key.
    PrivateKey,
    /// An input.
    Input(String),
}

/// One value that the form asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// What it is.
    pub kind: OutputKind,
    /// Its label.
    pub label: String,
    /// Where it is shown.
    pub where_shown: String,
    /// Regular expression for the whole value; empty: anything.
    pub pattern: String,
    /// Shown only once.
    pub shown_once: bool,
    /// The form needs it.
    pub required: bool,
}

/// A switch on the provider's page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Switch {
    /// Its name.
    pub name: String,
    /// On or off.
    pub on: bool,
    /// Why.
    pub why: String,
}

/// A guide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guide {
    /// Id.
    pub id: String,
    /// Title.
    pub title: String,
    /// When to choose it.
    pub when_to_choose: String,
    /// The provider's page.
    pub console_url: Template,
    /// What one must have.
    pub prerequisites: Vec<String>,
    /// Steps in order.
    pub steps: Vec<GuideStep>,
    /// What the provider hands out.
    pub outputs: Vec<Output>,
    /// The provider's rule for redirect URIs, in words.
    pub redirect_rule: String,
    /// Switches.
    pub switches: Vec<Switch>,
    /// Limits.
    pub limits: Vec<String>,
    /// Steps that others take later.
    pub later: Vec<String>,
    /// Manual.
    pub docs_url: Option<String>,
    /// When it was last checked, YYYY-MM-DD.
    pub checked_on: String,
}
