//! Guides for setting up a client by hand.

use super::Template;

/// A step of a guide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuideStep {
    /// What the person does in this step.
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
    /// The `client_id` of the new client.
    ClientId,
    /// The client secret; never shown again.
    ClientSecret,
    /// The private key, as PEM or JWK; never shown again.
    PrivateKey,
    /// The input of this key.
    Input(String),
}

/// One value that the form asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Which field of the form it fills.
    pub kind: OutputKind,
    /// What the provider calls it.
    pub label: String,
    /// Where it is shown.
    pub where_shown: String,
    /// Regular expression for the whole value; empty: anything.
    pub pattern: String,
    /// The provider shows it once only; the person is warned.
    pub shown_once: bool,
    /// The form needs it.
    pub required: bool,
}

/// A switch on the provider's page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Switch {
    /// What the provider calls the switch.
    pub name: String,
    /// Whether it must be switched on or off.
    pub on: bool,
    /// Why it must stand so, for the person.
    pub why: String,
}

/// One way to set a client up by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guide {
    /// Id by which the form and `on-registration` name it.
    pub id: String,
    /// What the person chooses it by.
    pub title: String,
    /// When to choose it.
    pub when_to_choose: String,
    /// The provider's page on which clients are made.
    pub console_url: Template,
    /// What one must have.
    pub prerequisites: Vec<String>,
    /// What the person does, in this order.
    pub steps: Vec<GuideStep>,
    /// What the provider hands out.
    pub outputs: Vec<Output>,
    /// The provider's rule for redirect URIs, in words.
    pub redirect_rule: String,
    /// Settings at the provider that must stand a certain way.
    pub switches: Vec<Switch>,
    /// What a client made this way cannot do.
    pub limits: Vec<String>,
    /// Steps that others take later.
    pub later: Vec<String>,
    /// The page of the provider's manual.
    pub docs_url: Option<String>,
    /// When it was last checked, YYYY-MM-DD.
    pub checked_on: String,
}
