//! Whether every client compiles a JSON Schema.
//!
//! Clients compile the output schemas of tools when they read the list, and one that does not compile costs them the
//! whole list. So every keyword is checked: values of the right kind, the seven types, references into the same
//! document, patterns that every client compiles. Unknown keywords are ignored, as clients do.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::pattern;

const TYPES: [&str; 7] = ["null", "boolean", "object", "array", "number", "integer", "string"];
/// The places of a document that a reference may lead to, apart from the document itself.
const REFERRED: [&str; 3] = ["#/$defs/", "#/definitions/", "#/properties/"];

/// Keywords that cost the schema. A schema with an id of its own is refused where it is listed twice. The others change
/// what references mean, or belong to a draft that clients refuse.
const FORBIDDEN: [&str; 8] =
    ["$id", "id", "$anchor", "$dynamicAnchor", "$dynamicRef", "$recursiveRef", "$recursiveAnchor", "$async"];

/// Whether every client compiles this schema.
pub(super) fn compiles_everywhere(document: &Map<String, Value>) -> bool {
    is_schema(document, &Value::Object(document.clone()))
}

fn is_schema(schema: &Map<String, Value>, document: &Value) -> bool {
    // Without a type, validators do not know what is nullable.
    (!schema.contains_key("nullable") || schema.contains_key("type"))
        && schema.iter().all(|(keyword, value)| is_valid(keyword, value, document))
}

fn is_valid(keyword: &str, value: &Value, document: &Value) -> bool {
    let is_one = |value: &Value| match value {
        Value::Object(schema) => is_schema(schema, document),
        Value::Bool(_) => true,
        _ => false,
    };
    let are_all = |value: &Value| value.as_array().is_some_and(|all| !all.is_empty() && all.iter().all(is_one));
    match keyword {
        "type" => is_type(value),
        "$ref" => value.as_str().is_some_and(|to| leads(to, document)),
        _ if FORBIDDEN.contains(&keyword) => false,
        "properties" | "$defs" | "definitions" | "dependentSchemas" => {
            value.as_object().is_some_and(|all| all.values().all(is_one))
        }
        "patternProperties" => value
            .as_object()
            .is_some_and(|all| all.iter().all(|(name, schema)| pattern::is_plain(name) && is_one(schema))),
        "dependencies" => {
            value.as_object().is_some_and(|all| all.values().all(|value| is_one(value) || are_names(value)))
        }
        "dependentRequired" => value.as_object().is_some_and(|all| all.values().all(are_names)),
        "items" => is_one(value) || are_all(value),
        "additionalProperties"
        | "additionalItems"
        | "contains"
        | "not"
        | "if"
        | "then"
        | "else"
        | "propertyNames"
        | "unevaluatedProperties"
        | "unevaluatedItems" => is_one(value),
        "allOf" | "anyOf" | "oneOf" | "prefixItems" => are_all(value),
        "enum" => value.as_array().is_some_and(|all| !all.is_empty() && are_different(all)),
        "required" => are_names(value),
        "pattern" => value.as_str().is_some_and(pattern::is_plain),
        _ => is_simple(keyword, value),
    }
}

/// Whether the value of a keyword without subschemas is of the right kind.
fn is_simple(keyword: &str, value: &Value) -> bool {
    match keyword {
        "$schema" | "$comment" | "title" | "description" | "format" | "contentEncoding" | "contentMediaType" => {
            value.is_string()
        }
        "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" => value.is_number(),
        "multipleOf" => value.as_f64().is_some_and(|of| of > 0.0),
        "minLength" | "maxLength" | "minItems" | "maxItems" | "minProperties" | "maxProperties" | "minContains"
        | "maxContains" => value.is_u64(),
        "uniqueItems" | "nullable" | "deprecated" | "readOnly" | "writeOnly" => value.is_boolean(),
        "examples" => value.is_array(),
        _ => true,
    }
}

fn is_type(value: &Value) -> bool {
    let is_one = |value: &Value| value.as_str().is_some_and(|name| TYPES.contains(&name));
    is_one(value) || value.as_array().is_some_and(|all| !all.is_empty() && all.iter().all(is_one) && are_different(all))
}

fn are_names(value: &Value) -> bool {
    value.as_array().is_some_and(|all| all.iter().all(Value::is_string) && are_different(all))
}

fn are_different(values: &[Value]) -> bool {
    let mut seen = HashSet::new();
    values.iter().all(|value| seen.insert(value.to_string()))
}

/// Whether a reference leads to a schema of this document.
fn leads(to: &str, document: &Value) -> bool {
    let is_plain = |char: char| char.is_ascii_alphanumeric() || "#/$_.-~".contains(char);
    let is_place = to == "#" || REFERRED.iter().any(|start| to.starts_with(start));
    let found = to.strip_prefix('#').and_then(|pointer| document.pointer(pointer));
    is_place && to.chars().all(is_plain) && found.is_some_and(|found| found.is_object() || found.is_boolean())
}
