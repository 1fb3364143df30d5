//! The file's text, open for lossless changes: what is not changed keeps its bytes, comments and trailing commas included.

use jsonc_parser::{CollectOptions, ParseOptions, ast, parse_to_ast};
use serde_json::{Map, Value, json};

use super::file::OBTAINED;
use super::splice::{Container, Splice};

/// The mark that some editors put before UTF-8.
const BOM: char = '\u{feff}';

/// How many repeated names are told.
const MAX_REPEATED: usize = 20;

/// JSON with comments and trailing commas, and none of JSON5's other liberties.
const OPTIONS: ParseOptions = ParseOptions {
    allow_comments: true,
    allow_loose_object_property_names: false,
    allow_trailing_commas: true,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

/// The file's text: a JSON object.
pub struct Document {
    bom: bool,
    text: String,
}

/// Why a text is no settings document.
#[derive(Debug)]
pub(super) enum NotADocument {
    Json(String),
    NotAnObject,
}

/// Something that the person wrote stands where the hub would have to write an object or a list: the key.
#[derive(Debug, PartialEq, Eq)]
pub struct InTheWay(pub(crate) String);

impl Document {
    pub(super) fn parse(text: &str) -> Result<Self, NotADocument> {
        let bare = text.strip_prefix(BOM).unwrap_or(text);
        root(bare)?;
        Ok(Self { bom: bare.len() != text.len(), text: bare.to_owned() })
    }

    pub(super) fn text(&self) -> String {
        if self.bom { format!("{BOM}{}", self.text) } else { self.text.clone() }
    }

    /// The whole of it. Of members of the same name the last one counts, as everywhere.
    pub(super) fn value(&self) -> Map<String, Value> {
        match root(&self.text).map(|root| ast::Value::Object(root).into()) {
            Ok(Value::Object(object)) => object,
            Ok(_) | Err(_) => Map::new(),
        }
    }

    /// Where a name stands twice in one object, outside of what the hub obtained.
    pub(super) fn repeated(&self) -> Vec<String> {
        let mut found = Vec::new();
        if let Ok(root) = root(&self.text) {
            repeated(&root, "", &mut found);
        }
        found
    }

    /// A top-level member.
    #[must_use]
    pub fn section(&self, key: &str) -> Option<Value> {
        let root = root(&self.text).ok()?;
        member(&root, key).cloned().map(Into::into)
    }

    /// The elements of a list in a top-level member.
    #[must_use]
    pub fn entries(&self, section: &str, list: &str) -> Vec<Value> {
        match self.section(section).as_mut().and_then(|section| section.get_mut(list)).map(Value::take) {
            Some(Value::Array(entries)) => entries,
            Some(_) | None => Vec::new(),
        }
    }

    /// Exchanges the element at `index`, or adds one at the end.
    pub fn put_entry(
        &mut self,
        (section, list): (&str, &str),
        index: Option<usize>,
        value: &Value,
    ) -> Result<(), InTheWay> {
        let Ok(tree) = root(&self.text) else {
            return Err(InTheWay(section.to_owned()));
        };
        let found = member(&tree, section).and_then(ast::Value::as_object).and_then(|part| member(part, list));
        let array = match found {
            Some(ast::Value::Array(array)) => array,
            None | Some(ast::Value::NullKeyword(_)) => return self.set(&[section, list], &json!([value])),
            Some(_) => return Err(InTheWay(format!("{section}.{list}"))),
        };
        let old = index.and_then(|index| array.elements.get(index)).map(jsonc_parser::common::Ranged::range);
        let splice = match old {
            Some(old) => Splice::exchange(&self.text, &tree, old, value),
            None => Splice::append(&self.text, &tree, &Container::array(array), None, value),
        };
        splice.apply(&mut self.text);
        Ok(())
    }

    /// Takes the element at `index` out.
    pub fn remove_entry(&mut self, (section, list): (&str, &str), index: usize) {
        let Ok(tree) = root(&self.text) else {
            return;
        };
        let found = member(&tree, section).and_then(ast::Value::as_object).and_then(|part| member(part, list));
        if let Some(array) = found.and_then(ast::Value::as_array) {
            Splice::remove(&self.text, &Container::array(array), index).apply(&mut self.text);
        }
    }

    /// Whether there is an object at a path.
    pub(super) fn has_object(&self, path: &[&str]) -> bool {
        let Ok(root) = root(&self.text) else {
            return false;
        };
        let mut object = Some(&root);
        for key in path {
            object = object.and_then(|object| member(object, key)).and_then(ast::Value::as_object);
        }
        object.is_some()
    }

    /// Sets the member at a path, with the objects on the way to it. A value at the end is exchanged, `null` on the way too.
    pub(super) fn set(&mut self, path: &[&str], value: &Value) -> Result<(), InTheWay> {
        let tree = root(&self.text).map_err(|_| InTheWay(path.join(".")))?;
        let splice = splice_of(&self.text, &tree, path, value)?;
        splice.apply(&mut self.text);
        Ok(())
    }
}

fn splice_of(text: &str, root: &ast::Object<'_>, path: &[&str], value: &Value) -> Result<Splice, InTheWay> {
    let mut object = root;
    let mut rest = path;
    while let Some((key, below)) = rest.split_first() {
        let nested = || below.iter().rev().fold(value.clone(), |inner, key| json!({ *key: inner }));
        match member(object, key) {
            None => return Ok(Splice::append(text, root, &Container::object(object), Some(key), &nested())),
            Some(ast::Value::Object(inner)) if !below.is_empty() => object = inner,
            Some(ast::Value::NullKeyword(null)) => return Ok(Splice::exchange(text, root, null.range, &nested())),
            Some(old) if below.is_empty() => {
                return Ok(Splice::exchange(text, root, jsonc_parser::common::Ranged::range(old), value));
            }
            Some(_) => break,
        }
        rest = below;
    }
    let way = path.len() + 1 - rest.len();
    Err(InTheWay(path.iter().take(way).copied().collect::<Vec<_>>().join(".")))
}

fn root(text: &str) -> Result<ast::Object<'_>, NotADocument> {
    let parsed = parse_to_ast(text, &CollectOptions::default(), &OPTIONS);
    match parsed.map_err(|error| NotADocument::Json(error.to_string()))?.value {
        Some(ast::Value::Object(object)) => Ok(object),
        None => Err(NotADocument::Json("it is empty".to_owned())),
        Some(_) => Err(NotADocument::NotAnObject),
    }
}

fn repeated(object: &ast::Object<'_>, at: &str, found: &mut Vec<String>) {
    let mut known = std::collections::BTreeSet::new();
    for member in &object.properties {
        let name = member.name.as_str();
        let path = if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") };
        if path == OBTAINED || found.len() >= MAX_REPEATED {
            continue;
        }
        if !known.insert(name) {
            found.push(path.clone());
        }
        if let Some(inner) = member.value.as_object() {
            repeated(inner, &path, found);
        }
    }
}

fn member<'v, 'a>(object: &'v ast::Object<'a>, key: &str) -> Option<&'v ast::Value<'a>> {
    object.properties.iter().rev().find(|member| member.name.as_str() == key).map(|member| &member.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ODD: &str = "\u{feff}{ // mine\r\n\r\n\t\"mcpServers\" : {\"a\":{ \"url\":\"https://a.example\" , \"x-own\": [1,  2] }},\r\n\t\"other\": \"${VAR}\" // last\r\n\r\n}\r\n";
    const GRANTS: (&str, &str) = ("obtained", "grants");

    fn document(text: &str) -> Document {
        Document::parse(text).expect("parses")
    }

    #[test]
    fn a_new_section_is_written_at_the_end_in_the_persons_style() {
        let mut document = document(ODD);

        document.put_entry(GRANTS, None, &json!({"server": "a"})).expect("put");

        let added = "\r\n\t\"obtained\": {\r\n\t\t\"grants\": [\r\n\t\t\t{\r\n\t\t\t\t\"server\": \"a\"\r\n\t\t\t}\r\n\t\t]\r\n\t}";
        let expected = ODD.replace("\"${VAR}\" // last", &format!("\"${{VAR}}\", // last{added}"));
        assert_eq!(document.text(), expected);
    }

    #[test]
    fn entries_are_put_exchanged_and_taken_out_without_touching_the_others() {
        let text = "{\n  \"obtained\": {\n    \"grants\": [\n      {\"a\":   1}, // first\n      2\n    ],\n    \"mine\": 1\n  }\n}\n";
        let mut document = document(text);

        document.put_entry(GRANTS, Some(1), &json!(3)).expect("exchanged");
        assert_eq!(document.text(), text.replace("      2\n", "      3\n"));
        document.put_entry(GRANTS, None, &json!({"b": 2})).expect("added");
        document.remove_entry(GRANTS, 1);
        document.remove_entry(GRANTS, 1);

        assert_eq!(document.entries("obtained", "grants"), [json!({"a": 1})]);
        assert!(document.text().contains("{\"a\":   1} // first\n"), "{}", document.text());
    }

    #[test]
    fn a_file_in_one_line_stays_in_one_line() {
        let mut document = document(r#"{"mcpServers":{}}"#);

        document.put_entry(GRANTS, None, &json!({"server": "a"})).expect("put");

        assert_eq!(document.text(), r#"{"mcpServers":{}, "obtained": {"grants":[{"server":"a"}]}}"#);
    }

    #[test]
    fn members_of_a_servers_oauth_are_added_where_they_belong() {
        let mut document = document(ODD);

        document.set(&["mcpServers", "a", "oauth", "clientId"], &json!("c")).expect("set");
        document.set(&["mcpServers", "a", "oauth", "inputs", "tenant"], &json!("t")).expect("set");
        document.set(&["mcpServers", "a", "oauth", "clientId"], &json!("d")).expect("set");

        let expected = r#""x-own": [1,  2], "oauth": {"clientId":"d", "inputs": {"tenant":"t"}} }"#;
        assert!(document.text().contains(expected), "{}", document.text());
    }

    #[test]
    fn of_two_members_of_the_same_name_the_last_one_counts_and_is_changed() {
        let mut document = document("{\"a\": 1, \"a\": 2}");

        document.set(&["a"], &json!(3)).expect("set");

        assert_eq!(document.text(), "{\"a\": 1, \"a\": 3}");
        assert_eq!(document.section("a"), Some(json!(3)));
    }

    #[test]
    fn a_name_that_stands_twice_is_found() {
        let document = document(
            r#"{"mcpServers": {"a": {"env": {"X": 1, "X": 2}}, "b": {}, "a": {}}, "obtained": {"a": 1, "a": 2}, "c": {"a": 1}}"#,
        );

        assert_eq!(document.repeated(), ["mcpServers.a.env.X", "mcpServers.a"]);
    }

    #[test]
    fn what_the_person_put_in_the_way_is_not_overwritten() {
        let mut document = document("{\"obtained\": {\"grants\": null}, \"a\": \"text\"}");

        let error = document.set(&["a", "b"], &json!(1)).expect_err("a text is in the way");
        document.put_entry(GRANTS, None, &json!(1)).expect("null is nothing");
        let list = document.put_entry(GRANTS, None, &json!(2));

        assert_eq!(error, InTheWay("a".to_owned()));
        assert_eq!(list, Ok(()));
        assert_eq!(document.text(), "{\"obtained\": {\"grants\": [1, 2]}, \"a\": \"text\"}");
    }

    #[test]
    fn a_list_that_is_none_is_not_overwritten() {
        for text in ["{\"obtained\": {\"grants\": {}}}", "{\"obtained\": 5}"] {
            let mut document = document(text);

            let result = document.put_entry(GRANTS, None, &json!(1));

            assert!(result.is_err());
            assert_eq!(document.text(), text);
        }
    }

    #[test]
    fn what_is_no_json_and_what_is_no_object_are_refused() {
        for text in ["{ \"a\": ", "", "{'a': 1}", "{a: 1}", "{\"a\": 0x1}", "{\"a\": .5}", "{\"a\": NaN}", "{\"a\" 1}"]
        {
            assert!(matches!(Document::parse(text), Err(NotADocument::Json(_))), "{text}");
        }
        assert!(matches!(Document::parse("[]"), Err(NotADocument::NotAnObject)));
    }
}
