//! Which entries are repaired, and which are left out.

use serde_json::json;

use super::*;

fn tool(value: &Value) -> Result<Value, EntryFlaw> {
    entry(ListKind::Tools, &raw(value), Structure::Object)
        .map(|(entry, _)| serde_json::to_value(entry.fields).expect("JSON"))
}

#[test]
fn a_valid_tool_stays_as_it_was_written() {
    let text = r#"{"name":"a","inputSchema":{"type":"object","x":1.50,"properties":{"z":{},"a":{"type":"string"}}},"later":[12345678901234567890]}"#;
    let written = RawValue::from_string(text.into()).expect("JSON");

    let (entry, is_changed) = entry(ListKind::Tools, &written, Structure::Object).expect("repair");

    assert!(!is_changed);
    assert_eq!(serde_json::to_string(&entry.fields).expect("JSON"), text);
}

#[test]
fn a_schema_whose_meaning_is_clear_is_repaired() {
    let plain = json!({"type": "object"});
    let cases = [
        (json!({}), plain.clone()),
        (Value::Null, plain.clone()),
        (json!(true), plain),
        (json!({"anyOf": [{"type": "object"}]}), json!({"anyOf": [{"type": "object"}], "type": "object"})),
        (json!({"type": ["object", "null"]}), json!({"type": "object"})),
        (json!({"type": "OBJECT", "properties": []}), json!({"type": "object", "properties": {}})),
        (json!({"type": "object", "required": true}), json!({"type": "object"})),
        (
            json!({"type": "object", "properties": {"a": true, "b": null, "c": false, "d": "string"}}),
            json!({"type": "object", "properties": {"a": {}, "b": {}, "c": {"not": {}}, "d": {}}}),
        ),
    ];

    for (schema, right) in cases {
        assert_eq!(tool(&json!({"name": "a", "inputSchema": schema})).expect("kept")["inputSchema"], right);
    }
    assert_eq!(tool(&json!({"name": "a"})).expect("kept")["inputSchema"], json!({"type": "object"}));
}

#[test]
fn an_entry_without_a_clear_meaning_is_left_out() {
    let schema = json!({"type": "object"});
    let cases = [
        (Value::Null, EntryFlaw::NotObject),
        (json!([]), EntryFlaw::NotObject),
        (json!({"inputSchema": schema}), EntryFlaw::Nameless),
        (json!({"name": 7, "inputSchema": schema}), EntryFlaw::Nameless),
        (json!({"name": "", "inputSchema": schema}), EntryFlaw::Nameless),
        (json!({"name": "n".repeat(2000), "inputSchema": schema}), EntryFlaw::LongName),
        (json!({"name": "a", "inputSchema": {"type": "array"}}), EntryFlaw::Schema),
        (json!({"name": "a", "inputSchema": "object"}), EntryFlaw::Schema),
        (json!({"name": "a", "inputSchema": false}), EntryFlaw::Schema),
    ];

    for (value, flaw) in cases {
        assert_eq!(tool(&value).expect_err("left out"), flaw, "{value}");
    }
    let deep = format!(r#"{{"name":"a","inputSchema":{}1{}}}"#, r#"{"a":"#.repeat(500), "}".repeat(500));
    let deep = RawValue::from_string(deep).expect("JSON");
    assert_eq!(entry(ListKind::Tools, &deep, Structure::Object).expect_err("too deep"), EntryFlaw::NotObject);
}

#[test]
fn members_of_a_wrong_type_are_removed_and_the_rest_stays() {
    let right = tool(&json!({
        "name": "a", "title": 1, "description": null, "inputSchema": {"type": "object"}, "outputSchema": {"type": "array"},
        "annotations": {"title": null, "readOnlyHint": "yes", "openWorldHint": true, "later": 1},
        "icons": [{"src": "https://a.example/i.png", "sizes": "any"}, {"no": "src"}, null], "_meta": [], "execution": {"taskSupport": "maybe"},
    }));

    let expected = json!({
        "name": "a", "inputSchema": {"type": "object"}, "annotations": {"openWorldHint": true, "later": 1},
        "icons": [{"src": "https://a.example/i.png"}], "execution": {},
    });
    assert_eq!(right.expect("kept"), expected);
}

#[test]
fn resources_and_prompts_are_repaired_too() {
    let right = |kind, value: &Value| {
        entry(kind, &raw(value), Structure::Object).map(|(entry, _)| serde_json::to_value(entry.fields).expect("JSON"))
    };
    let resource = json!({"uri": "a://b", "size": "12", "mimeType": null,
        "annotations": {"audience": ["user", "dog"], "priority": 7, "lastModified": "yesterday"}});
    let prompt =
        json!({"name": "p", "arguments": [{"name": "x", "required": "yes"}, {"description": "no name"}, null]});

    assert_eq!(
        right(ListKind::Resources, &resource).expect("kept"),
        json!({"uri": "a://b", "name": "a://b", "annotations": {"audience": ["user"]}})
    );
    assert_eq!(right(ListKind::Prompts, &prompt).expect("kept"), json!({"name": "p", "arguments": [{"name": "x"}]}));
    assert_eq!(right(ListKind::Templates, &json!({"name": "t"})).expect_err("no template"), EntryFlaw::Nameless);
    let dated = json!({"uri": "a://b", "name": "b", "annotations": {"lastModified": "2026-02-28T10:00:00.5+02:00"}});
    assert_eq!(right(ListKind::Resources, &dated).expect("kept"), dated);
}

#[test]
fn an_output_schema_that_some_client_cannot_compile_is_removed_wherever_the_fault_is() {
    let kept = |inner: Value| {
        let schema = json!({ "type": "object", "properties": { "a": inner }, "$defs": { "A": { "type": "string" } } });
        tool(&json!({ "name": "a", "outputSchema": schema })).expect("kept").get("outputSchema").is_some()
    };
    let clean = [
        json!({ "type": "string", "format": "date-time", "pattern": "^[a-z]+$", "x-later": 1 }),
        json!({ "$ref": "#/$defs/A" }),
        json!({ "type": ["string", "null"], "enum": ["a", null] }),
        json!({ "anyOf": [{ "type": "array", "items": { "type": "integer", "minimum": 0 } }, true] }),
        json!({ "type": "string", "nullable": true }),
        json!({ "type": "object", "additionalProperties": { "type": "number", "exclusiveMinimum": 0 } }),
    ];
    let unclean = [
        json!({ "type": "file" }),
        json!({ "type": "STRING" }),
        json!({ "$ref": "#/definitions/Missing" }),
        json!({ "$ref": "https://x.example/schema.json" }),
        json!({ "type": "string", "pattern": "(?i)abc" }),
        json!({ "enum": [] }),
        json!({ "nullable": true }),
        json!({ "type": "number", "exclusiveMinimum": true, "minimum": 0 }),
        json!({ "$id": "urn:x" }),
        json!({ "additionalProperties": "no" }),
        json!({ "anyOf": [] }),
        json!({ "items": { "properties": { "b": { "type": "any" } } } }),
        json!({ "type": "string", "minLength": -1 }),
    ];

    for schema in clean {
        assert!(kept(schema.clone()), "{schema}");
    }
    for schema in unclean {
        assert!(!kept(schema.clone()), "{schema}");
    }
}

#[test]
fn a_dialect_that_is_not_a_string_is_removed() {
    for dialect in [json!(false), json!(7), Value::Null] {
        let schema = json!({ "$schema": dialect, "type": "object" });
        let right = tool(&json!({ "name": "a", "inputSchema": schema, "outputSchema": schema })).expect("kept");

        assert_eq!(
            (&right["inputSchema"], &right["outputSchema"]),
            (&json!({ "type": "object" }), &json!({ "type": "object" }))
        );
    }
}

#[test]
fn a_resource_whose_uri_is_not_absolute_is_left_out() {
    let flaw =
        |uri: &str| entry(ListKind::Resources, &raw(&json!({ "uri": uri, "name": "a" })), Structure::Object).err();

    for uri in ["/a/b", "not a uri", "x://a b/\u{fc}", "a"] {
        assert_eq!(flaw(uri), Some(EntryFlaw::Uri), "{uri}");
    }
    for uri in ["test://1", "file:///a/b c.txt", "urn:x:y", "config:app"] {
        assert_eq!(flaw(uri), None, "{uri}");
    }
}

#[test]
fn schemas_of_a_server_that_may_use_any_stay_and_older_clients_get_others() {
    let text = r#"{"name":"a","inputSchema":{"type":"object","properties":{"x":true},"oneOf":[{}]},"outputSchema":{"type":"array", "items":{"$id":"urn:x"}}}"#;
    let written = RawValue::from_string(text.into()).expect("JSON");

    let (tool, is_changed) = entry(ListKind::Tools, &written, Structure::Any).expect("kept");

    assert!(!is_changed && tool.wraps_results());
    assert_eq!(serde_json::to_string(&tool.shown(Structure::Any)).expect("JSON"), text);
    let older = serde_json::to_value(tool.shown(Structure::Object)).expect("JSON");
    assert_eq!(older["inputSchema"]["properties"], json!({ "x": {} }));
    assert_eq!(
        (&older["outputSchema"]["type"], &older["outputSchema"]["required"]),
        (&json!("object"), &json!(["result"]))
    );
}

#[test]
fn schemas_that_no_client_accepts_are_repaired_for_all() {
    let entry = |tool: Value| entry(ListKind::Tools, &raw(&tool), Structure::Any);
    let tool = json!({ "name": "a", "inputSchema": { "type": ["object"] }, "outputSchema": { "$schema": 7, "type": "array" } });

    let (kept, is_changed) = entry(tool).expect("kept");
    let (other, _) = entry(json!({ "name": "a", "outputSchema": true })).expect("kept");

    let shown = serde_json::to_value(kept.shown(Structure::Any)).expect("JSON");
    assert!(is_changed);
    assert_eq!(
        (&shown["inputSchema"], &shown["outputSchema"]),
        (&json!({ "type": "object" }), &json!({ "type": "array" }))
    );
    assert!(!other.shown(Structure::Any).contains_key("outputSchema") && !other.wraps_results());
    assert_eq!(
        entry(json!({ "name": "a", "inputSchema": { "type": "array" } })).expect_err("left out"),
        EntryFlaw::Schema
    );
}
