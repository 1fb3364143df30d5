//! Control characters made visible: what a server, an authorization server or a plugin says is printed, and never steers the
//! terminal.
//!
//! Control characters (C0, DEL, C1), changes of the direction of text, line separators and invisible tags are written as JSON
//! writes them (`\u001b`), so that a JSON document stays the same document.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io;

use tracing_subscriber::fmt::MakeWriter;

/// A text of several lines as a terminal may have it: line breaks and tabs stay.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    escaped(text, |character| is_hidden(character) && !matches!(character, '\n' | '\t'))
}

/// A text as a part of one line: line breaks become visible too.
#[must_use]
pub fn visible_line(text: &str) -> Cow<'_, str> {
    escaped(text, is_hidden)
}

fn escaped(text: &str, is_hidden: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '\n' if is_hidden('\n') => shown.push_str("\\n"),
            '\t' if is_hidden('\t') => shown.push_str("\\t"),
            '\r' => shown.push_str("\\r"),
            hidden if is_hidden(hidden) => {
                for unit in hidden.encode_utf16(&mut [0; 2]) {
                    // Writing to a string does not fail.
                    let _ = write!(shown, "\\u{unit:04x}");
                }
            }
            plain => shown.push(plain),
        }
    }
    Cow::Owned(shown)
}

const fn is_hidden(character: char) -> bool {
    matches!(
        character,
        '\0'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{61c}'
            | '\u{200e}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

/// Standard error for the log: each line is written at once, with nothing in it that a terminal obeys.
#[derive(Debug, Clone, Copy, Default)]
pub struct VisibleLog;

/// Collects one entry of the log, and writes it when it is complete.
pub struct Line(Vec<u8>);

impl<'w> MakeWriter<'w> for VisibleLog {
    type Writer = Line;

    fn make_writer(&'w self) -> Line {
        Line(Vec::new())
    }
}

impl io::Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        // A closed log is no reason to stop.
        let _ = io::Write::write_all(&mut io::stderr().lock(), entry(&self.0).as_bytes());
    }
}

/// An entry of the log: one line.
pub(crate) fn entry(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    format!("{}\n", visible_line(text.trim_end_matches('\n')))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_steers_a_terminal_is_shown_as_text() {
        assert_eq!(visible("a\u{1b}[31mred\u{7}"), "a\\u001b[31mred\\u0007");
        assert_eq!(visible("\u{9b}2J\u{202e}txt.exe\u{2069}"), "\\u009b2J\\u202etxt.exe\\u2069");
        assert_eq!(visible("one\r\ntwo\tthree"), "one\\r\ntwo\tthree");
        assert_eq!(visible_line("one\ntwo\tthree"), "one\\ntwo\\tthree");
        assert_eq!(visible("\u{e0041}"), "\\udb40\\udc41");
    }

    #[test]
    fn what_people_write_stays() {
        let text = "Grüße, 你好, مرحبا, 👩‍💻 – „quoted“";

        assert!(matches!(visible_line(text), Cow::Borrowed(same) if same == text));
    }

    #[test]
    fn an_entry_of_the_log_is_one_line() {
        assert_eq!(entry(b"a message\nINFO forged\x1b[2J\n"), "a message\\nINFO forged\\u001b[2J\n");
    }

    proptest! {
        #[test]
        fn nothing_that_steers_a_terminal_is_left(text in any::<String>()) {
            prop_assert!(!visible_line(&text).contains(is_hidden));
            prop_assert!(!visible(&text).contains(|character| is_hidden(character) && !matches!(character, '\n' | '\t')));
        }

        #[test]
        fn other_texts_stay_as_they_are(text in "[ -~äöü你好\u{1f600}]{0,80}") {
            prop_assert_eq!(visible_line(&text).into_owned(), text);
        }

        #[test]
        fn a_json_document_stays_the_same_document(text in any::<String>()) {
            let document = serde_json::json!({ "text": text }).to_string();

            let shown = visible(&document);

            let read: serde_json::Value = serde_json::from_str(&shown).expect("JSON");
            prop_assert_eq!(read["text"].as_str(), Some(&*text));
        }
    }
}
