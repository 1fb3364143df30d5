//! JSON Schemas of tools as MCP wants them: of an object at the top (Tools, "Data Types").

use serde_json::{Map, Value, json};

use super::schema_keywords;

/// The schema of a tool's arguments; `None` where it is no schema of an object.
pub(super) fn of_input(schema: &Value) -> Option<Value> {
    match schema {
        Value::Null | Value::Bool(true) => Some(json!({ "type": "object" })),
        Value::Object(schema) => of_object(schema),
        Value::Bool(false) | Value::Number(_) | Value::String(_) | Value::Array(_) => None,
    }
}

/// The schema of a tool's structured result; `None` where a client must not be told of it.
pub(super) fn of_output(schema: &Value) -> Option<Value> {
    match schema {
        // It is optional: one that some client cannot compile does more harm than none.
        Value::Object(schema) if !schema.is_empty() => {
            of_object(schema).filter(|right| right.as_object().is_some_and(schema_keywords::compiles_everywhere))
        }
        _ => None,
    }
}

fn of_object(schema: &Map<String, Value>) -> Option<Value> {
    if !schema.get("type").is_none_or(may_be_object) {
        return None;
    }
    let mut right = schema.clone();
    right.insert("type".into(), json!("object"));
    // The name of a dialect is a text.
    if right.get("$schema").is_some_and(|dialect| !dialect.is_string()) {
        right.shift_remove("$schema");
    }
    match schema.get("properties") {
        None => {}
        Some(Value::Object(properties)) => {
            let properties: Map<String, Value> =
                properties.iter().map(|(name, schema)| (name.clone(), of_property(schema))).collect();
            right.insert("properties".into(), properties.into());
        }
        // An empty object, as some languages write it.
        Some(Value::Array(none)) if none.is_empty() => {
            right.insert("properties".into(), json!({}));
        }
        Some(_) => {
            right.shift_remove("properties");
        }
    }
    match schema.get("required") {
        None => {}
        Some(Value::Array(names)) => {
            let names: Vec<Value> = names.iter().filter(|name| name.is_string()).cloned().collect();
            right.insert("required".into(), names.into());
        }
        Some(_) => {
            right.shift_remove("required");
        }
    }
    Some(right.into())
}

/// Some libraries write the types in capitals, others list them.
fn may_be_object(of_type: &Value) -> bool {
    match of_type {
        Value::Null => true,
        Value::String(name) => name.is_empty() || name.eq_ignore_ascii_case("object"),
        Value::Array(names) => names.iter().any(|name| name == "object"),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => false,
    }
}

/// A property takes anything where its schema is none; `false` takes nothing (JSON Schema 2020-12 §4.3.2).
fn of_property(schema: &Value) -> Value {
    match schema {
        Value::Object(_) => schema.clone(),
        Value::Bool(false) => json!({ "not": {} }),
        Value::Null | Value::Bool(true) | Value::Number(_) | Value::String(_) | Value::Array(_) => json!({}),
    }
}
