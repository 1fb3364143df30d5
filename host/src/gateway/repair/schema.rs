//! The JSON Schemas of tools. MCP requires them to describe an object (Tools, "Data Types").

use serde_json::{Map, Value, json};

use super::schema_keywords;

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

fn of_object(schema: &Map<String, Value>) -> Option<Value> {
    if !schema.get("type").is_none_or(may_be_object) {
        return None;
    }
    let mut repaired = schema.clone();
    repaired.insert("type".into(), json!("object"));
    // The name of a dialect must be a string.
    if repaired.get("$schema").is_some_and(|dialect| !dialect.is_string()) {
        repaired.shift_remove("$schema");
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
