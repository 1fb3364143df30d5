//! Placeholders in strings: `${VAR}`, `${VAR:-default}` and `${env:VAR}` anywhere, `$UPPER_CASE` where it is the whole string.
//!
//! A `$` within a string stays, because passwords have them. What only an editor can fill (`${input:key}`,
//! `${workspaceFolder}`) becomes nothing, like a variable that is not set: sent as it stands it would be a wrong credential.

use super::environment::Environment;

/// Variables of editors that mean nothing outside of one.
const OF_EDITORS: &[&str] =
    &["workspaceFolder", "workspaceFolderBasename", "workspaceRoot", "file", "fileDirname", "fileBasename", "cwd"];

/// Variables, by the end of their names, that say where something is or how it is to be done.
const PUBLIC: [&str; 12] =
    ["PATH", "HOME", "DIR", "DIRECTORY", "FILE", "LANG", "LEVEL", "MODE", "NODE_ENV", "SHELL", "TZ", "USER"];

/// Whether a variable holds no secret, by its name.
#[must_use]
pub fn is_public(variable: &str) -> bool {
    let name = variable.to_ascii_uppercase();
    PUBLIC.iter().any(|end| name.strip_suffix(end).is_some_and(|before| before.is_empty() || before.ends_with('_')))
}

/// A string with its placeholders filled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Expanded {
    /// The text, trimmed when it had placeholders.
    pub(super) text: String,
    /// What came to nothing: a variable that is not set and has no default by its name, anything else as it was written.
    pub(super) unset: Vec<String>,
    /// Values of variables that stand in it, unless everybody knows them.
    pub(super) filled: Vec<String>,
}

enum Placeholder<'t> {
    Variable(&'t str, Option<&'t str>),
    Text(&'static str),
    OfEditor,
}

impl Environment {
    /// A text of the settings with its placeholders filled in. A variable that is not set becomes nothing.
    #[must_use]
    pub fn fill(&self, text: &str) -> String {
        expand(text, self).text
    }
}

/// Fills the placeholders of a text.
pub(super) fn expand(text: &str, environment: &Environment) -> Expanded {
    if let Some(name) = text.trim().strip_prefix('$').filter(|name| is_upper_case(name)) {
        let value = environment.get(name);
        let unset = if value.is_none() { vec![name.to_owned()] } else { Vec::new() };
        let filled = value.filter(|_| !is_public(name)).map(|value| value.trim().to_owned());
        return Expanded {
            text: value.unwrap_or_default().trim().to_owned(),
            unset,
            filled: filled.into_iter().collect(),
        };
    }
    let mut expanded = Expanded { text: String::new(), unset: Vec::new(), filled: Vec::new() };
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        expanded.text.push_str(before);
        let braced = after.split_once('}').and_then(|(inside, rest)| Some((inside, placeholder(inside)?, rest)));
        let Some((inside, placeholder, after)) = braced else {
            expanded.text.push_str("${");
            rest = after;
            continue;
        };
        expanded.fill(inside, &placeholder, environment);
        rest = after;
    }
    expanded.text.push_str(rest);
    if expanded.text != text {
        expanded.text = expanded.text.trim().to_owned();
    }
    expanded
}

impl Expanded {
    fn fill(&mut self, inside: &str, placeholder: &Placeholder<'_>, environment: &Environment) {
        match placeholder {
            Placeholder::Text(text) => self.text.push_str(text),
            Placeholder::OfEditor => self.unset.push(format!("${{{inside}}}")),
            Placeholder::Variable(name, default) => match environment.get(name).or(*default) {
                Some(value) => {
                    self.text.push_str(value);
                    if environment.get(name).is_some() && !is_public(name) {
                        self.filled.push(value.trim().to_owned());
                    }
                }
                None if OF_EDITORS.contains(name) => self.unset.push(format!("${{{inside}}}")),
                None => self.unset.push((*name).to_owned()),
            },
        }
    }
}

/// Whether a text has something that looks like a variable and is not filled in: `$NAME` inside it, where the
/// environment has `NAME` or only a word stands before it, and the `{env:NAME}` and `{{NAME}}` of other programs.
pub(super) fn overlooks_variable(text: &str, environment: &Environment) -> bool {
    let name_of = |after: &str| {
        let end = after.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(after.len());
        after.get(..end).filter(|name| is_upper_case(name)).map(str::to_owned)
    };
    let is_set = |after: &str| name_of(after).is_some_and(|name| environment.get(&name).is_some());
    let is_whole = text.trim().starts_with('$') && is_upper_case(text.trim().trim_start_matches('$'));
    let credential = text.split_once(" $").is_some_and(|(scheme, name)| {
        !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphabetic()) && is_upper_case(name)
    });
    let braced = |open: &str, close: &str| {
        let inside =
            text.split_once(open).and_then(|(_, rest)| rest.split_once(close)).map(|(inside, _)| inside.trim());
        inside.is_some_and(is_name)
    };
    let of_others = braced("{env:", "}") && !text.contains("${env:") || braced("{{", "}}");
    of_others || !is_whole && (credential || text.split('$').skip(1).any(is_set))
}

fn placeholder(inside: &str) -> Option<Placeholder<'_>> {
    match inside {
        "userHome" => return Some(Placeholder::Variable("HOME", None)),
        "pathSeparator" | "/" => return Some(Placeholder::Text(std::path::MAIN_SEPARATOR_STR)),
        _ => {}
    }
    let named = inside.strip_prefix("env:").unwrap_or(inside);
    let (name, default) = match named.split_once(":-") {
        Some((name, default)) => (name, Some(default)),
        None => (named, None),
    };
    if is_name(name) {
        return Some(Placeholder::Variable(name, default));
    }
    // `${input:key}`, `${config:a.b}`, and the shell's `${VAR:?…}`.
    let word = named.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).next().unwrap_or_default();
    let follows = named.get(word.len()..).unwrap_or_default();
    (is_name(word) && follows.starts_with([':', '-', '=', '?', '+'])).then_some(Placeholder::OfEditor)
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn is_upper_case(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    text.starts_with(|c: char| c.is_ascii_uppercase() || c == '_') && text.chars().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment() -> Environment {
        Environment::of([("ID", "abc"), ("TOKEN_2", " t "), ("HOME", "/home/ann")])
    }

    fn expanded(text: &str) -> Expanded {
        expand(text, &environment())
    }

    #[test]
    fn placeholders_are_filled_wherever_they_stand() {
        for (text, filled) in [
            ("${ID}", "abc"),
            ("a-${TOKEN_2}/${ID}", "a- t /abc"),
            ("$TOKEN_2", "t"),
            (" $ID\n", "abc"),
            ("${NONE:-fallback}", "fallback"),
            ("Bearer ${env:ID}", "Bearer abc"),
            ("${env:NONE:-fallback}", "fallback"),
            ("${userHome}${/}a${pathSeparator}b", "/home/ann/a/b"),
        ] {
            let expanded = expanded(text);
            assert_eq!((expanded.text.as_str(), expanded.unset), (filled, Vec::new()), "{text}");
        }
    }

    #[test]
    fn what_was_filled_in_is_known_unless_everybody_knows_it() {
        assert_eq!(expanded("${ID}/${userHome}/${NONE:-x}").filled, ["abc"]);
        assert_eq!(expanded("$TOKEN_2").filled, ["t"]);
        assert!(expanded("${HOME}").filled.is_empty());
    }

    #[test]
    fn an_unset_variable_becomes_nothing_and_is_named() {
        for text in [" ${NONE} ", "${env:NONE}", "$NONE"] {
            assert_eq!(
                expanded(text),
                Expanded { text: String::new(), unset: vec!["NONE".into()], filled: vec![] },
                "{text}"
            );
        }
    }

    #[test]
    fn what_only_an_editor_fills_becomes_nothing_and_is_told_as_it_was_written() {
        for text in ["${input:api-key}", "${workspaceFolder}", "${config:a.b}", "${workspaceFolder:x}", "${ID:?none}"] {
            assert_eq!(
                expanded(text),
                Expanded { text: String::new(), unset: vec![text.into()], filled: vec![] },
                "{text}"
            );
        }
    }

    #[test]
    fn a_dollar_that_is_no_placeholder_stays() {
        for text in [
            "costs $5",
            "$lower",
            "${",
            "${}",
            "${a b}",
            "end$",
            "Pa$$WORD1",
            "pg://u:s$Q$x@db/n",
            "s$ID",
            "$ID$",
            "$$ID",
            "Bearer $ID",
            "$ ID",
            "${ID",
            "$(ID)",
            "{{ID}}",
        ] {
            assert_eq!(expanded(text), Expanded { text: text.to_owned(), unset: vec![], filled: vec![] }, "{text}");
        }
    }

    #[test]
    fn a_value_is_not_looked_through_again() {
        let environment = Environment::of([("A", "${B}"), ("B", "b")]);

        assert_eq!(expand("${A}", &environment).text, "${B}");
    }

    #[test]
    fn a_variable_that_is_overlooked_within_a_text_is_noticed() {
        for (text, overlooked) in [
            ("Bearer $ID", true),
            ("Bearer $NONE", true),
            ("a/$ID/b", true),
            ("Bearer {env:ID}", true),
            ("{{ ID }}", true),
            ("${env:ID}", false),
            ("{\"a\": {\"b\": {}}}", false),
            ("$ID", false),
            ("Pa$$WORD1", false),
            ("u:s$Q$x@db", false),
            ("${ID}", false),
        ] {
            assert_eq!(overlooks_variable(text, &environment()), overlooked, "{text}");
        }
    }
}
