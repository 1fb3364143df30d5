//! The profile of a bundled plugin as source in JavaScript and Python, for the helpers that a project has.

use mcphub_plugins::{Data, DataPart};
use serde_json::json;

use super::layout::Layout;
use super::start::Start;

/// Names that Python keeps for itself, among those of the contract.
const PYTHON_KEYWORDS: &[&str] = &["as", "class", "from", "global", "import", "in", "is", "not", "or", "pass", "with"];

/// What differs between the languages.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Dialect {
    JavaScript,
    Python,
}

/// The content of `src/plugin.js`.
pub(super) fn javascript(start: &Start, id: &str) -> String {
    let parts = own(start, id);
    let code: Vec<String> = parts.iter().map(|part| javascript_part(part).text(2) + ";\n").collect();
    let names: Vec<&str> =
        ["profile", "template"].into_iter().filter(|name| code.iter().any(|code| calls(code, name))).collect();
    let import = match names.as_slice() {
        [] => String::new(),
        names => format!("import {{ {} }} from \"./mcphub.js\";\n", names.join(", ")),
    };
    let title = start.title();
    format!("// Logins at {title}. {SILENCE}\n{import}\n{}", code.join("\n"))
}

/// The content of `plugin.py`.
pub(super) fn python(start: &Start, id: &str) -> String {
    let parts = own(start, id);
    let code: Vec<String> = parts.iter().map(|part| python_part(part).text(4) + "\n").collect();
    let template = code.iter().any(|code| calls(code, "template"));
    let import = if template { "import mcphub\nfrom mcphub import template\n" } else { "import mcphub\n" };
    format!("\"\"\"Logins at {}. {SILENCE}\"\"\"\n\n{import}\n{}", start.title(), code.join("\n"))
}

const SILENCE: &str = "What is not said here is as the RFCs and the MCP specification say.";

/// The parts of the new plugin: with its own id, at its first version.
fn own(start: &Start, id: &str) -> Vec<DataPart> {
    let mut parts = start.parts.clone();
    for part in &mut parts {
        let Data::Record(fields) = &mut part.answer else { continue };
        for (field, value) in fields.iter_mut().filter(|_| part.interface == "identity") {
            match field.as_str() {
                "id" => *value = Data::Text(id.to_owned()),
                "version" => *value = Data::Text("0.1.0".to_owned()),
                _ => {}
            }
        }
    }
    parts
}

fn calls(code: &str, name: &str) -> bool {
    code.contains(&format!("{name}("))
}

fn javascript_part(part: &DataPart) -> Layout {
    let name = camel(&part.interface);
    let answer = Dialect::JavaScript.value(&part.answer);
    let value = match (&part.answer, part.function.as_str()) {
        (Data::Record(_), "profile") => Layout::labelled(format!("profile({}, ", quoted(&name)), closed(answer, ")")),
        _ => {
            let answer = match answer {
                Layout::Group { open, items, close, airy } if open == "{" => {
                    Layout::Group { open: format!("({open}"), items, close: format!("{close})"), airy }
                }
                answer => answer,
            };
            let function = Layout::labelled(format!("{}: () => ", camel(&part.function)), answer);
            Layout::Group { open: "{".to_owned(), items: vec![function], close: "}".to_owned(), airy: true }
        }
    };
    Layout::labelled(format!("export const {name} = "), value)
}

fn python_part(part: &DataPart) -> Layout {
    let name = capital(&camel(&part.interface));
    let call = match (&part.answer, part.function.as_str()) {
        (Data::Record(fields), "profile") => {
            let fields = Dialect::Python.fields(fields, |name| format!("{name}="));
            let items = [Layout::word(quoted(&name))].into_iter().chain(fields).collect();
            Layout::group("mcphub.profile(", items, ")")
        }
        _ => {
            let names = [&name, &snake(&part.function)].map(|name| Layout::word(quoted(name)));
            let items = names.into_iter().chain([Dialect::Python.value(&part.answer)]).collect();
            Layout::group("mcphub.answering(", items, ")")
        }
    };
    Layout::labelled(format!("{name} = "), call)
}

impl Dialect {
    fn value(self, data: &Data) -> Layout {
        match data {
            Data::Flag(flag) if self == Self::JavaScript => Layout::word(flag.to_string()),
            Data::Flag(flag) => Layout::word(capital(&flag.to_string())),
            Data::Number(number) => Layout::word(number.to_string()),
            Data::Text(text) | Data::Choice(text) => Layout::word(quoted(text)),
            Data::List(items) => match template(items) {
                Some(text) => Layout::word(format!("template({})", quoted(&text))),
                None => Layout::group("[", items.iter().map(|item| self.value(item)).collect(), "]"),
            },
            Data::Record(fields) => self.record(fields),
            Data::Case(name, carried) => self.case(name, carried.as_deref().and_then(present)),
            Data::Option(Some(inner)) => self.value(inner),
            Data::Option(None) => Layout::word(if self == Self::JavaScript { "undefined" } else { "None" }),
        }
    }

    fn record(self, fields: &[(String, Data)]) -> Layout {
        let label = |name: String| match self {
            Self::JavaScript => format!("{name}: "),
            Self::Python => format!("{}: ", quoted(&name)),
        };
        let items = self.fields(fields, label).collect();
        Layout::Group { open: "{".to_owned(), items, close: "}".to_owned(), airy: self == Self::JavaScript }
    }

    /// Fields that hold something.
    fn fields(self, fields: &[(String, Data)], label: impl Fn(String) -> String) -> impl Iterator<Item = Layout> {
        let said = fields.iter().filter_map(|(name, value)| Some((name, present(value)?)));
        said.map(move |(name, value)| {
            let name = if self == Self::JavaScript { camel(name) } else { snake(name) };
            Layout::labelled(label(name), self.value(value))
        })
    }

    fn case(self, name: &str, carried: Option<&Data>) -> Layout {
        match (self, carried) {
            (Self::JavaScript, carried) => {
                let tag = Layout::labelled("tag: ", Layout::word(quoted(name)));
                let carried = carried.map(|data| Layout::labelled("val: ", self.value(data)));
                let items = [tag].into_iter().chain(carried).collect();
                Layout::Group { open: "{".to_owned(), items, close: "}".to_owned(), airy: true }
            }
            (Self::Python, None) => Layout::word(quoted(name)),
            (Self::Python, Some(data)) => Layout::group("(", vec![Layout::word(quoted(name)), self.value(data)], ")"),
        }
    }
}

/// What an option holds, or the value itself.
fn present(data: &Data) -> Option<&Data> {
    match data {
        Data::Option(inner) => inner.as_deref(),
        data => Some(data),
    }
}

/// The text that the helper `template` reads, where the pieces are of the kinds it knows.
fn template(items: &[Data]) -> Option<String> {
    let pieces: Option<Vec<String>> = items.iter().map(piece).collect();
    pieces.filter(|pieces| !pieces.is_empty()).map(|pieces| pieces.concat())
}

fn piece(data: &Data) -> Option<String> {
    let Data::Case(kind, Some(carried)) = data else { return None };
    match (kind.as_str(), &**carried) {
        ("literal", Data::Text(text)) if !text.contains(['{', '}']) => Some(text.clone()),
        ("slot", Data::Case(slot, None)) => Some(format!("{{{slot}}}")),
        ("slot", Data::Case(slot, Some(key))) => match &**key {
            Data::Text(key) => Some(format!("{{{slot}:{key}}}")),
            _ => None,
        },
        _ => None,
    }
}

fn closed(layout: Layout, bracket: &str) -> Layout {
    match layout {
        Layout::Group { open, items, close, airy } => Layout::Group { open, items, close: close + bracket, airy },
        other => other,
    }
}

/// A string literal, the same in both languages.
fn quoted(text: &str) -> String {
    json!(text).to_string()
}

fn camel(name: &str) -> String {
    let mut words = name.split('-');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |text, word| text + &capital(word))
}

fn snake(name: &str) -> String {
    let name = name.replace('-', "_");
    if PYTHON_KEYWORDS.contains(&name.as_str()) { name + "_" } else { name }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scaffold::Language;

    fn text(text: &str) -> Data {
        Data::Text(text.into())
    }

    fn case(name: &str, carried: Option<Data>) -> Data {
        Data::Case(name.into(), carried.map(Box::new))
    }

    fn part(interface: &str, function: &str, answer: Data) -> DataPart {
        DataPart { interface: interface.into(), function: function.into(), answer }
    }

    fn record(fields: Vec<(&str, Data)>) -> Data {
        Data::Record(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    fn start() -> Start {
        let identity = record(vec![
            ("id", text("old")),
            ("version", text("3.2.1")),
            ("title", text("Old")),
            ("homepage", Data::Option(None)),
        ]);
        let literal = case("literal", Some(text("https://old.example/")));
        let slot = case("slot", Some(case("input", Some(text("tenant")))));
        let metadata = record(vec![
            ("issuer", Data::Option(Some(Box::new(Data::List(vec![literal, slot]))))),
            ("issuer-aliases", Data::List(Vec::new())),
        ]);
        let class = case("approval-needed", Some(Data::Option(None)));
        let row = record(vec![("fault", record(vec![("class", class)])), ("status", Data::Number(403))]);
        let seconds = case("slot", Some(case("now", Some(Data::Choice("epoch-seconds".into())))));
        let page = case("page", Some(Data::List(vec![seconds])));
        let parts = vec![
            part("identity", "describe", identity),
            part("metadata", "profile", metadata),
            part("revocation", "profile", page),
            part("errors", "table", Data::List(vec![row])),
        ];
        Start { name: "old".into(), language: Language::Rust, parts, is_data: true }
    }

    #[test]
    fn in_javascript_records_are_objects_and_variants_have_tags() {
        let expected = r#"// Logins at old. What is not said here is as the RFCs and the MCP specification say.
import { profile, template } from "./mcphub.js";

export const identity = { describe: () => ({ id: "new", version: "0.1.0", title: "Old" }) };

export const metadata = profile("metadata", {
  issuer: template("https://old.example/{input:tenant}"),
  issuerAliases: [],
});

export const revocation = {
  profile: () => ({ tag: "page", val: [{ tag: "slot", val: { tag: "now", val: "epoch-seconds" } }] }),
};

export const errors = { table: () => [{ fault: { class: { tag: "approval-needed" } }, status: 403 }] };
"#;
        assert_eq!(javascript(&start(), "new"), expected);
    }

    #[test]
    fn in_python_records_are_dictionaries_and_variants_are_pairs() {
        let expected = r#""""Logins at old. What is not said here is as the RFCs and the MCP specification say."""

import mcphub
from mcphub import template

Identity = mcphub.answering("Identity", "describe", {"id": "new", "version": "0.1.0", "title": "Old"})

Metadata = mcphub.profile("Metadata", issuer=template("https://old.example/{input:tenant}"), issuer_aliases=[])

Revocation = mcphub.answering("Revocation", "profile", ("page", [("slot", ("now", "epoch-seconds"))]))

Errors = mcphub.answering("Errors", "table", [{"fault": {"class_": "approval-needed"}, "status": 403}])
"#;
        assert_eq!(python(&start(), "new"), expected);
    }
}
