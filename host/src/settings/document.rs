//! The file's text, open for lossless changes: what is not changed keeps its bytes, comments and trailing commas included.

use jsonc_parser::{CollectOptions, ParseOptions, ast, parse_to_ast};
use serde_json::{Map, Value, json};

use super::splice::{Container, Splice};

/// The mark that some editors put before UTF-8.
const BOM: char = '\u{feff}';

/// The top-level key whose content is the hub's own.
pub(super) const OBTAINED: &str = "obtained";

/// At most this many repeated names are reported.
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

/// The key of a section, and of a list in it.
pub(crate) type ListPath<'a> = (&'a str, &'a str);

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

    /// A copy of a top-level member, if it is there.
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
    pub fn put_entry(&mut self, at: ListPath<'_>, index: Option<usize>, value: &Value) -> Result<(), InTheWay> {
        let (section, list) = at;
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
    pub fn remove_entry(&mut self, at: ListPath<'_>, index: usize) {
        let (section, list) = at;
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
mod tests;
