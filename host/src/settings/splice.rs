//! Single changes to a JSON text that leave every other byte alone.
//!
//! The text is parsed for positions only; a change is a handful of insertions and removals at those positions. The concrete
//! syntax tree of `jsonc-parser` is not used, because it tidies blank lines and comments around what it changes.

use jsonc_parser::ast;
use jsonc_parser::common::{Range, Ranged};
use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{PrettyFormatter, Serializer};

/// What to write instead of which bytes.
pub(super) struct Splice(Vec<(Range, String)>);

impl Splice {
    /// Exchanges a value for another.
    pub(super) fn exchange(text: &str, root: &ast::Object<'_>, old: Range, value: &Value) -> Self {
        let layout = TextLayout::of(text, root);
        let one_line = !slice(text, old).contains('\n') && is_within_line(text, old);
        Self(vec![(old, layout.render(value, line_indent(text, old.start), one_line))])
    }

    /// Adds a member or an element at the end of a container.
    pub(super) fn append(
        text: &str,
        root: &ast::Object<'_>,
        into: &Container,
        key: Option<&str>,
        value: &Value,
    ) -> Self {
        let layout = TextLayout::of(text, root);
        let multi = slice(text, into.range).contains('\n') || (into.children.is_empty() && !layout.compact);
        let outer = line_indent(text, into.range.start);
        let inner = into.children.iter().rev().find_map(|child| own_line_indent(text, child.start));
        let inner = inner.map_or_else(|| format!("{outer}{}", layout.unit), str::to_owned);
        let rendered = layout.render(value, &inner, !multi);
        let item = key.map_or_else(|| rendered.clone(), |key| format!("{}: {rendered}", Value::from(key)));
        let last = into.children.last().map(|child| child.end);
        let between = Between::of(text, last.unwrap_or(into.open()), into.close());
        let closed_on_own_line = slice(text, Range::new(between.end, into.close())).contains('\n');
        let newline = layout.newline;
        let added = match (multi, closed_on_own_line) {
            (true, true) => format!("{newline}{inner}{item}"),
            (true, false) => format!("{newline}{inner}{item}{newline}{outer}"),
            (false, _) if last.is_some() => format!(" {item}"),
            (false, _) => item,
        };
        match last {
            Some(last) if between.comma.is_none() && last == between.end => {
                Self::insertions([(last, format!(",{added}"))])
            }
            Some(last) if between.comma.is_none() => Self::insertions([(last, ",".to_owned()), (between.end, added)]),
            Some(_) | None => Self::insertions([(between.end, added)]),
        }
    }

    /// Takes an element out of an array, with the one comma that it needed and the white space before it.
    pub(super) fn remove(text: &str, from: &Container, index: usize) -> Self {
        let Some(child) = from.children.get(index).copied() else {
            return Self(Vec::new());
        };
        let previous = index.checked_sub(1).and_then(|index| from.children.get(index)).map(|previous| previous.end);
        let next = from.children.get(index + 1).map_or(from.close(), |next| next.start);
        let before = Between::of(text, previous.unwrap_or(from.open()), child.start);
        let after = Between::of(text, child.end, next);
        if from.children.len() == 1 && !before.comment && !after.comment {
            return Self(vec![(Range::new(from.open(), from.close()), String::new())]);
        }
        // White space after a comment may be the line end that the comment needs.
        let start = if before.comment { child.start } else { before.end };
        let mut removed = vec![(Range::new(start, child.end), String::new())];
        if let Some(comma) = after.comma.or(before.comma) {
            removed.push((Range::new(comma, comma + 1), String::new()));
        }
        Self(removed)
    }

    fn insertions<const N: usize>(at: [(usize, String); N]) -> Self {
        Self(at.into_iter().map(|(at, added)| (Range::from_byte_index(at), added)).collect())
    }

    /// Makes the change in the text.
    pub(super) fn apply(self, text: &mut String) {
        let mut changes = self.0;
        changes.sort_by_key(|(range, _)| std::cmp::Reverse(range.start));
        for (range, new) in changes {
            if text.get(range.start..range.end).is_some() {
                text.replace_range(range.start..range.end, &new);
            }
        }
    }
}

/// An object or an array: where it stands, and where its members or elements do.
pub(super) struct Container {
    range: Range,
    children: Vec<Range>,
}

impl Container {
    pub(super) fn object(object: &ast::Object<'_>) -> Self {
        Self { range: object.range, children: object.properties.iter().map(|member| member.range).collect() }
    }

    pub(super) fn array(array: &ast::Array<'_>) -> Self {
        Self { range: array.range, children: array.elements.iter().map(Ranged::range).collect() }
    }

    const fn open(&self) -> usize {
        self.range.start + 1
    }

    const fn close(&self) -> usize {
        self.range.end - 1
    }
}

/// What stands between two values: white space, comments and at most one comma.
struct Between {
    comma: Option<usize>,
    /// Where the last comma or comment ends.
    end: usize,
    /// Whether there is a comment.
    comment: bool,
}

impl Between {
    fn of(text: &str, from: usize, to: usize) -> Self {
        let mut between = Self { comma: None, end: from, comment: false };
        let mut at = from;
        loop {
            let rest = slice(text, Range::new(at, to));
            let content = rest.trim_start();
            at += rest.len() - content.len();
            let length = if content.starts_with("//") {
                content.lines().next().map_or(content.len(), str::len)
            } else if content.starts_with("/*") {
                content.find("*/").map_or(content.len(), |end| end + 2)
            } else if content.starts_with(',') {
                between.comma = Some(at);
                1
            } else {
                return between;
            };
            between.comment |= content.starts_with('/');
            at += length;
            between.end = at;
        }
    }
}

/// How the person writes.
struct TextLayout<'a> {
    newline: &'static str,
    unit: &'a str,
    /// Everything stands in one line.
    compact: bool,
}

impl<'a> TextLayout<'a> {
    fn of(text: &'a str, root: &ast::Object<'_>) -> Self {
        let first = root.properties.first().and_then(|member| own_line_indent(text, member.range.start));
        Self {
            newline: if text.split_once('\n').is_some_and(|(line, _)| line.ends_with('\r')) { "\r\n" } else { "\n" },
            unit: first.filter(|indent| !indent.is_empty()).unwrap_or("  "),
            compact: !root.properties.is_empty() && !slice(text, root.range).contains('\n'),
        }
    }

    fn render(&self, value: &Value, indent: &str, one_line: bool) -> String {
        if self.compact || one_line {
            return value.to_string();
        }
        let mut bytes = Vec::new();
        let formatter = PrettyFormatter::with_indent(self.unit.as_bytes());
        let written = value.serialize(&mut Serializer::with_formatter(&mut bytes, formatter));
        match (written, String::from_utf8(bytes)) {
            (Ok(()), Ok(pretty)) => pretty.replace('\n', &format!("{}{indent}", self.newline)),
            (Ok(()) | Err(_), Ok(_) | Err(_)) => value.to_string(),
        }
    }
}

fn slice(text: &str, range: Range) -> &str {
    text.get(range.start..range.end).unwrap_or_default()
}

/// The white space that begins the line of a position.
fn line_indent(text: &str, at: usize) -> &str {
    let line = text.get(..at).unwrap_or_default().rsplit('\n').next().unwrap_or_default();
    let content = line.trim_start_matches([' ', '\t']);
    line.get(..line.len() - content.len()).unwrap_or_default()
}

/// The same, if nothing else stands before the position.
fn own_line_indent(text: &str, at: usize) -> Option<&str> {
    let (_, line) = text.get(..at)?.rsplit_once('\n')?;
    line.chars().all(|c| matches!(c, ' ' | '\t')).then_some(line)
}

/// Whether something of another member follows or precedes in the line, so that a value should stay in it.
fn is_within_line(text: &str, value: Range) -> bool {
    let before = text.get(..value.start).unwrap_or_default().rsplit('\n').next().unwrap_or_default();
    before.contains(['{', '['])
}
