//! What is kept of a client's `initialize`: only what servers need, within limits.

use crate::gateway::message::{Fields, fields, object, raw, string};
use crate::gateway::revision;

/// Bytes of the capabilities that a client may declare.
const MAX_CAPABILITIES: usize = 16 * 1024;
/// Characters of each member of `clientInfo`; the rest is cut.
const MAX_TEXT: usize = 200;

/// Why a client's `initialize` is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ClientError {
    /// The capabilities are larger than the hub keeps for a session.
    #[error("the client's capabilities have more than {MAX_CAPABILITIES} bytes; declare fewer")]
    Capabilities,
}

/// The parameters with which sessions with servers are opened for this client.
pub(crate) fn checked(params: &Fields) -> Result<Fields, ClientError> {
    let asked = string(params, "protocolVersion");
    let capabilities = params.get("capabilities").map(|raw| &**raw);
    kept(revision::negotiated(asked.as_deref()), &fields(capabilities), &object(params, "clientInfo"))
}

/// The same for a client of revision 2026-07-28, from what one of its requests says about it.
pub(crate) fn of_envelope(capabilities: &Fields, info: &Fields) -> Result<Fields, ClientError> {
    kept(revision::STATELESS, capabilities, info)
}

fn kept(revision: &str, capabilities: &Fields, info: &Fields) -> Result<Fields, ClientError> {
    let capabilities = raw(capabilities);
    if capabilities.get().len() > MAX_CAPABILITIES {
        return Err(ClientError::Capabilities);
    }
    let text = |key: &str| Some((key.to_owned(), raw(&clipped(&string(info, key)?))));
    let info: Fields = ["name", "title", "version", "websiteUrl"].into_iter().filter_map(text).collect();
    let mut kept = Fields::new();
    kept.insert("protocolVersion".into(), raw(&revision));
    kept.insert("capabilities".into(), capabilities);
    kept.insert("clientInfo".into(), raw(&info));
    Ok(kept)
}

/// The name in the client's `clientInfo`; empty if it has none.
pub(super) fn name(params: &Fields) -> String {
    string(&object(params, "clientInfo"), "name").unwrap_or_default()
}

fn clipped(text: &str) -> String {
    text.chars().take(MAX_TEXT).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(value: &serde_json::Value) -> Fields {
        fields(Some(&raw(value)))
    }

    #[test]
    fn only_what_servers_need_is_kept() {
        let params = of(&json!({
            "protocolVersion": "2025-06-18", "capabilities": {"roots": {}, "x": 1}, "padding": "x".repeat(1_000_000),
            "clientInfo": {"name": "n".repeat(1000), "version": "1", "icons": [{"src": "data:..."}]},
            "_meta": {"a": 1},
        }));

        let kept = serde_json::to_value(checked(&params).expect("kept")).expect("JSON");

        let info = json!({"name": "n".repeat(MAX_TEXT), "version": "1"});
        let expected =
            json!({"protocolVersion": "2025-06-18", "capabilities": {"roots": {}, "x": 1}, "clientInfo": info});
        assert_eq!(kept, expected);
    }

    #[test]
    fn capabilities_beyond_the_limit_are_refused() {
        let params = of(&json!({"capabilities": {"experimental": {"x": "x".repeat(20_000)}}}));

        assert_eq!(checked(&params).expect_err("too much"), ClientError::Capabilities);
    }
}
