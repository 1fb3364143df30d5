//! Regular expressions of plugins: matched against the whole value, in linear time, with bounded memory.

use regex::{Regex, RegexBuilder};

use super::objection::{Broken, Objection};
use super::place::Place;

/// Bytes of a pattern.
const LENGTH: usize = 1_000;
/// Bytes of a compiled pattern.
const COMPILED: usize = 256 * 1024;

/// Whether the whole of `value` matches a plugin's `pattern`. An empty one matches anything; one that does not compile,
/// which no loaded plugin has, matches nothing.
#[must_use]
pub fn matches_whole(pattern: &str, value: &str) -> bool {
    pattern.is_empty() || compile(pattern).is_ok_and(|regex| regex.is_match(value))
}

/// A pattern that compiles.
pub(crate) fn pattern(place: &Place<'_>, text: String) -> Result<String, Objection> {
    super::text::bounded(place, &text, LENGTH)?;
    match compile(&text) {
        Ok(_) => Ok(text),
        Err(error) => Err(place.object(Broken::NotPattern { reason: reason(&error) })),
    }
}

fn compile(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(&format!("^(?:{pattern})$")).size_limit(COMPILED).build()
}

/// The last line of a syntax error says what is wrong; those before it draw it.
fn reason(error: &regex::Error) -> String {
    match error {
        regex::Error::CompiledTooBig(limit) => format!("compiled it is larger than {limit} bytes; simplify it"),
        error => error.to_string().lines().last().unwrap_or_default().trim().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place<'_> = Place::Interface("inputs");

    #[test]
    fn the_whole_value_must_match() {
        assert!(matches_whole("[a-z]+", "acme"));
        assert!(!matches_whole("[a-z]+", "acme.evil.example"));
        assert!(!matches_whole("a|b", "ab"));
        assert!(!matches_whole("a", "a\n"));
    }

    #[test]
    fn a_back_reference_is_refused_because_it_cannot_be_matched_in_linear_time() {
        let objection = pattern(&PLACE, r"(a+)\1".into()).expect_err("refused");

        assert_eq!(
            objection.to_string(),
            "inputs is no regular expression that can be matched in linear time; error: backreferences are not supported"
        );
    }

    #[test]
    fn a_pattern_that_grows_without_measure_is_refused() {
        let objection = pattern(&PLACE, "((a{100}){100}){100}".into()).expect_err("refused");

        assert!(objection.to_string().contains("simplify it"), "{objection}");
    }
}
