//! Messages that a command writes over several lines, as programs do that print JSON for people.
//!
//! A message reaches from the line with its first brace to the line with its last. Whatever cannot be one is given up
//! at once, and a message on a line of its own always counts.

use crate::gateway::message::{Message, MessageError};
use crate::gateway::upstream::incoming;

/// Lines that may become a message.
pub(super) struct MultilineMessages {
    limit: usize,
    begun: Vec<u8>,
    /// Braces and brackets that are open.
    depth: u32,
}

impl MultilineMessages {
    /// Assembles messages of at most `limit` bytes.
    pub(super) const fn new(limit: usize) -> Self {
        Self { limit, begun: Vec::new(), depth: 0 }
    }

    /// Adds a line, and returns the messages that end with it. Empty if more lines belong to a message. Err: the line
    /// is no part of a message.
    pub(super) fn add(&mut self, line: &[u8]) -> Result<Vec<Message>, MessageError> {
        let alone = incoming::messages_in_line(line);
        if alone.as_ref().is_ok_and(|messages| self.begun.is_empty() || !messages.is_empty()) {
            self.begun.clear();
            return alone;
        }
        if self.begun.is_empty() {
            self.depth = 0;
            if !line.trim_ascii_start().starts_with(b"{") {
                return alone;
            }
        }
        let depth = depth_after(self.depth, line).filter(|_| self.begun.len() + line.len() < self.limit);
        let Some(depth) = depth else {
            self.begun.clear();
            return alone;
        };
        self.begun.extend_from_slice(line);
        self.begun.push(b'\n');
        self.depth = depth;
        if depth > 0 { Ok(Vec::new()) } else { incoming::messages(&std::mem::take(&mut self.begun)) }
    }
}

/// How many braces and brackets are open after a line. `None` if the line cannot be JSON: there, a string ends on its
/// line.
fn depth_after(mut depth: u32, line: &[u8]) -> Option<u32> {
    let (mut is_text, mut is_escaped) = (false, false);
    for byte in line {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_text => is_escaped = true,
            b'"' => is_text = !is_text,
            b'{' | b'[' if !is_text => depth = depth.checked_add(1)?,
            b'}' | b']' if !is_text => depth = depth.checked_sub(1)?,
            _ => {}
        }
    }
    (!is_text).then_some(depth)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many messages end with each line; `None` if the line is no part of one.
    fn taken(text: &str, limit: usize) -> Vec<Option<usize>> {
        let mut pieces = MultilineMessages::new(limit);
        text.lines().map(|line| pieces.add(line.as_bytes()).ok().map(|messages| messages.len())).collect()
    }

    const PRETTY: &str =
        "{\n  \"jsonrpc\": \"2.0\",\n  \"id\": 1,\n  \"result\": { \"a\": [\n[]\n], \"b\": \"}\\\"{\" }\n}";

    #[test]
    fn a_message_over_several_lines_ends_with_the_last_of_them() {
        let lines = PRETTY.lines().count();

        let mut expected = vec![Some(0); lines];
        expected[lines - 1] = Some(1);
        assert_eq!(taken(PRETTY, 1000), expected);
        assert_eq!(taken(&format!("{PRETTY}\n{PRETTY}"), 1000), [expected.clone(), expected].concat());
    }

    #[test]
    fn other_output_does_not_cost_the_message_after_it() {
        let one = r#"{"jsonrpc":"2.0","id":1,"result":{}}"#;
        for other in ["{", "{ a log line", "{\n  a: 1,", "{\n  it's \"open", "{\n}", "{ } }", "Starting {", "[1, {"] {
            let taken = taken(&format!("{other}\n{one}"), 1000);
            assert_eq!(taken.last(), Some(&Some(1)), "{other}");
        }
    }

    #[test]
    fn lines_beyond_the_limit_are_given_up() {
        assert!(taken(PRETTY, 40).iter().all(|ended| *ended != Some(1)));
    }
}
