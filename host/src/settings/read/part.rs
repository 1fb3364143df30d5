//! One object of the file on its way into the model. Each member is taken by a method that knows its kind, fills its
//! placeholders, and notes what is wrong with it.

use std::ops::RangeInclusive;
use std::time::Duration;

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use url::Url;

use super::address::absolute;
use super::findings::Findings;
use crate::settings::model::Fingerprint;

/// An object and where it stands.
pub(super) struct Part<'a> {
    at: String,
    /// Keys that stand in the file under another name.
    spelled: &'a [(String, String)],
    members: &'a Map<String, Value>,
    pub(super) findings: &'a Findings<'a>,
}

impl<'a> Part<'a> {
    pub(super) fn root(members: &'a Map<String, Value>, findings: &'a Findings<'a>) -> Self {
        Self { at: String::new(), spelled: &[], members, findings }
    }

    /// An object at this path.
    pub(super) const fn at_place(at: String, members: &'a Map<String, Value>, findings: &'a Findings<'a>) -> Self {
        Self { at, spelled: &[], members, findings }
    }

    /// The same place with other members, some of which are spelled otherwise in the file.
    pub(super) fn with<'b>(&self, members: &'b Map<String, Value>, spelled: &'b [(String, String)]) -> Part<'b>
    where
        'a: 'b,
    {
        Part { at: self.at.clone(), spelled, members, findings: self.findings }
    }

    /// Its members as written.
    pub(super) const fn members(&self) -> &'a Map<String, Value> {
        self.members
    }

    /// Its path in the file.
    pub(super) fn at(&self) -> &str {
        &self.at
    }

    /// A member's path in the file.
    pub(super) fn path(&self, key: &str) -> String {
        let written = self.spelled.iter().find(|(own, _)| own == key).map_or(key, |(_, written)| written);
        if self.at.is_empty() { written.to_owned() } else { format!("{}.{written}", self.at) }
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &'a str> {
        self.members.keys().map(String::as_str)
    }

    /// A member that is there and not `null`.
    pub(super) fn raw(&self, key: &str) -> Option<&'a Value> {
        self.members.get(key).filter(|value| !value.is_null())
    }

    /// Notes that a member is wrong.
    pub(super) fn wrong(&self, key: &str, value: Option<&str>, rule: &str, remedy: &str) {
        self.findings.object_to(self.findings.fault(&self.path(key), value, rule, remedy));
    }

    /// Warns where a text since the last call had something that looks like a variable and is not one. The text is not
    /// shown.
    pub(super) fn warn_of_overlooked(&self) {
        if self.findings.take_overlooked() {
            let rule = "has what looks like a variable, and is used as it is written";
            self.findings.warn(self.findings.fault(self.at(), None, rule, "write ${NAME} if the variable is meant"));
        }
    }

    /// An object; anything else is a fault.
    pub(super) fn object(&self, key: &str, remedy: &str) -> Option<Part<'a>> {
        let found = self.member_object(key);
        if found.is_none() && self.raw(key).is_some() {
            self.wrong(key, None, "is not an object", remedy);
        }
        found
    }

    /// An object; anything else is ignored.
    pub(super) fn member_object(&self, key: &str) -> Option<Part<'a>> {
        let members = self.raw(key)?.as_object()?;
        Some(Part { at: self.path(key), spelled: &[], members, findings: self.findings })
    }

    /// A text with its placeholders filled; empty where a variable is unset.
    pub(super) fn text(&self, key: &str) -> Option<String> {
        let value = self.raw(key)?;
        let Some(text) = value.as_str() else {
            self.wrong(key, None, "is not a string", "put it in quotation marks");
            return None;
        };
        Some(self.findings.expand(text))
    }

    /// A text that is not empty.
    pub(super) fn filled(&self, key: &str) -> Option<String> {
        self.text(key).filter(|text| !text.is_empty())
    }

    /// A flag: `true` or `false`, also from a placeholder.
    pub(super) fn flag(&self, key: &str) -> Option<bool> {
        let value = self.raw(key)?;
        let flag = value.as_bool().or_else(|| match self.findings.expand(value.as_str()?).as_str() {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        });
        if flag.is_none() {
            self.wrong(key, None, "is not true or false", "write true or false without quotation marks");
        }
        flag
    }

    /// A time in milliseconds.
    pub(super) fn milliseconds(&self, key: &str) -> Option<Duration> {
        let value = self.raw(key)?;
        let time = value.as_u64().or_else(|| self.findings.expand(value.as_str()?).parse().ok());
        match time.filter(|time| *time > 0) {
            Some(time) => Some(Duration::from_millis(time)),
            None => {
                self.wrong(key, None, "is not a time in milliseconds", "write a number such as 60000");
                None
            }
        }
    }

    /// A whole number within bounds.
    pub(super) fn whole(&self, key: &str, bounds: RangeInclusive<u64>, remedy: &str) -> Option<u64> {
        let value = self.raw(key)?;
        let number = value.as_u64().or_else(|| self.findings.expand(value.as_str()?).parse().ok());
        let number = number.filter(|number| bounds.contains(number));
        if number.is_none() {
            let (least, most) = bounds.into_inner();
            self.wrong(key, None, &format!("is not a whole number between {least} and {most}"), remedy);
        }
        number
    }

    /// Texts in a list; numbers and switches count as text.
    pub(super) fn list(&self, key: &str, remedy: &str) -> Option<Vec<String>> {
        let items = match self.raw(key)? {
            Value::Array(items) => items.iter().map(|item| self.plain(item)).collect::<Option<Vec<_>>>(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => None,
        };
        if items.is_none() {
            self.wrong(key, None, "is not a list of strings", remedy);
        }
        items
    }

    /// Texts by name; numbers and switches count as text.
    pub(super) fn pairs(&self, key: &str) -> Vec<(String, String)> {
        let Some(part) = self.object(key, "write { \"name\": \"value\" }") else {
            return Vec::new();
        };
        let pair = |(name, value): (&String, &Value)| {
            if value.is_null() {
                return None;
            }
            let text = part.plain(value);
            if text.is_none() {
                part.wrong(name, None, "is not a string", "put it in quotation marks");
            }
            Some((name.clone(), text?))
        };
        part.members.iter().filter_map(pair).collect()
    }

    fn plain(&self, value: &Value) -> Option<String> {
        match value {
            Value::String(text) => Some(self.findings.expand(text)),
            Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }
    }

    /// An absolute address. An empty text counts as not written.
    pub(super) fn url(&self, key: &str) -> Option<Url> {
        absolute(self.findings, &self.path(key), &self.filled(key)?)
    }

    /// A fingerprint of the part as it is written.
    pub(super) fn fingerprint(&self) -> Fingerprint {
        Sha256::digest(Value::Object(self.members.clone()).to_string()).into()
    }

    /// Whatever it is, with the placeholders in all its texts filled.
    pub(super) fn expanded(&self) -> Map<String, Value> {
        self.members.iter().map(|(name, value)| (name.clone(), self.expanded_value(value))).collect()
    }

    fn expanded_value(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.findings.expand(text)),
            Value::Array(items) => items.iter().map(|item| self.expanded_value(item)).collect(),
            Value::Object(object) => {
                object.iter().map(|(name, value)| (name.clone(), self.expanded_value(value))).collect()
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        }
    }
}
