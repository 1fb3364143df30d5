//! Characters behind the escapes of a text, each with the place where it stands: `%41`, `\u0041`, `\x41`, `\"`, `&#65;`.

use std::collections::VecDeque;

/// The longest escape, characters: `\u{10ffff}`.
const LONGEST: usize = 10;

/// A character and the bytes of the text that stand for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unit {
    pub(super) character: char,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// The characters as they stand, one unit each.
pub(super) fn plain(text: &str) -> impl Iterator<Item = Unit> {
    let unit = |(start, character): (usize, char)| Unit { character, start, end: start + character.len_utf8() };
    text.char_indices().map(unit)
}

/// The same with one layer of escapes taken away.
pub(super) fn decoded(units: impl Iterator<Item = Unit>) -> impl Iterator<Item = Unit> {
    let mut units = units;
    let mut ahead: VecDeque<Unit> = VecDeque::with_capacity(LONGEST);
    std::iter::from_fn(move || {
        while ahead.len() < LONGEST {
            let Some(unit) = units.next() else { break };
            ahead.push_back(unit);
        }
        let first = ahead.front().copied()?;
        let Some((character, length)) = escape(&ahead) else {
            ahead.pop_front();
            return Some(first);
        };
        let end = ahead.get(length.saturating_sub(1)).map_or(first.end, |last| last.end);
        ahead.drain(..length);
        Some(Unit { character, start: first.start, end })
    })
}

/// The character that an escape at the beginning stands for, and how long the escape is.
fn escape(ahead: &VecDeque<Unit>) -> Option<(char, usize)> {
    let at = |index: usize| ahead.get(index).map(|unit| unit.character);
    match (at(0)?, at(1)?) {
        ('%', _) => Some((number(ahead, 1, 2, 16)?, 3)),
        ('\\', 'u') if at(2) == Some('{') => braced(ahead),
        ('\\', 'u') => Some((number(ahead, 2, 4, 16)?, 6)),
        ('\\', 'x') => Some((number(ahead, 2, 2, 16)?, 4)),
        ('\\', 'n') => Some(('\n', 2)),
        ('\\', 'r') => Some(('\r', 2)),
        ('\\', 't') => Some(('\t', 2)),
        ('\\', same @ ('"' | '\'' | '/' | '\\')) => Some((same, 2)),
        ('&', _) => entity(ahead),
        _ => None,
    }
}

/// A code point written as `\u{41}`.
fn braced(ahead: &VecDeque<Unit>) -> Option<(char, usize)> {
    let end = ahead.iter().position(|unit| unit.character == '}')?;
    Some((number(ahead, 3, end.checked_sub(3)?, 16)?, end + 1))
}

/// A character written as `&amp;`, `&#65;` or `&#x41;`.
fn entity(ahead: &VecDeque<Unit>) -> Option<(char, usize)> {
    let end = ahead.iter().position(|unit| unit.character == ';')?;
    let name: String = ahead.iter().take(end).skip(1).map(|unit| unit.character).collect();
    let character = match name.as_str() {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ if name.starts_with("#x") || name.starts_with("#X") => number(ahead, 3, end.checked_sub(3)?, 16)?,
        _ if name.starts_with('#') => number(ahead, 2, end.checked_sub(2)?, 10)?,
        _ => return None,
    };
    Some((character, end + 1))
}

fn number(ahead: &VecDeque<Unit>, from: usize, length: usize, radix: u32) -> Option<char> {
    let digits: String = ahead.iter().skip(from).take(length).map(|unit| unit.character).collect();
    let is_number = digits.len() == length && length > 0 && digits.chars().all(|digit| digit.is_digit(radix));
    is_number.then(|| u32::from_str_radix(&digits, radix).ok()).flatten().and_then(char::from_u32)
}
