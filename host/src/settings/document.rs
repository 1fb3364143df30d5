//! Lossless changes of the file's text: what is not changed keeps its bytes.

use jsonc_parser::ParseOptions;
use jsonc_parser::cst::{CstInputValue, CstObject, CstRootNode};
use serde_json::{Map, Value};

/// The mark that some editors put before UTF-8.
const BOM: char = '\u{feff}';

/// The file's text, open for changes.
pub struct Document {
    bom: bool,
    root: CstRootNode,
    object: CstObject,
}

/// Why a text is no settings document.
pub(super) enum NotADocument {
    Json(String),
    NotAnObject,
}

impl Document {
    pub(super) fn parse(text: &str) -> Result<Self, NotADocument> {
        let bare = text.strip_prefix(BOM).unwrap_or(text);
        let options = ParseOptions {
            allow_comments: true,
            allow_trailing_commas: true,
            allow_loose_object_property_names: false,
            allow_missing_commas: false,
            allow_single_quoted_strings: false,
            allow_hexadecimal_numbers: false,
            allow_unary_plus_numbers: false,
            ..ParseOptions::default()
        };
        let root = CstRootNode::parse(bare, &options).map_err(|error| NotADocument::Json(error.to_string()))?;
        let object = root.object_value().ok_or(NotADocument::NotAnObject)?;
        Ok(Self { bom: bare.len() != text.len(), root, object })
    }

    pub(super) fn text(&self) -> String {
        let text = self.root.to_string();
        if self.bom { format!("{BOM}{text}") } else { text }
    }

    pub(super) fn value(&self) -> Map<String, Value> {
        match self.object.to_serde_value() {
            Some(Value::Object(object)) => object,
            Some(_) | None => Map::new(),
        }
    }

    /// A top-level member.
    #[must_use]
    pub fn section(&self, key: &str) -> Option<Value> {
        self.object.get(key)?.value()?.to_serde_value()
    }

    /// Replaces a top-level member, or adds it at the end; none removes it.
    pub fn set_section(&self, key: &str, value: Option<&Value>) {
        set(&self.object, key, value);
    }

    /// Sets members of a server's `oauth`; `inputs.x` is the member `x` of its `inputs`. False: there is no such server.
    #[must_use]
    pub fn set_oauth(&self, server: &str, members: &[(String, String)]) -> bool {
        let servers = self.object.get("mcpServers").and_then(|servers| servers.object_value());
        let Some(entry) = servers.and_then(|servers| servers.get(server)).and_then(|entry| entry.object_value()) else {
            return false;
        };
        let oauth = entry.object_value_or_set("oauth");
        for (key, value) in members {
            let value = Value::String(value.clone());
            match key.strip_prefix("inputs.") {
                Some(input) => set(&oauth.object_value_or_set("inputs"), input, Some(&value)),
                None => set(&oauth, key, Some(&value)),
            }
        }
        true
    }
}

fn set(object: &CstObject, key: &str, value: Option<&Value>) {
    match (object.get(key), value) {
        (Some(member), Some(value)) => member.set_value(input(value)),
        (None, Some(value)) => {
            object.append(key, input(value));
        }
        (Some(member), None) => member.remove(),
        (None, None) => {}
    }
}

fn input(value: &Value) -> CstInputValue {
    match value {
        Value::Null => CstInputValue::Null,
        Value::Bool(value) => CstInputValue::Bool(*value),
        Value::Number(number) => CstInputValue::Number(number.to_string()),
        Value::String(text) => CstInputValue::String(text.clone()),
        Value::Array(items) => CstInputValue::Array(items.iter().map(input).collect()),
        Value::Object(object) => {
            CstInputValue::Object(object.iter().map(|(key, value)| (key.clone(), input(value))).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const ODD: &str = "\u{feff}{ // mine\r\n\t\"mcpServers\" : {\"a\":{ \"url\":\"https://a.example\" , \"x-own\": [1,  2] }},\r\n\t\"other\": \"${VAR}\"\r\n}\r\n";

    fn document(text: &str) -> Document {
        Document::parse(text).unwrap_or_else(|_| panic!("parses"))
    }

    #[test]
    fn what_is_not_changed_keeps_its_bytes() {
        let document = document(ODD);

        document.set_section("obtained", Some(&json!({"grants": []})));
        let changed = document.text();
        document.set_section("obtained", None);

        let head = ODD.trim_end().trim_end_matches('}').trim_end();
        assert!(changed.starts_with(head), "{changed}");
        assert!(changed.contains("\"obtained\""));
        assert_eq!(document.value().get("obtained"), None);
    }

    #[test]
    fn members_of_a_servers_oauth_are_added_where_they_belong() {
        let document = document(ODD);

        let found = document.set_oauth("a", &[("clientId".into(), "c".into()), ("inputs.tenant".into(), "t".into())]);

        let oauth = document.value().get("mcpServers").and_then(|servers| servers.pointer("/a/oauth")).cloned();
        assert!(found);
        assert_eq!(oauth, Some(json!({"clientId": "c", "inputs": {"tenant": "t"}})));
        assert!(document.text().contains("\"x-own\": [1,  2]"));
    }

    #[test]
    fn a_server_that_is_not_there_is_told() {
        assert!(!document(ODD).set_oauth("b", &[]));
    }

    #[test]
    fn what_is_no_json_and_what_is_no_object_are_refused() {
        assert!(matches!(Document::parse("{ \"a\": "), Err(NotADocument::Json(_))));
        assert!(matches!(Document::parse("[]"), Err(NotADocument::NotAnObject)));
    }
}
