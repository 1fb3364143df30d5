//! Where entries stand in the settings file: a list in the section `obtained`, as `Document` takes it.

/// The section and the list.
pub(super) type List = (&'static str, &'static str);

/// The section that is the hub's own.
pub(super) const SECTION: &str = "obtained";
pub(super) const GRANTS: List = (SECTION, "grants");
pub(super) const CLIENTS: List = (SECTION, "clients");
/// Servers that use the grant of another one.
pub(super) const SHARED: List = (SECTION, "shared");
/// What was learned about issuers.
pub(super) const LEARNED: List = (SECTION, "learned");
/// Plugins from files that may serve.
pub(super) const PLUGINS: List = (SECTION, "plugins");
/// The issuers that configured secrets belong to.
pub(super) const PINS: List = (SECTION, "issuers");
/// Login pages of other sites that a person agreed to.
pub(super) const ACKNOWLEDGED: List = (SECTION, "acknowledged");
/// Digests of preset tokens that are not used any more, because of a logout.
pub(super) const DROPPED: List = (SECTION, "dropped");
