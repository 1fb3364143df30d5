//! Entries of lists in a form that every client takes.
//!
//! The official SDKs check a whole list at once: one entry with a member of a wrong type, and the client has no tools of
//! any server. So each entry is put right where its meaning is clear, and left out where it is not.

mod members;
mod schema;

use serde_json::Value;
use serde_json::value::RawValue;

use super::json::{Fields, fields, raw, string};
use super::listing::Listing;

/// Bytes of a name: more is no name that a person gave.
const MAX_NAME: usize = 1024;
/// Bytes of a URI.
const MAX_URI: usize = 8 * 1024;

/// An entry that clients take.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// What the server calls it: its name, or its URI.
    pub(crate) own: String,
    pub(crate) fields: Fields,
}

/// Why an entry is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub(crate) enum Flaw {
    /// Not an object, or not what every JSON reader takes.
    #[error("is not a JSON object")]
    NotObject,
    /// No name, or no URI.
    #[error("has no name or URI")]
    Nameless,
    /// A name or URI beyond the limit.
    #[error("has a name or URI that is too long")]
    LongName,
    /// Nobody can say which arguments it takes.
    #[error("has an inputSchema that is not a schema of an object")]
    Schema,
}

/// An entry put right, and whether anything had to be.
pub(crate) fn entry(listing: Listing, from: &RawValue) -> Result<(Entry, bool), Flaw> {
    // Read as a whole once: depth, numbers and texts that one JSON reader takes and another refuses end here.
    let whole: Value = serde_json::from_str(from.get()).map_err(|_| Flaw::NotObject)?;
    if !whole.is_object() {
        return Err(Flaw::NotObject);
    }
    let mut entry = fields(Some(from));
    let own = identity(listing, &entry)?;
    let mut is_changed = false;
    if listing != Listing::Tools
        && listing != Listing::Prompts
        && string(&entry, "name").is_none_or(|name| name.is_empty())
    {
        let name = string(&entry, "title").filter(|title| !title.is_empty()).unwrap_or_else(|| own.clone());
        entry.insert("name".into(), raw(&name));
        is_changed = true;
    }
    if listing == Listing::Tools {
        is_changed |= schemas(&mut entry)?;
    }
    is_changed |= members::put_right(listing, &mut entry);
    Ok((Entry { own, fields: entry }, is_changed))
}

fn identity(listing: Listing, entry: &Fields) -> Result<String, Flaw> {
    let own = string(entry, listing.identity()).filter(|own| !own.is_empty()).ok_or(Flaw::Nameless)?;
    let most = match listing {
        Listing::Tools | Listing::Prompts => MAX_NAME,
        Listing::Resources | Listing::Templates => MAX_URI,
    };
    if own.len() > most { Err(Flaw::LongName) } else { Ok(own) }
}

fn schemas(tool: &mut Fields) -> Result<bool, Flaw> {
    let input = tool.get("inputSchema").and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or(Value::Null);
    let right = schema::of_input(&input).ok_or(Flaw::Schema)?;
    let mut is_changed = set(tool, "inputSchema", &input, &right);
    if let Some(output) = tool.get("outputSchema").and_then(|raw| serde_json::from_str::<Value>(raw.get()).ok()) {
        match schema::of_output(&output) {
            Some(right) => is_changed |= set(tool, "outputSchema", &output, &right),
            None => is_changed |= tool.shift_remove("outputSchema").is_some(),
        }
    }
    Ok(is_changed)
}

/// Whether the value is another than before. One that is the same stays as it was written.
fn set(of: &mut Fields, key: &str, before: &Value, after: &Value) -> bool {
    let is_changed = before != after;
    if is_changed {
        of.insert(key.into(), raw(after));
    }
    is_changed
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tool(value: &Value) -> Result<Value, Flaw> {
        entry(Listing::Tools, &raw(value)).map(|(entry, _)| serde_json::to_value(entry.fields).expect("JSON"))
    }

    #[test]
    fn a_sound_tool_stays_as_it_was_written() {
        let text = r#"{"name":"a","inputSchema":{"type":"object","x":1.50,"properties":{"z":{},"a":{"type":"string"}}},"later":[12345678901234567890]}"#;
        let written = RawValue::from_string(text.into()).expect("JSON");

        let (entry, is_changed) = entry(Listing::Tools, &written).expect("sound");

        assert!(!is_changed);
        assert_eq!(serde_json::to_string(&entry.fields).expect("JSON"), text);
    }

    #[test]
    fn a_schema_whose_meaning_is_clear_is_put_right() {
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
            (Value::Null, Flaw::NotObject),
            (json!([]), Flaw::NotObject),
            (json!({"inputSchema": schema}), Flaw::Nameless),
            (json!({"name": 7, "inputSchema": schema}), Flaw::Nameless),
            (json!({"name": "", "inputSchema": schema}), Flaw::Nameless),
            (json!({"name": "n".repeat(2000), "inputSchema": schema}), Flaw::LongName),
            (json!({"name": "a", "inputSchema": {"type": "array"}}), Flaw::Schema),
            (json!({"name": "a", "inputSchema": "object"}), Flaw::Schema),
            (json!({"name": "a", "inputSchema": false}), Flaw::Schema),
        ];

        for (value, flaw) in cases {
            assert_eq!(tool(&value).expect_err("left out"), flaw, "{value}");
        }
        let deep = format!(r#"{{"name":"a","inputSchema":{}1{}}}"#, r#"{"a":"#.repeat(500), "}".repeat(500));
        let deep = RawValue::from_string(deep).expect("JSON");
        assert_eq!(entry(Listing::Tools, &deep).expect_err("too deep"), Flaw::NotObject);
    }

    #[test]
    fn members_of_a_wrong_type_are_taken_away_and_the_rest_stays() {
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
    fn resources_and_prompts_are_put_right_likewise() {
        let right = |listing, value: &Value| {
            entry(listing, &raw(value)).map(|(entry, _)| serde_json::to_value(entry.fields).expect("JSON"))
        };
        let resource = json!({"uri": "a://b", "size": "12", "mimeType": null,
            "annotations": {"audience": ["user", "dog"], "priority": 7, "lastModified": "yesterday"}});
        let prompt =
            json!({"name": "p", "arguments": [{"name": "x", "required": "yes"}, {"description": "no name"}, null]});

        assert_eq!(
            right(Listing::Resources, &resource).expect("kept"),
            json!({"uri": "a://b", "name": "a://b", "annotations": {"audience": ["user"]}})
        );
        assert_eq!(right(Listing::Prompts, &prompt).expect("kept"), json!({"name": "p", "arguments": [{"name": "x"}]}));
        assert_eq!(right(Listing::Templates, &json!({"name": "t"})).expect_err("no template"), Flaw::Nameless);
        let dated =
            json!({"uri": "a://b", "name": "b", "annotations": {"lastModified": "2026-02-28T10:00:00.5+02:00"}});
        assert_eq!(right(Listing::Resources, &dated).expect("kept"), dated);
    }
}
