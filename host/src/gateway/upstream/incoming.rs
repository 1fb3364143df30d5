//! Bytes of a server as messages, read as kindly as the meaning allows.

use serde_json::value::RawValue;

use crate::gateway::message::{BYTE_ORDER_MARK, Message, MessageError, MessageKind};

/// What every object of the protocol holds.
const MARK: &str = "\"jsonrpc\"";
/// Braces of a line with which an object may begin.
const BEGINNINGS: usize = 64;

/// The messages in a body or in the data of an event. Revision 2025-03-26 allows several at once; what is broken among
/// several is left out. Bytes that are no UTF-8 become U+FFFD: half a character in a text must not cost the answer.
pub(crate) fn messages(bytes: &[u8]) -> Result<Vec<Message>, MessageError> {
    let lossy;
    let bytes = if std::str::from_utf8(bytes).is_ok() {
        bytes
    } else {
        lossy = String::from_utf8_lossy(bytes).into_owned();
        lossy.as_bytes()
    };
    match Message::parse(bytes) {
        Err(MessageError::Batch) => batch(bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes)),
        other => other.map(|message| vec![message]),
    }
}

/// The messages in a line of a command. Most else that programs print there is no business of the hub's, but a message
/// may stand before or behind it: a prompt, a colour, a progress bar without a line break. Only an answer counts there,
/// because programs also print what they were asked.
pub(crate) fn messages_in_line(line: &[u8]) -> Result<Vec<Message>, MessageError> {
    messages(line).or_else(|error| {
        let line = String::from_utf8_lossy(line);
        let found = if line.contains(MARK) { objects(&line) } else { Vec::new() };
        if found.is_empty() {
            return Err(error);
        }
        Ok(found.into_iter().filter(|message| matches!(message.kind(), MessageKind::Response { .. })).collect())
    })
}

/// The messages that are among other text. What stands within another object is a part of that.
fn objects(line: &str) -> Vec<Message> {
    let mut found = Vec::new();
    let mut rest = line;
    for _ in 0..BEGINNINGS {
        let Some(start) = rest.find('{') else { break };
        let from = rest.get(start..).unwrap_or_default();
        let mut values = serde_json::Deserializer::from_str(from).into_iter::<&RawValue>();
        let used = match values.next() {
            Some(Ok(object)) => {
                found.extend(Message::parse(object.get().as_bytes()));
                object.get().len()
            }
            Some(Err(_)) | None => 1,
        };
        rest = from.get(used..).unwrap_or_default();
    }
    found
}

fn batch(bytes: &[u8]) -> Result<Vec<Message>, MessageError> {
    let all: Vec<&RawValue> =
        serde_json::from_slice(bytes).map_err(|error| MessageError::NotJson(error.to_string()))?;
    Ok(all.into_iter().filter_map(|one| Message::parse(one.get().as_bytes()).ok()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = r#"{"jsonrpc":"2.0","id":1,"result":{}}"#;

    #[test]
    fn what_programs_do_to_their_lines_does_not_cost_the_message() {
        let lines = [
            format!("{ONE}\r"),
            format!("\u{feff}{ONE}"),
            format!("\u{1b}[0m{ONE}"),
            format!("Loading... {ONE}"),
            format!("[{ONE}]"),
            format!("{ONE} and more"),
            format!("{{50%}} {ONE}"),
            r#"Loading... {"result":{},"jsonrpc":"2.0","id":1}"#.to_owned(),
            r#"> { "jsonrpc" : "2.0", "id": 1, "result": {} } <"#.to_owned(),
        ];

        for line in lines {
            assert_eq!(messages_in_line(line.as_bytes()).expect(&line).len(), 1, "{line}");
        }
    }

    #[test]
    fn a_program_that_prints_what_it_was_asked_asks_nothing() {
        let line = br#"received {"jsonrpc":"2.0","id":1,"method":"roots/list"}"#;

        assert!(messages_in_line(line).expect("messages").is_empty());
    }

    #[test]
    fn half_a_character_does_not_cost_the_message() {
        let mut line = br#"{"jsonrpc":"2.0","id":1,"result":{"a":""#.to_vec();
        line.extend([0xe2, 0x82]);
        line.extend(br#""}}"#);

        assert_eq!(messages(&line).expect("message").len(), 1);
    }

    #[test]
    fn of_several_messages_the_good_ones_are_read() {
        assert_eq!(messages(format!("\u{feff}[{ONE}, 7, {ONE}]").as_bytes()).expect("messages").len(), 2);
    }

    #[test]
    fn other_output_is_none() {
        for line in ["", "Welcome", "[info] ready", r#"[info] {"level":"info"}"#, r#"{"level":"info"}"#] {
            assert!(messages_in_line(line.as_bytes()).is_err(), "{line}");
        }
    }
}
