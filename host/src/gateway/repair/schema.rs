//! The JSON Schemas of tools. MCP requires that of the arguments to describe an object, and before revision 2026-07-28 that of
//! the structured result, too (Tools, "Data Types").

use serde_json::{Map, Value, json};

use super::schema_keywords;
use crate::gateway::json::{Fields, raw};

/// The keyword that names the dialect of a schema.
pub(super) const DIALECT: &str = "$schema";

/// A repaired schema. `None` if it cannot be repaired.
type SchemaRule = fn(&Value) -> Option<Value>;

/// Repairs the schemas of a tool by these rules, and returns whether it had to. `None` if the tool cannot be used.
pub(super) fn repair(tool: &mut Fields, of_input: SchemaRule, of_output: SchemaRule) -> Option<bool> {
    let parsed = |tool: &Fields, key: &str| tool.get(key).and_then(|raw| serde_json::from_str::<Value>(raw.get()).ok());
    let input = parsed(tool, "inputSchema").unwrap_or(Value::Null);
    let repaired = of_input(&input)?;
    let mut is_changed = set(tool, "inputSchema", &input, &repaired);
    if let Some(output) = parsed(tool, "outputSchema") {
        match of_output(&output) {
            Some(repaired) => is_changed |= set(tool, "outputSchema", &output, &repaired),
            None => is_changed |= tool.shift_remove("outputSchema").is_some(),
        }
    }
    Some(is_changed)
}

/// Sets a member, and returns whether its value changed. A value that is equal keeps the text that the server wrote.
fn set(of: &mut Fields, key: &str, before: &Value, after: &Value) -> bool {
    let is_changed = before != after;
    if is_changed {
        of.insert(key.into(), raw(after));
    }
    is_changed
}

/// The repaired schema of a tool's arguments; `None` if it cannot be the schema of an object.
pub(super) fn of_input(schema: &Value) -> Option<Value> {
    match schema {
        Value::Null | Value::Bool(true) => Some(json!({ "type": "object" })),
        Value::Object(schema) => of_object(schema),
        Value::Bool(false) | Value::Number(_) | Value::String(_) | Value::Array(_) => None,
    }
}

/// The repaired schema of a tool's structured result; `None` if clients are better off without it.
pub(super) fn of_output(schema: &Value) -> Option<Value> {
    match schema {
        // An output schema is optional: none at all does less harm than one that some client cannot compile.
        Value::Object(schema) if !schema.is_empty() => {
            of_object(schema).filter(|repaired| repaired.as_object().is_some_and(schema_keywords::compiles_everywhere))
        }
        _ => None,
    }
}

/// The same in a revision that allows every keyword: only the type of the whole is fixed.
pub(super) fn of_any_input(schema: &Value) -> Option<Value> {
    let is_fit = |schema: &Map<String, Value>| is_of_object(schema) && has_good_dialect(schema);
    if schema.as_object().is_some_and(is_fit) { Some(schema.clone()) } else { of_input(schema) }
}

/// The schema of a structured result in a revision that allows any. `None` if it is not an object.
pub(super) fn of_any_output(schema: &Value) -> Option<Value> {
    let mut schema = schema.as_object()?.clone();
    if !has_good_dialect(&schema) {
        schema.shift_remove(DIALECT);
    }
    Some(schema.into())
}

/// Whether a schema says that it describes objects alone.
pub(super) fn is_of_object(schema: &Map<String, Value>) -> bool {
    schema.get("type").is_some_and(|of_type| of_type == "object")
}

/// The name of a dialect must be a string.
fn has_good_dialect(schema: &Map<String, Value>) -> bool {
    schema.get(DIALECT).is_none_or(Value::is_string)
}

fn of_object(schema: &Map<String, Value>) -> Option<Value> {
    if !schema.get("type").is_none_or(may_be_object) {
        return None;
    }
    let mut repaired = schema.clone();
    repaired.insert("type".into(), json!("object"));
    if !has_good_dialect(&repaired) {
        repaired.shift_remove(DIALECT);
    }
    match schema.get("properties") {
        None => {}
        Some(Value::Object(properties)) => {
            let properties: Map<String, Value> =
                properties.iter().map(|(name, schema)| (name.clone(), of_property(schema))).collect();
            repaired.insert("properties".into(), properties.into());
        }
        // Some languages write an empty object as an empty array.
        Some(Value::Array(none)) if none.is_empty() => {
            repaired.insert("properties".into(), json!({}));
        }
        Some(_) => {
            repaired.shift_remove("properties");
        }
    }
    match schema.get("required") {
        None => {}
        Some(Value::Array(names)) => {
            let names: Vec<Value> = names.iter().filter(|name| name.is_string()).cloned().collect();
            repaired.insert("required".into(), names.into());
        }
        Some(_) => {
            repaired.shift_remove("required");
        }
    }
    Some(repaired.into())
}

/// Whether a `type` can mean an object. Some libraries write types in capitals, and others write a list of types.
fn may_be_object(of_type: &Value) -> bool {
    match of_type {
        Value::Null => true,
        Value::String(name) => name.is_empty() || name.eq_ignore_ascii_case("object"),
        Value::Array(names) => names.iter().any(|name| name == "object"),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => false,
    }
}

/// A property whose schema is not a schema accepts anything; `false` accepts nothing (JSON Schema 2020-12 §4.3.2).
fn of_property(schema: &Value) -> Value {
    match schema {
        Value::Object(_) => schema.clone(),
        Value::Bool(false) => json!({ "not": {} }),
        Value::Null | Value::Bool(true) | Value::Number(_) | Value::String(_) | Value::Array(_) => json!({}),
    }
}
