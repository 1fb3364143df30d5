//! Arguments of a tool that its server wants to see in headers, too (revision 2026-07-28, Tools, "x-mcp-header").

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::gateway::json::{Fields, object, text};

/// The keyword that marks a property.
pub(crate) const ANNOTATION: &str = "x-mcp-header";
/// Whole numbers up to here are exact in every language (2^53).
const EXACT: f64 = 9_007_199_254_740_992.0;
/// Marked properties of one tool. A tool with more is not usable.
const MOST: usize = 64;
/// Keywords whose value is a schema, or a list of schemas.
const NESTED: [&str; 18] = [
    "items",
    "prefixItems",
    "additionalItems",
    "contains",
    "additionalProperties",
    "propertyNames",
    "unevaluatedItems",
    "unevaluatedProperties",
    "contentSchema",
    "not",
    "if",
    "then",
    "else",
    "oneOf",
    "anyOf",
    "allOf",
    "extends",
    "disallow",
];
/// Keywords whose value holds schemas by name.
const NAMED: [&str; 4] = ["$defs", "definitions", "patternProperties", "dependentSchemas"];

/// A property that is mirrored in a header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HeaderArgument {
    /// The header's name without `Mcp-Param-`.
    pub(crate) header: String,
    /// The names that lead to the argument, from the outermost.
    pub(crate) path: Vec<String>,
}

/// The marked properties of a tool. None if one is marked in a way that the revision forbids.
pub(crate) fn of_tool(tool: &Fields) -> Vec<HeaderArgument> {
    let schema = tool.get("inputSchema").filter(|schema| schema.get().contains(ANNOTATION));
    let schema = schema.and_then(|schema| serde_json::from_str(schema.get()).ok());
    schema.and_then(|schema| of_schema(&schema)).unwrap_or_default()
}

/// The marked properties of an `inputSchema`. `None` if one is marked in a way that the revision forbids: then clients must
/// not use the tool.
pub(crate) fn of_schema(schema: &Value) -> Option<Vec<HeaderArgument>> {
    let mut reading = Reading::default();
    if let Value::Object(schema) = schema {
        reading.read(schema, true)?;
    }
    Some(reading.found)
}

impl HeaderArgument {
    /// Whether the argument is left out or `null`: then it has no header (Tools, "x-mcp-header").
    pub(crate) fn is_absent(&self, arguments: &Fields) -> bool {
        self.argument(arguments).is_none_or(|value| value.get() == "null")
    }

    /// The argument as the text of its header. `None` if it is absent, `null` or of another type.
    pub(crate) fn value(&self, arguments: &Fields) -> Option<String> {
        let value = self.argument(arguments)?;
        match value.get().as_bytes().first()? {
            b'"' => text(Some(&value)),
            b't' | b'f' => Some(value.get().to_owned()),
            b'-' | b'0'..=b'9' => whole(value.get()),
            _ => None,
        }
    }

    fn argument(&self, arguments: &Fields) -> Option<Box<RawValue>> {
        let (last, before) = self.path.split_last()?;
        let mut inner = arguments.clone();
        for name in before {
            inner = object(&inner, name);
        }
        inner.shift_remove(last)
    }
}

/// A whole number without a fraction. `None` if it is not whole.
fn whole(written: &str) -> Option<String> {
    if written.trim_start_matches('-').bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(written.to_owned());
    }
    let number: f64 = written.parse().ok()?;
    (number.fract() == 0.0 && number.abs() < EXACT).then(|| format!("{number:.0}"))
}

#[derive(Default)]
struct Reading {
    path: Vec<String>,
    found: Vec<HeaderArgument>,
}

impl Reading {
    /// `is_reachable` if only `properties` lead here: then the argument is at a place that is known in advance.
    fn read(&mut self, schema: &Map<String, Value>, is_reachable: bool) -> Option<()> {
        if let Some(name) = schema.get(ANNOTATION) {
            self.take(name.as_str()?, schema.get("type"), is_reachable)?;
        }
        for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let Value::Object(property) = property else { continue };
            self.path.push(name.clone());
            self.read(property, is_reachable)?;
            self.path.pop();
        }
        let named = NAMED.iter().filter_map(|key| schema.get(*key)?.as_object()).flat_map(Map::values);
        let nested = NESTED.iter().filter_map(|key| schema.get(*key));
        for below in named.chain(nested) {
            self.read_each(below)?;
        }
        Some(())
    }

    fn read_each(&mut self, below: &Value) -> Option<()> {
        match below {
            Value::Object(schema) => self.read(schema, false),
            Value::Array(schemas) => {
                schemas.iter().filter_map(Value::as_object).try_for_each(|schema| self.read(schema, false))
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Some(()),
        }
    }

    fn take(&mut self, header: &str, of_type: Option<&Value>, is_reachable: bool) -> Option<()> {
        let is_primitive = matches!(of_type.and_then(Value::as_str), Some("integer" | "string" | "boolean"));
        let is_new = !self.found.iter().any(|other| other.header.eq_ignore_ascii_case(header));
        let has_room = self.found.len() < MOST;
        let is_valid = is_reachable && !self.path.is_empty() && is_token(header) && is_primitive && is_new && has_room;
        is_valid.then(|| self.found.push(HeaderArgument { header: header.to_owned(), path: self.path.clone() }))
    }
}

/// Whether this can be the name of a header (RFC 9110 §5.6.2).
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(properties: &Value) -> Option<Vec<(String, String)>> {
        let found = of_schema(&json!({ "type": "object", "properties": properties }))?;
        Some(found.into_iter().map(|one| (one.header, one.path.join("."))).collect())
    }

    #[test]
    fn marked_properties_are_found_at_any_depth_of_properties() {
        let properties = json!({
            "region": { "type": "string", "x-mcp-header": "Region" },
            "x-mcp-header": { "type": "object", "properties": { "b": { "type": "integer", "x-mcp-header": "B" } } },
            "plain": { "type": "string", "default": { "x-mcp-header": "not one" } },
        });

        let expected = [("Region", "region"), ("B", "x-mcp-header.b")];
        assert_eq!(found(&properties), Some(expected.map(|(a, b)| (a.to_owned(), b.to_owned())).to_vec()));
    }

    #[test]
    fn a_mark_that_the_revision_forbids_is_found() {
        for (what, properties) in [
            ("empty", json!({ "a": { "type": "string", "x-mcp-header": "" } })),
            ("not a string", json!({ "a": { "type": "string", "x-mcp-header": 7 } })),
            ("a space", json!({ "a": { "type": "string", "x-mcp-header": "a b" } })),
            ("a control character", json!({ "a": { "type": "string", "x-mcp-header": "a\u{7}" } })),
            ("not ASCII", json!({ "a": { "type": "string", "x-mcp-header": "é" } })),
            ("a number", json!({ "a": { "type": "number", "x-mcp-header": "A" } })),
            ("a list of types", json!({ "a": { "type": ["string"], "x-mcp-header": "A" } })),
            ("no type", json!({ "a": { "x-mcp-header": "A" } })),
            ("an object", json!({ "a": { "type": "object", "x-mcp-header": "A" } })),
            ("below items", json!({ "a": { "items": { "type": "string", "x-mcp-header": "A" } } })),
            ("in a choice", json!({ "a": { "oneOf": [{ "type": "string", "x-mcp-header": "A" }] } })),
            (
                "twice",
                json!({ "a": { "type": "string", "x-mcp-header": "A" }, "b": { "type": "string", "x-mcp-header": "a" } }),
            ),
        ] {
            assert_eq!(found(&properties), None, "{what}");
        }
        assert_eq!(of_schema(&json!({ "type": "string", "x-mcp-header": "Root" })), None);
    }

    #[test]
    fn a_whole_number_is_written_without_a_fraction() {
        assert_eq!(whole("42.0").as_deref(), Some("42"));
        assert_eq!(whole("-7").as_deref(), Some("-7"));
        assert_eq!(whole("123456789012345678901234567890").as_deref(), Some("123456789012345678901234567890"));
        assert_eq!(whole("0.5"), None);
    }
}
