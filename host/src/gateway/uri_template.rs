//! Whether a URI matches a URI template (RFC 6570).
//!
//! Literals must be there as they are, and each expression matches what its operator allows. The values are not
//! extracted, and the names of variables are ignored: only the server expands its templates. The work is bounded by the
//! product of the two lengths.

/// Expressions of a template. A template with more matches nothing.
const MAX_EXPRESSIONS: usize = 32;
/// Bytes of a URI. A longer one matches nothing.
const MAX_URI: usize = 2048;

/// How closely a URI matches a template: the more literals, the closer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TemplateFit {
    literals: usize,
    /// Whether the template has a literal scheme, so that it does not match just anything.
    pub(crate) names_scheme: bool,
}

/// What an expression can match.
struct Values {
    /// The character that values begin with. If there is one, the values may also be missing.
    start: Option<u8>,
    /// Characters that values do not contain.
    stops: &'static [u8],
}

/// How closely a URI matches a template; `None` if it does not.
pub(crate) fn fit(template: &str, uri: &str) -> Option<TemplateFit> {
    if uri.len() > MAX_URI {
        return None;
    }
    // For each position of the URI: whether the part of the template that was read so far can end there.
    let mut ends = vec![false; uri.len() + 1];
    *ends.first_mut()? = true;
    let (mut literals, mut rest, mut names_scheme) = (0, template, false);
    for _ in 0..=MAX_EXPRESSIONS {
        let (literal, expression) = match rest.split_once('{') {
            Some((literal, after)) => (literal, Some(after.split_once('}')?)),
            None => (rest, None),
        };
        names_scheme |= rest.len() == template.len() && literal.contains(':');
        ends = after_literal(&ends, uri, literal);
        literals += literal.len();
        let Some((expression, after)) = expression else {
            let is_fit = ends.last().copied().unwrap_or_default();
            return is_fit.then_some(TemplateFit { literals, names_scheme });
        };
        ends = after_values(&ends, uri, &Values::of(expression)?);
        if !ends.contains(&true) {
            return None;
        }
        rest = after;
    }
    None
}

impl Values {
    /// The operators of RFC 6570 §3.2. Some servers write `{name*}` for a value that may contain slashes.
    fn of(expression: &str) -> Option<Self> {
        let is_exploded = expression.ends_with('*');
        Some(match expression.bytes().next()? {
            b'+' => Self { start: None, stops: b"" },
            b'#' => Self { start: Some(b'#'), stops: b"" },
            b'.' => Self { start: Some(b'.'), stops: b"/?#" },
            b'/' => Self { start: Some(b'/'), stops: b"?#" },
            b';' => Self { start: Some(b';'), stops: b"/?#" },
            b'?' => Self { start: Some(b'?'), stops: b"#" },
            b'&' => Self { start: Some(b'&'), stops: b"#" },
            _ if is_exploded => Self { start: None, stops: b"?#" },
            _ => Self { start: None, stops: b"/?#" },
        })
    }
}

fn after_literal(ends: &[bool], uri: &str, literal: &str) -> Vec<bool> {
    let fits = |at: usize| uri.as_bytes().get(at..).is_some_and(|rest| rest.starts_with(literal.as_bytes()));
    let mut after = vec![false; ends.len()];
    for at in ends.iter().enumerate().filter_map(|(at, is_end)| (*is_end && fits(at)).then_some(at + literal.len())) {
        if let Some(end) = after.get_mut(at) {
            *end = true;
        }
    }
    after
}

fn after_values(ends: &[bool], uri: &str, values: &Values) -> Vec<bool> {
    let mut after = if values.start.is_some() { ends.to_vec() } else { vec![false; ends.len()] };
    let mut is_within = false;
    for ((byte, may_begin), end) in uri.bytes().zip(ends).zip(after.iter_mut().skip(1)) {
        let begins = *may_begin && values.start.is_none_or(|start| start == byte);
        is_within = (is_within || begins) && !values.stops.contains(&byte);
        *end |= is_within;
    }
    after
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uri_matches_the_templates_that_it_may_come_from() {
        let fitting = [
            ("a://items/{id}", "a://items/7"),
            ("a://items/{id}", "a://items/%2Fx"),
            ("a://{kind}/{id}.json", "a://x/y.z.json"),
            ("{scheme}://{+rest}", "a://x/y?z#w"),
            ("files://{+path}", "files://a/b/c.txt"),
            ("files:///{path*}", "files:///a/b/c.txt"),
            ("a://x{?q,limit}", "a://x"),
            ("a://x{?q,limit}", "a://x?q=1&limit=2"),
            ("a://x?fixed=1{&q}", "a://x?fixed=1&q=2"),
            ("a://x{/path*}{#part}", "a://x/y/z#w"),
            ("a://x{.ext}{;v}", "a://x.json;v=1"),
            ("a://nothing/to/fill", "a://nothing/to/fill"),
        ];

        for (template, uri) in fitting {
            assert!(fit(template, uri).is_some(), "{template} {uri}");
        }
    }

    #[test]
    fn a_uri_does_not_match_any_other_template() {
        let others = [
            ("a://items/{id}", "b://items/7"),
            ("a://items/{id}", "a://items/"),
            ("a://items/{id}", "a://items/7/8"),
            ("a://items/{id}", "a://items/7?q=1"),
            ("a://x{?q}", "a://xy"),
            ("a://x{.ext}", "a://x/y"),
            ("a://{id", "a://{id"),
            ("a://{}", "a://x"),
            ("", "a://x"),
        ];

        for (template, uri) in others {
            assert!(fit(template, uri).is_none(), "{template} {uri}");
        }
    }

    #[test]
    fn a_template_with_more_literals_matches_more_closely() {
        let fit = |template| fit(template, "a://items/7").expect("fits");

        assert!(fit("a://items/{id}") > fit("a://{+path}"));
        assert!(fit("a://{+path}") > fit("{+any}"));
        assert!(fit("a://{+path}").names_scheme && !fit("{scheme}://{+any}").names_scheme);
    }

    #[test]
    fn the_work_that_a_template_can_cause_is_bounded() {
        assert!(fit(&"{a}".repeat(MAX_EXPRESSIONS + 1), &"x".repeat(100)).is_none());
        assert!(fit("{+a}", &"x".repeat(MAX_URI + 1)).is_none());
        assert!(fit(&"{+a}".repeat(MAX_EXPRESSIONS), &"x".repeat(MAX_URI)).is_some());
    }
}
