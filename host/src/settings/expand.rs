//! `${VAR}`, `${VAR:-default}` and `$UPPER_CASE` in strings.

use super::environment::Environment;

/// A string with its placeholders filled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Expanded {
    /// The text, trimmed when it had placeholders.
    pub(super) text: String,
    /// Variables that are not set and have no default; they became nothing.
    pub(super) unset: Vec<String>,
}

/// Fills the placeholders of a text.
pub(super) fn expand(text: &str, environment: &Environment) -> Expanded {
    let mut expanded = Expanded { text: String::new(), unset: Vec::new() };
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        expanded.text.push_str(before);
        rest = match placeholder(after) {
            Some((name, default, rest)) => {
                match environment.get(name).or(default) {
                    Some(value) => expanded.text.push_str(value),
                    None => expanded.unset.push(name.to_owned()),
                }
                rest
            }
            None => {
                expanded.text.push('$');
                after
            }
        };
    }
    expanded.text.push_str(rest);
    if expanded.text != text {
        expanded.text = expanded.text.trim().to_owned();
    }
    expanded
}

/// Name, default, and what follows.
fn placeholder(text: &str) -> Option<(&str, Option<&str>, &str)> {
    if let Some(braced) = text.strip_prefix('{') {
        let (inside, rest) = braced.split_once('}')?;
        let (name, default) = match inside.split_once(":-") {
            Some((name, default)) => (name, Some(default)),
            None => (inside, None),
        };
        let named = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        return named.then_some((name, default, rest));
    }
    let end = text.find(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')).unwrap_or(text.len());
    let (name, rest) = text.split_at_checked(end)?;
    name.starts_with(|c: char| c.is_ascii_uppercase() || c == '_').then_some((name, None, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(text: &str) -> Expanded {
        expand(text, &Environment::of([("ID", "abc"), ("TOKEN_2", "t")]))
    }

    #[test]
    fn placeholders_are_filled_wherever_they_stand() {
        assert_eq!(expanded("${ID}").text, "abc");
        assert_eq!(expanded("a-$TOKEN_2/${ID}").text, "a-t/abc");
        assert_eq!(expanded("${NONE:-fallback}").text, "fallback");
    }

    #[test]
    fn an_unset_variable_becomes_nothing_and_is_named() {
        assert_eq!(expanded(" ${NONE} "), Expanded { text: String::new(), unset: vec!["NONE".into()] });
    }

    #[test]
    fn a_dollar_that_is_no_placeholder_stays() {
        for text in ["costs $5", "$lower", "${", "${a b}", "end$"] {
            assert_eq!(expanded(text).text, text, "{text}");
        }
    }
}
