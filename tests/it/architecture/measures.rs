//! Figures of the code, for comparison with those of earlier days. No figure is a limit.
//!
//! | figure | meaning |
//! |---|---|
//! | files in circles | files that need each other; more than none is a knot |
//! | imports between rooms | arrows between the rooms of `host/src`, and the imports that make them |
//! | short doc comments | three words or fewer: they repeat a name and promise nothing |
//! | plain comments | lines that answer a newcomer's "why?", of all lines |
//! | type names used twice | a word that means two things |
//! | tuple parameters | `(a, b): (A, B)`: arguments without a name |
//! | long files | over 300 lines: more than one idea, as a rule |

use std::collections::BTreeMap;
use std::fmt::Write;

use super::sources::{CRATES, Source};
use super::{cycles, rooms};

/// The longest file without a note, in lines.
const LONG: usize = 300;
/// A doc comment of so few words promises nothing.
const SHORT: usize = 3;
/// Names that every crate may have.
const CONVENTIONS: &[&str] = &["Error", "Inner", "State", "Shape", "Result"];

/// The figures as text.
pub(super) fn of(sources: &[Source]) -> String {
    let mut text = String::from("\n");
    let arrows = rooms::arrows(sources);
    let _ = writeln!(text, "files in circles: {}", cycles::count(sources));
    let _ =
        writeln!(text, "imports between rooms: {} arrows, {} imports", arrows.len(), arrows.values().sum::<usize>());
    for folder in CRATES {
        let of_crate: Vec<&Source> = sources.iter().filter(|source| source.path.starts_with(folder)).collect();
        let _ = writeln!(text, "{folder}: {}", comments(&of_crate));
    }
    let _ = writeln!(text, "tuple parameters: {}", sources.iter().map(tuple_parameters).sum::<usize>());
    let _ = writeln!(text, "type names used twice: {}", twice(sources).join(", "));
    let long = sources.iter().map(|source| (source.text.lines().count(), source.path.as_str()));
    for (lines, path) in long.filter(|(lines, _)| *lines > LONG) {
        let _ = writeln!(text, "long file: {path}, {lines} lines");
    }
    text
}

fn comments(sources: &[&Source]) -> String {
    let (mut lines, mut plain, mut docs, mut short) = (0, 0, 0, 0);
    for source in sources {
        let mut words: Option<usize> = None;
        for line in source.text.lines().map(str::trim_start).chain([""]) {
            lines += 1;
            if let Some(doc) = line.strip_prefix("///") {
                *words.get_or_insert(0) += doc.split_whitespace().count();
                continue;
            }
            if let Some(words) = words.take() {
                docs += 1;
                short += usize::from(words <= SHORT);
            }
            plain += usize::from(line.starts_with("//") && !line.starts_with("//!"));
        }
    }
    let percent = |part: usize, whole: usize| {
        let tenths = part * 1000 / whole.max(1);
        format!("{}.{} %", tenths / 10, tenths % 10)
    };
    format!(
        "{lines} lines; {docs} doc comments, {short} short ({}); {plain} plain comments ({})",
        percent(short, docs),
        percent(plain, lines)
    )
}

/// Names of types that are defined in more than one file of the host and its crates.
fn twice(sources: &[Source]) -> Vec<String> {
    let mut known: BTreeMap<&str, usize> = BTreeMap::new();
    for source in sources.iter().filter(|source| source.path.starts_with("host/") && source.path.contains("/src/")) {
        if source.path.ends_with("tests.rs") || source.path.contains("/tests/") {
            continue;
        }
        let pairs = source.words.iter().zip(source.words.iter().skip(1));
        for (_, name) in pairs.filter(|(word, _)| matches!(&***word, "struct" | "enum" | "trait")) {
            *known.entry(name).or_default() += 1;
        }
    }
    let repeated = known.into_iter().filter(|(name, count)| *count > 1 && !CONVENTIONS.contains(name));
    repeated.map(|(name, count)| format!("{name} ({count})")).collect()
}

/// Parameters of functions that are tuples taken apart.
fn tuple_parameters(source: &Source) -> usize {
    let words: Vec<&str> = source.words.iter().map(|word| &**word).collect();
    let functions = words.iter().enumerate().filter(|(_, word)| **word == "fn").map(|(at, _)| at);
    functions.map(|at| in_signature(&words[at..])).sum()
}

fn in_signature(words: &[&str]) -> usize {
    let end = words.iter().position(|word| matches!(*word, "{" | ";")).unwrap_or(words.len());
    let triples = words[..end].windows(2).enumerate();
    let opens = triples.filter(|(_, pair)| matches!(pair, ["(" | ",", "("])).map(|(at, _)| at + 2);
    opens
        .filter(|open| {
            let close = words[*open..end].iter().position(|word| *word == ")");
            close.is_some_and(|close| words.get(open + close + 1) == Some(&":"))
        })
        .count()
}
