//! What one provider does differently, as the data words it.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::terms::{ACCOUNT, LIFETIME, Params, given};

pub(super) struct Quirks(Map<String, Value>);

impl Quirks {
    pub(super) fn new(quirks: &Map<String, Value>) -> Self {
        Self(quirks.clone())
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.as_str()
    }

    pub(super) fn number(&self, key: &str) -> Option<u64> {
        self.0.get(key)?.as_u64()
    }

    pub(super) fn list(&self, key: &str) -> Vec<String> {
        let items = self.0.get(key).and_then(Value::as_array).into_iter().flatten();
        items.filter_map(Value::as_str).map(str::to_owned).collect()
    }

    pub(super) fn lists(&self, key: &str, item: &str) -> bool {
        self.list(key).iter().any(|other| other == item)
    }

    /// Members of an object of the data.
    pub(super) fn object(&self, key: &str) -> impl Iterator<Item = (&String, &Value)> {
        self.0.get(key).and_then(Value::as_object).into_iter().flatten()
    }

    /// The same as text, with what a person gives put in.
    pub(super) fn members(&self, key: &str) -> Params {
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), filled);
        self.object(key).map(|(name, value)| (name.clone(), text(value))).collect()
    }

    /// The name under which a parameter goes.
    pub(super) fn name(&self, quirk: &str, standard: &str) -> String {
        self.members(quirk).remove(standard).unwrap_or_else(|| standard.to_owned())
    }

    /// The name of a member of the token answer.
    pub(super) fn member(&self, standard: &str) -> String {
        let own = self.members("resp.field_renames").into_iter().find(|(_, known)| known == standard);
        own.map_or_else(|| standard.to_owned(), |(name, _)| name)
    }

    pub(super) fn publishes_metadata(&self) -> bool {
        self.text("_mode") == Some("MCP_OAUTH2")
    }

    pub(super) fn registers(&self) -> bool {
        self.text("reg.mode") == Some("dynamic")
    }

    pub(super) fn lifetime(&self) -> u64 {
        self.number("resp.expires_fixed").unwrap_or(LIFETIME)
    }

    pub(super) fn separator(&self) -> &str {
        self.text("scope.separator").unwrap_or(" ")
    }

    pub(super) fn scopes(&self) -> BTreeSet<String> {
        let always = [self.list("scope.required"), self.list("scope.offline_scope")].concat();
        always.into_iter().chain(["read".to_owned(), "write".to_owned()]).collect()
    }

    /// What `resource` must be; none: it must not be there.
    pub(super) fn resource(&self) -> Option<String> {
        if self.has("authz.audience") || self.list("scope.required").iter().any(|scope| names_its_api(scope)) {
            return None;
        }
        Some(self.text("authz.resource_param").map_or_else(|| self.server(), filled))
    }

    /// The member by which an error with status 200 is known, and what it is then.
    pub(super) fn disguise(&self) -> Option<(&str, bool)> {
        let (name, value) = self.text("resp.error_in_200")?.split_once(" == ")?;
        Some((name, value == "true"))
    }

    /// What is told under this name in a callback or an answer.
    pub(super) fn told(&self, name: &str) -> String {
        let is_read = self.text("id.lookup").is_some_and(|lookup| lookup.contains(&format!("parse {name} ")));
        let account = if is_read { format!(".{ACCOUNT}") } else { String::new() };
        format!("told-{}{account}", name.replace('.', "-"))
    }
}

/// Whether a scope says which API it is for: `.default` of one, or its address with one name behind it. Beside such a
/// scope `resource` is refused (AADSTS901002, AADSTS9010010).
fn names_its_api(scope: &str) -> bool {
    let behind = scope.strip_prefix("https://").map(|rest| rest.split('/').count());
    scope == ".default" || scope.ends_with("/.default") || behind == Some(2)
}

/// A text of the data, with what a person gives put in.
fn filled(text: &str) -> String {
    match text.split_once("${connectionConfig.").and_then(|(before, rest)| Some((before, rest.split_once('}')?))) {
        Some((before, (key, after))) => format!("{before}{}{after}", given(key)),
        None => text.to_owned(),
    }
}
