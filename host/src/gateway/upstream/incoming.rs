//! Bytes of a server as messages. Bytes that break a rule are still accepted if their meaning is clear.

use serde_json::value::RawValue;

use crate::gateway::message::{BYTE_ORDER_MARK, Message, MessageError, MessageKind};

/// A member that every message has.
const MARK: &str = "\"jsonrpc\"";
/// Braces in a line that are tried as the start of a message.
const BEGINNINGS: usize = 64;

/// The messages in a body, or in the data of an event. Revision 2025-03-26 allows a batch; invalid messages in it are
/// left out. Invalid UTF-8 becomes U+FFFD: half a character in a text must not cost the answer.
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

/// The messages in a line that a command printed. Other text may stand before or after one: a prompt, a colour, a
/// progress bar without a line break. Only answers count there, because programs also print the requests that they get.
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

/// The messages among other text. An object within another object does not count.
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
    fn a_message_is_found_among_whatever_else_a_program_prints() {
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
    fn a_request_that_a_program_prints_again_is_not_a_request_of_its_own() {
        let line = br#"received {"jsonrpc":"2.0","id":1,"method":"roots/list"}"#;

        assert!(messages_in_line(line).expect("messages").is_empty());
    }

    #[test]
    fn invalid_utf8_does_not_cost_the_message() {
        let mut line = br#"{"jsonrpc":"2.0","id":1,"result":{"a":""#.to_vec();
        line.extend([0xe2, 0x82]);
        line.extend(br#""}}"#);

        assert_eq!(messages(&line).expect("message").len(), 1);
    }

    #[test]
    fn of_a_batch_the_valid_messages_are_read() {
        assert_eq!(messages(format!("\u{feff}[{ONE}, 7, {ONE}]").as_bytes()).expect("messages").len(), 2);
    }

    #[test]
    fn other_output_is_not_a_message() {
        for line in ["", "Welcome", "[info] ready", r#"[info] {"level":"info"}"#, r#"{"level":"info"}"#] {
            assert!(messages_in_line(line.as_bytes()).is_err(), "{line}");
        }
    }
}
