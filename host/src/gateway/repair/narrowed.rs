//! The schemas of a tool for clients of revisions that know schemas of objects alone.
//!
//! An `outputSchema` of anything else becomes the schema of an object with that as its one member, and the tool's structured
//! content becomes such an object, too. The official TypeScript SDK does the same, under the same name.

use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::schema::{self, DIALECT, is_of_object};
use super::schema_keywords::compiles_everywhere;
use crate::gateway::json::{Fields, raw};

/// The member that holds what is not an object.
const MEMBER: &str = "result";
/// Where the schema of that member is.
const PLACE: &str = "#/properties/result";
/// Keywords whose value is data, not a schema.
const DATA: [&str; 4] = ["const", "enum", "default", "examples"];
/// Keywords whose value holds schemas by name.
const NAMED: [&str; 6] =
    ["properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "dependencies"];

/// Gives a tool the schemas that such clients accept, and returns whether they are others.
pub(super) fn narrow(tool: &mut Fields) -> bool {
    schema::repair(tool, schema::of_input, of_output).unwrap_or(false)
}

/// Whether the `outputSchema` of a tool is not that of an object.
pub(super) fn wraps(tool: &Fields) -> bool {
    let output = tool.get("outputSchema").and_then(|raw| serde_json::from_str::<Map<String, Value>>(raw.get()).ok());
    output.is_some_and(|output| !is_of_object(&output))
}

/// Structured content inside an object.
pub(crate) fn wrapped(content: &RawValue) -> Box<RawValue> {
    raw(&Fields::from([(MEMBER.to_owned(), content.to_owned())]))
}

fn of_output(output: &Value) -> Option<Value> {
    match output {
        Value::Object(inner) if !is_of_object(inner) => {
            let whole = around(inner);
            // One that some client cannot compile tells at least where the content is.
            Some(if compiles_everywhere(&whole) { whole } else { around(&Map::new()) }.into())
        }
        Value::Object(_) => schema::of_output(output),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => None,
    }
}

/// The schema of an object whose one member has this schema.
fn around(inner: &Map<String, Value>) -> Map<String, Value> {
    let mut inner = inner.clone();
    let mut whole = Map::new();
    // A dialect is named at the root.
    if let Some(dialect) = inner.shift_remove(DIALECT) {
        whole.insert(DIALECT.into(), dialect);
    }
    move_references(&mut inner);
    whole.insert("type".into(), json!("object"));
    whole.insert("properties".into(), json!({ MEMBER: inner }));
    whole.insert("required".into(), json!([MEMBER]));
    whole
}

/// Lets references into the document find their places again. Deep recursion ends where parsing JSON does.
fn move_references(schema: &mut Map<String, Value>) {
    for (keyword, value) in schema.iter_mut() {
        match (keyword.as_str(), value) {
            ("$ref", Value::String(to)) => {
                if let Some(pointer) = to.strip_prefix('#').filter(|rest| rest.is_empty() || rest.starts_with('/')) {
                    *to = format!("{PLACE}{pointer}");
                }
            }
            (keyword, Value::Object(named)) if NAMED.contains(&keyword) => {
                named.values_mut().filter_map(Value::as_object_mut).for_each(move_references);
            }
            (keyword, value) if !DATA.contains(&keyword) => match value {
                Value::Object(schema) => move_references(schema),
                Value::Array(schemas) => {
                    schemas.iter_mut().filter_map(Value::as_object_mut).for_each(move_references);
                }
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
            },
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::json::fields;

    fn output(schema: &Value) -> Option<Value> {
        let tool = json!({ "name": "t", "inputSchema": { "type": "object" }, "outputSchema": schema });
        let mut tool = fields(Some(&raw(&tool)));
        narrow(&mut tool);
        tool.get("outputSchema").map(|raw| serde_json::from_str(raw.get()).expect("JSON"))
    }

    #[test]
    fn a_schema_of_something_else_becomes_the_member_of_an_object() {
        let list = json!({ "type": "array", "items": { "type": "string" } });

        let whole = json!({ "type": "object", "properties": { "result": list }, "required": ["result"] });
        assert_eq!(output(&list), Some(whole));
        for schema in [json!({}), json!({ "anyOf": [{ "type": "object" }] }), json!({ "type": ["object", "null"] })] {
            assert_eq!(output(&schema).expect("a schema")["properties"]["result"], schema);
        }
    }

    #[test]
    fn references_lead_to_the_same_places() {
        let schema = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema", "type": "array",
            "items": { "$ref": "#/$defs/node" },
            "$defs": { "node": {
                "type": "object", "properties": { "$ref": { "type": "string" }, "all": { "$ref": "#" } },
                "default": { "$ref": "#/$defs/node" }, "anyOf": [{ "$ref": "#/$defs/node" }, {}],
            } },
        });

        let whole = output(&schema).expect("a schema");

        assert_eq!(whole["$schema"], schema["$schema"]);
        let inner = &whole["properties"]["result"];
        let node = &inner["$defs"]["node"];
        assert_eq!(inner["items"]["$ref"], "#/properties/result/$defs/node");
        assert_eq!(node["properties"]["all"]["$ref"], "#/properties/result");
        assert_eq!(node["properties"]["$ref"], json!({ "type": "string" }));
        assert_eq!(node["anyOf"][0]["$ref"], inner["items"]["$ref"]);
        assert_eq!(node["default"]["$ref"], "#/$defs/node", "data stays");
    }

    #[test]
    fn a_schema_that_some_client_cannot_compile_tells_only_where_the_content_is() {
        for schema in [json!({ "type": "array", "$id": "urn:x" }), json!({ "$ref": "https://x.example/s.json" })] {
            assert_eq!(output(&schema).expect("a schema")["properties"], json!({ "result": {} }), "{schema}");
        }
    }
}
