//! Arguments of a tool that its client repeats outside the body, as the tool's schema wants it (Tools, "x-mcp-header"). The
//! hub checks them itself: what it sends to the server, it makes from the body.

use std::collections::HashMap;
use std::sync::Arc;

use crate::gateway::error_codes::HEADER_MISMATCH;
use crate::gateway::message::{Id, Message, object};
use crate::gateway::session::Session;

/// What a client repeats, by the name in small letters. `None` where it is encoded in a wrong way.
pub(crate) type Mirrored = HashMap<String, Option<String>>;

/// Checks a call against the schema of its tool, as far as that is known. Err: the answer.
pub(super) async fn check(
    session: &Arc<Session>,
    call: &Message,
    mirrored: &Mirrored,
    id: &Id,
) -> Result<(), Box<Message>> {
    if call.method() != Some("tools/call") {
        return Ok(());
    }
    let arguments = object(&call.params(), "arguments");
    for wanted in session.header_arguments(&call.param("name").unwrap_or_default()).await {
        let name = &wanted.header;
        let fault = match (wanted.value(&arguments), mirrored.get(&name.to_ascii_lowercase())) {
            (_, Some(None)) => format!("the Mcp-Param-{name} header is encoded in a wrong way"),
            (Some(value), Some(Some(said))) if !is_same(&value, said) => {
                format!("the Mcp-Param-{name} header and the body of the request say different things")
            }
            (Some(_), None) => {
                format!("the request has no Mcp-Param-{name} header; repeat the value of the argument there")
            }
            // An argument of another type than the schema says is the server's to refuse.
            (None, Some(Some(_))) if wanted.is_absent(&arguments) => {
                format!("the request has an Mcp-Param-{name} header and no such argument; leave the header out")
            }
            (Some(_) | None, Some(Some(_))) | (None, None) => continue,
        };
        return Err(Box::new(Message::error(Some(id.clone()), HEADER_MISMATCH, &fault)));
    }
    Ok(())
}

/// White space around a value does not belong to it (RFC 9110 §5.5), and a whole number may be written with a fraction.
fn is_same(value: &str, said: &str) -> bool {
    let is_number = || value.parse::<i64>().is_ok_and(|_| value.parse::<f64>() == said.parse::<f64>());
    said == value || said == value.trim_matches([' ', '\t']) || is_number()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_compared_as_what_it_is() {
        assert!(is_same("42", "42.0") && is_same(" a ", "a") && is_same("true", "true"));
        assert!(!is_same("42", "43") && !is_same("a", "A") && !is_same("", "0"));
    }
}
