//! What a request says about itself in `_meta` (Base Protocol, "Request Metadata").

use serde_json::json;

use super::mirrored::Mirrored;
use crate::gateway::error_codes::{INVALID_PARAMS, UNSUPPORTED_VERSION};
use crate::gateway::log_level::LogLevel;
use crate::gateway::message::{Fields, Id, Message, fields, fields_of, object, string, text};
use crate::gateway::request_meta::{CAPABILITIES, CLIENT_INFO, LOG_LEVEL, VERSION};
use crate::gateway::revision;
use crate::gateway::session::client_info::ClientError;

/// Who sends a request.
#[derive(Debug, Clone)]
pub(crate) struct Envelope {
    pub(crate) version: String,
    pub(crate) capabilities: Fields,
    pub(crate) client_info: Fields,
    pub(crate) log_level: Option<LogLevel>,
    /// The arguments that the client repeats outside the body.
    pub(crate) mirrored: Mirrored,
}

/// Why a request is refused for what it says about itself. The status is 400 for all of them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum EnvelopeError {
    /// A required member is missing.
    #[error("the request's _meta has no {0}; send it with every request")]
    Missing(&'static str),
    /// A member has the wrong type.
    #[error("{0} in the request's _meta is not valid")]
    Invalid(&'static str),
    /// A revision that the hub does not speak in this way.
    #[error("the hub does not speak revision {0:?} without a session")]
    Unsupported(String),
    /// More than the hub keeps.
    #[error(transparent)]
    Client(#[from] ClientError),
}

impl EnvelopeError {
    /// The error as an answer to the request of this id.
    pub(crate) fn answer(&self, id: Id) -> Message {
        match self {
            Self::Unsupported(asked) => {
                let data = json!({ "supported": revision::supported(), "requested": asked });
                Message::error_with_data(id, UNSUPPORTED_VERSION, &self.to_string(), &data)
            }
            Self::Missing(_) | Self::Invalid(_) | Self::Client(_) => {
                Message::error(Some(id), INVALID_PARAMS, &self.to_string())
            }
        }
    }
}

/// The revision that a request names in its `_meta`.
pub(crate) fn version(message: &Message) -> Option<String> {
    string(&meta(message), VERSION)
}

impl Envelope {
    /// With the arguments that the client repeats outside the body.
    pub(crate) fn with_mirrored(self, mirrored: Mirrored) -> Self {
        Self { mirrored, ..self }
    }

    /// Refuses a revision that the hub does not speak. Whether the header names the same one is checked before this.
    pub(crate) fn supported(self) -> Result<Self, EnvelopeError> {
        if self.version == revision::STATELESS {
            return Ok(self);
        }
        Err(EnvelopeError::Unsupported(self.version.chars().take(64).collect()))
    }
}

/// Reads what a request says about itself. Every key that the revision requires must be there.
pub(crate) fn read(message: &Message) -> Result<Envelope, EnvelopeError> {
    let meta = meta(message);
    let version = string(&meta, VERSION).ok_or(EnvelopeError::Missing(VERSION))?;
    let capabilities = meta.get(CAPABILITIES).ok_or(EnvelopeError::Missing(CAPABILITIES))?;
    if !capabilities.get().starts_with('{') {
        return Err(EnvelopeError::Invalid(CAPABILITIES));
    }
    let log_level = match meta.get(LOG_LEVEL) {
        None => None,
        Some(level) => {
            let named = text(Some(level)).as_deref().and_then(LogLevel::named);
            Some(named.ok_or(EnvelopeError::Invalid(LOG_LEVEL))?)
        }
    };
    let (capabilities, client_info) = (fields(Some(capabilities)), object(&meta, CLIENT_INFO));
    Ok(Envelope { version, capabilities, client_info, log_level, mirrored: Mirrored::new() })
}

fn meta(message: &Message) -> Fields {
    fields_of(message.param_text("_meta"))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn request(meta: &Value) -> Message {
        let text = json!({ "jsonrpc": "2.0", "id": 7, "method": "tools/list", "params": { "_meta": meta } });
        Message::parse(text.to_string().as_bytes()).expect("a request")
    }

    fn refused(meta: &Value) -> Message {
        read(&request(meta)).and_then(Envelope::supported).expect_err("refused").answer(Id::number(7))
    }

    #[test]
    fn a_complete_envelope_is_read() {
        let meta = json!({ VERSION: "2026-07-28", CAPABILITIES: { "roots": {} }, LOG_LEVEL: "warning" });

        let envelope = read(&request(&meta)).expect("complete");

        assert!(envelope.capabilities.contains_key("roots") && envelope.client_info.is_empty());
        assert_eq!(envelope.log_level, Some(LogLevel::Warning));
    }

    #[test]
    fn what_is_missing_or_wrong_is_an_invalid_parameter() {
        for meta in [
            json!({}),
            json!({ VERSION: "2026-07-28" }),
            json!({ CAPABILITIES: {} }),
            json!({ VERSION: "2026-07-28", CAPABILITIES: "all" }),
            json!({ VERSION: "2026-07-28", CAPABILITIES: {}, LOG_LEVEL: "loud" }),
        ] {
            assert_eq!(refused(&meta).error_code(), Some(-32602), "{meta}");
        }
    }

    #[test]
    fn another_revision_is_answered_with_those_that_there_are() {
        let answer = refused(&json!({ VERSION: "v999.0.0", CAPABILITIES: {} }));

        let error = serde_json::to_value(answer.error_fields()).expect("JSON");
        assert_eq!(error["code"], -32022);
        assert_eq!(error["data"]["requested"], "v999.0.0");
        assert_eq!(error["data"]["supported"][0], "2026-07-28");
    }
}
